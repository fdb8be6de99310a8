"""Cross-site request forgery: every form, callback and session REST call carries a token of its session."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect, generate_csrf

from web import frames
from web.context import signed_in, site

COOKIE = "_csrf_token"
HEADER = "X-CSRFToken"

csrf = CSRFProtect()


def init(server: Flask) -> None:
    """Prepares `server`; where the check is made is decided by the gate."""
    server.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,  # a card stays open for days
        WTF_CSRF_SSL_STRICT=False,  # asks for a Referer, which our own policy removes
        WTF_CSRF_HEADERS=[HEADER],
    )
    csrf.init_app(server)
    server.after_request(_hand_out)


def _hand_out(response: Response) -> Response:
    """The token in a cookie that scripts of our own origin may read: Dash's renderer sends it as a header. It ends with
    the browser, the sign-in does not: each page brings it anew, to a frame the answer whether anybody is signed in."""
    asked_for = response.mimetype == "text/html" or (request.path == frames.LOOK and not frames.by_ticket())
    if asked_for and not response.cache_control.public and signed_in():
        response.set_cookie(COOKIE, generate_csrf(), secure=site().https, samesite="Lax", path="/")
    return response
