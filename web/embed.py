"""The card in a frame of a host dashboard: how the frame gets to know who looks at it, and loses that again."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import structlog
from flask import Blueprint, Flask, Response, jsonify, request, send_from_directory, session
from flask.typing import ResponseReturnValue
from flask_login import login_user, logout_user
from flask_wtf.csrf import generate_csrf
from pydantic import BaseModel, Field, SecretStr, ValidationError

from models.member_store import MemberDisabledError, UnknownMemberError
from services.embedding import BEARER, COOKIE, FRAME_SECONDS, Admitted, Handover, OriginRefusedError, TicketRefusedError
from services.host_keys import HostKeysAwayError
from web import frames
from web.context import Browser, services, signed_in, site
from web.csrf import csrf
from web.session import bearer_token
from web.tokens import TokenExpiredError, TokenInvalidError

STATIC = Path(__file__).parent / "static"
ELEMENT_SECONDS = 300
"""How long browsers may keep the script of the host's page: its address never changes."""

Shape = TypeVar("Shape", bound=BaseModel)

blueprint = Blueprint("embed", __name__)
log = structlog.get_logger()


class Redeemed(BaseModel):
    """What a frame brings along: a ticket, or a token of the host's own; the origin of the page that it is in; how that
    page and we are related; and how it will show who it is."""

    ticket: SecretStr = Field(min_length=1, max_length=8192)
    parent: str = Field(max_length=300)
    site: str = Field("", max_length=20)
    mode: str = Field(COOKIE, pattern=f"^({COOKIE}|{BEARER})$")


class Claimed(BaseModel):
    """With which claim a frame asks whether its cookie came back."""

    claim: SecretStr = Field(min_length=1, max_length=200)


def init(server: Flask) -> None:
    """Adds the addresses of frames."""
    server.register_blueprint(blueprint)
    server.before_request(_only_from_ourselves)


@blueprint.get("/embed.js")
def element() -> Response:
    """The custom element `<talk-card>`, for pages of hosts."""
    answer = send_from_directory(STATIC, "embed.js", max_age=ELEMENT_SECONDS)
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@blueprint.get("/embed/session")
def look() -> Response:
    """Whether a member is signed in with this browser, for a frame for which no host speaks."""
    return jsonify({"signedIn": signed_in() is not None})


@blueprint.post("/embed/session")
def redeem() -> ResponseReturnValue:
    """Signs a frame in. Whoever was signed in in it before is so no more, whatever comes of it."""
    given = _body(Redeemed)
    if given is None:
        return _refused("invalid_request", 422)
    seed = _drop_earlier()
    user_agent = request.headers.get("User-Agent", "")
    try:
        admitted = services().embedding.admit(_handover(given), given.mode, user_agent)
        if given.mode == COOKIE:
            _set_cookie(admitted, given.site, seed)
    except (TicketRefusedError, OriginRefusedError, TokenExpiredError, TokenInvalidError):
        return _refused("ticket_refused", 401)
    except UnknownMemberError:
        return _refused("unknown_member", 403)
    except MemberDisabledError:
        return _refused("disabled", 403)
    except HostKeysAwayError as error:
        return _refused("unavailable", 503, {"Retry-After": str(error.retry_after)})
    return jsonify({"claim": admitted.claim} if given.mode == COOKIE else _token(admitted))


@blueprint.post("/embed/selftest")
def settle() -> ResponseReturnValue:
    """Whether the cookie came back. Where it did not, a bearer token is handed out in its place."""
    given = _body(Claimed)
    if given is None:
        return _refused("invalid_request", 422)
    browser = signed_in()
    came_back = browser.member if browser else None
    try:
        settled = services().embedding.settled(given.claim, came_back, request.headers.get("User-Agent", ""))
    except TicketRefusedError:
        return _refused("ticket_refused", 401)
    except MemberDisabledError:
        return _refused("disabled", 403)
    if settled.sign_in_id:
        return jsonify(_token(settled))
    who = frames.who(settled.member_id)
    return jsonify({"mode": COOKIE, "expiresIn": settled.seconds, "who": who, "csrf": generate_csrf()})


@blueprint.post("/embed/logout")
def leave() -> ResponseReturnValue:
    """Signs the frame out."""
    if signed_in():
        if bearer_token() is None:
            csrf.protect()
        _drop_earlier()
    return "", 204


def _handover(given: Redeemed) -> Handover:
    """Whom the ticket names; or the host's own token, which is told by its dots."""
    hosts = services().host_tokens
    token = given.ticket.get_secret_value()
    if hosts is None or token.count(".") != 2:
        return services().embedding.redeemed(given.ticket, given.parent)
    claims = hosts.check(token)
    member = services().members.named(claims.name)
    if member and member.has_signed_out_since(claims.issued_at):
        raise TokenInvalidError
    seconds = max(1, min(FRAME_SECONDS, claims.expires_in))
    return Handover(claims.name, member.display_name if member else claims.name, given.parent, seconds)


def _set_cookie(admitted: Admitted, site_of_host: str, seed: dict[int, str]) -> None:
    member = services().sign_ins.member(admitted.sign_in_id, COOKIE)
    if member is None:
        raise MemberDisabledError
    frames.remember_site(site_of_host)
    login_user(Browser(member, admitted.sign_in_id))
    if member.id in seed:
        session["csrf_token"] = seed[member.id]
    generate_csrf()  # its seed goes into this cookie, so that the answer to the self-test sets none


def _token(admitted: Admitted) -> dict[str, Any]:
    return {
        "mode": BEARER,
        "token": admitted.sign_in_id,
        "expiresIn": admitted.seconds,
        "who": frames.who(admitted.member_id),
    }


def _drop_earlier() -> dict[int, str]:
    """Ends the sign-in of this frame, if any. What is returned lets another frame of the same member, which shares the
    cookie, go on: the seed of its CSRF tokens, by the member's id."""
    earlier, seed = signed_in(), session.get("csrf_token")
    if earlier is not None:
        services().embedding.end(earlier.sign_in_id, earlier.member.id)
        logout_user()
    session.clear()
    return {earlier.member.id: seed} if earlier and isinstance(seed, str) else {}


def _only_from_ourselves() -> ResponseReturnValue | None:
    """A page of somebody else can not make a browser sign in, or out, here."""
    if request.endpoint not in ("embed.redeem", "embed.settle", "embed.leave"):
        return None
    origin, sent_from = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "same-origin")
    good = frames.by_ticket() and sent_from == "same-origin" and origin in (None, _origin())
    return None if good else _refused("forbidden", 403)


def _origin() -> str:
    scheme, _, rest = site().address.partition("://")
    return f"{scheme}://{rest.split('/')[0]}"


def _body(shape: type[Shape]) -> Shape | None:
    try:
        return shape.model_validate(request.get_json(silent=True))
    except ValidationError:
        return None


def _refused(code: str, status: int, headers: dict[str, str] | None = None) -> ResponseReturnValue:
    log.info("embed.refused", reason=code)
    return jsonify({"error": code}), status, headers or {}
