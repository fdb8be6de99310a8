"""The request at hand: its session, its language, its cookies."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from flask import Response, g, request

from simulator.active import UNTROUBLED, Met
from simulator.authentication import session_caller
from simulator.members import Member
from simulator.sessions import Session
from simulator.state import State
from simulator.texts import LANGUAGES

EXPIRES = "expires=Fri, 31-Dec-2100 23:59:59 GMT"


@dataclass
class Visit:
    """What is known of the request while it is answered."""

    session: Session
    came_as: str | None
    """The session id of the cookie, if it is one of ours and alive."""
    troubles: Met = field(default_factory=lambda: UNTROUBLED)
    member: Member | None = None
    cookie_test: bool = False
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def language(self) -> str:
        """The member's own language, else the browser's, else English."""
        if self.member and self.member.language:
            return self.member.language
        return request.accept_languages.best_match(LANGUAGES) or "en"


def begin(state: State, troubles: Met) -> Visit:
    """Start a visit: find the session of the cookies, or begin one."""
    found = session_of_cookies(state)
    g.visit = Visit(found or Session(), found.id if found else None, troubles)
    return current()


def session_of_cookies(state: State) -> Session | None:
    """The living session the request's cookies open."""
    session_id = request.cookies.get(state.instance_id)
    passphrase = unquote(request.cookies.get("oc_sessionPassphrase", ""))
    return state.sessions.find(session_id, passphrase, state.now()) if session_id else None


def current() -> Visit:
    """The visit of this request."""
    visit: Visit = g.visit
    return visit


def meets(name: str) -> bool:
    """Whether this request has met the trouble of that name."""
    return name in current().troubles


def browser_member(state: State) -> Member | None:
    """Who is logged in in this browser. Pages know sessions only, no `Authorization`."""
    visit = current()
    visit.member = session_caller(state, visit.session, visit.troubles).member
    return visit.member


def set_cookies(state: State, response: Response) -> None:
    """Give out the session, and the marks that tell cross-site requests apart, where they are missing."""
    visit = current()
    state.sessions.keep(visit.session, visit.came_as, state.now())
    path = state.web_root or "/"
    if visit.came_as is None:
        value = quote(visit.session.passphrase, safe="")
        _add(response, f"oc_sessionPassphrase={value}; path={path}; HttpOnly; SameSite=Lax")
    set_same_site_cookies(state, response)
    if visit.came_as != visit.session.id:
        _add(response, f"{state.instance_id}={visit.session.id}; path={path}; HttpOnly; SameSite=Lax")
    if visit.cookie_test:
        _add(response, "cookie_test=test; HttpOnly; SameSite=Lax")


def set_same_site_cookies(state: State, response: Response) -> None:
    """The two marks alone, as `/status.php` sets them."""
    path = state.web_root or "/"
    for strictness in ("lax", "strict"):
        name = f"nc_sameSiteCookie{strictness}"
        if name not in request.cookies:
            _add(response, f"{name}=true; path={path}; httponly;{EXPIRES}; SameSite={strictness}")


def lacks_strict_cookies(state: State) -> bool:
    """Whether a session came along without the marks and without `OCS-APIRequest`."""
    if request.headers.get("OCS-APIRequest") or state.instance_id not in request.cookies:
        return False
    return not {"nc_sameSiteCookielax", "nc_sameSiteCookiestrict"} <= set(request.cookies)


def _add(response: Response, cookie: str) -> None:
    response.headers.add("Set-Cookie", cookie)
