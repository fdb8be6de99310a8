"""What the routes share: addresses, headers, compression, pages."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from simulator import randoms, texts, visit
from simulator.state import State

VIENNA = ZoneInfo("Europe/Vienna")
ERROR_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; frame-src *; "
    "img-src * data: blob:; font-src 'self' data:; media-src *; connect-src *; object-src 'none'; "
    "base-uri 'self';"
)
PAGE_POLICY = (
    "default-src 'none';base-uri 'none';manifest-src 'self';script-src 'nonce-{nonce}';"
    "style-src 'self' 'unsafe-inline';img-src 'self' data: blob:;font-src 'self' data:;"
    "connect-src 'self';media-src 'self';frame-ancestors 'self';form-action 'self'"
)


def base_url(state: State) -> str:
    """The instance's address as this request sees it: scheme, host, web root."""
    return f"{request.scheme}://{request.host}{state.web_root}"


def absolute(state: State, route: str) -> str:
    """A route's address for the outside."""
    return f"{request.scheme}://{request.host}{state.path(route)}"


def framework(response: Response) -> Response:
    """The headers of an answer that got as far as the application."""
    response.headers["X-Request-Id"] = randoms.text(20)
    member = visit.current().member
    if member is not None:
        response.headers["X-User-Id"] = quote(member.user_id)
    return response


def accepts_gzip_of(response: Response) -> Response:
    """Compress a 200 if the request allows gzip; nothing else is ever compressed."""
    if response.status_code == 200 and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(gzip.compress(response.get_data(), compresslevel=6))
        response.headers["Content-Encoding"] = "gzip"
    return response


def page(state: State, template: str, status: int = 200, **more: Any) -> Response:
    """An HTML page in the browser's language."""
    this = visit.current()
    body = _render(state, template, **more)
    response = framework(Response(body, status, content_type="text/html; charset=UTF-8"))
    response.headers["Cache-Control"] = "no-cache, no-store, must-revalidate"
    response.headers["Content-Security-Policy"] = PAGE_POLICY.format(nonce=this.nonce)
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def error_page(state: State, status: int, title: str, text: str) -> Response:
    """The bare page the server shows where the application did not get to answer."""
    body = _render(state, "error.html", title=title, text=text)
    return with_error_policy(Response(body, status, content_type="text/html; charset=UTF-8"))


def with_error_policy(response: Response) -> Response:
    """The one header the server sets before the application takes over."""
    response.headers["Content-Security-Policy"] = ERROR_POLICY.format(nonce=visit.current().nonce)
    return response


def missing_page(state: State) -> Response:
    """Nothing at this address."""
    return error_page(state, 404, "Page not found", "There is nothing at this address.")


def refused_page(state: State, text: str) -> Response:
    """A 403 of the login flow."""
    return page(state, "message.html", 403, title="Access refused", text=text)


def see_other(state: State, route: str) -> BaseResponse:
    """Send the browser to another of the instance's pages."""
    response = framework(Response("", 303, content_type="text/html; charset=UTF-8"))
    response.headers["Location"] = state.path(route)
    return response


def moment(timestamp: float) -> str:
    """Day and time as a page shows them."""
    return datetime.fromtimestamp(timestamp, UTC).astimezone(VIENNA).strftime("%d.%m. %H:%M")


def csrf_ok() -> bool:
    """Whether the form came from one of this session's own pages."""
    sent = request.form.get("requesttoken") or request.headers.get("requesttoken", "")
    return sent == visit.current().session.request_token


def _render(state: State, template: str, **more: Any) -> str:
    this = visit.current()

    def t(text: str) -> str:
        return texts.translate(text, this.language)

    return render_template(
        template,
        t=t,
        moment=moment,
        path=state.path,
        member=this.member,
        language=this.language,
        nonce=this.nonce,
        request_token=this.session.request_token,
        **more,
    )
