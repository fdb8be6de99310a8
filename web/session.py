"""The session cookie: signed, holding nothing but the id of the sign-in, the CSRF token's seed, and for a frame how its
host's page and we are related.

A frame for which its host speaks has a cookie of its own: redeeming a ticket does not sign the member out elsewhere.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSessionInterface

from web import frames

_BEARER = re.compile(r"bearer\b\s*", re.IGNORECASE)
COOKIE = "talkboard"
_SITE = "site"


def init(server: Flask, *, https: bool, days: int) -> None:
    """Prepares the cookie. On https its name keeps sibling hosts and plain http from setting it."""
    server.config.update(
        SESSION_COOKIE_NAME=f"__Host-{COOKIE}" if https else COOKIE,
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=timedelta(days=days),
    )
    server.session_interface = _Sessions()


def bearer_token() -> str | None:
    """The bearer token of this request; "" for an empty one; None where no bearer is given at all.

    Where one is given, a cookie beside it counts for nothing, even if the token turns out to be bad.
    """
    header = request.headers.get("Authorization", "")
    match = _BEARER.match(header)
    return header[match.end() :].strip() if match else None


class _Sessions(SecureCookieSessionInterface):
    def get_cookie_name(self, app: Flask) -> str:
        name = super().get_cookie_name(app)
        return name.replace(COOKIE, frames.COOKIE) if frames.by_ticket() else name

    def get_cookie_samesite(self, app: Flask) -> str | None:
        return "None" if frames.cross_site() else super().get_cookie_samesite(app)

    def get_cookie_secure(self, app: Flask) -> bool:
        return frames.cross_site() or super().get_cookie_secure(app)

    def get_cookie_partitioned(self, app: Flask) -> bool:
        return frames.cross_site()

    def open_session(self, app: Flask, request: Request) -> Any:
        if _BEARER.match(request.headers.get("Authorization", "")) or request.path == frames.PAGE:
            return self.session_class()
        session = super().open_session(app, request)
        if session and frames.by_ticket():
            frames.remember_site(session.get(_SITE, ""))
        return session

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        # Flask comes here last. What shared caches may keep must carry no cookie: they would hand it to others.
        if bearer_token() is not None or response.cache_control.public:
            return
        if frames.by_ticket() and session and session.modified:
            session[_SITE] = frames.CROSS_SITE if frames.cross_site() else ""
        # Renewed with each page only: the late answer of a callback must not bring an ended session back.
        if session.modified or response.mimetype == "text/html":
            super().save_session(app, session, response)
