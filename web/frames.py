"""Requests that a frame in a host dashboard makes: how they say so, and what they may reach."""

from __future__ import annotations

import hashlib
import hmac

from flask import Flask, current_app, g, request

from web.context import site

PAGE = "/embed/talk"
"""The card alone, without any member's data in it."""

LOOK = "/embed/session"
"""Whether anybody is signed in; with a ticket, whoever it names."""

LAYOUT, CALLBACKS = "/_dash-layout", "/_dash-update-component"
HEADER = "X-Talkboard-Frame"
"""`session`: signed in as everywhere in this browser; `ticket`: as its host has said."""
WHO = "X-Talkboard-Who"
"""Beside the cookie: for whom the frame has set it. Two frames of one page share a cookie."""

SESSION, TICKET = "session", "ticket"
COOKIE = "talkboard-frame"
CROSS_SITE = "cross-site"

_ASKED_BY_FRAMES = (LAYOUT, "/_dash-dependencies", CALLBACKS, "/avatar/", "/embed/")


def init(server: Flask, card_callback: str) -> None:
    """`card_callback` is the one callback that frames need, by its outputs."""
    server.config["TALKBOARD_CARD_CALLBACK"] = card_callback


def in_frame() -> bool:
    """Whether this request is of a frame."""
    return request.headers.get(HEADER) in (SESSION, TICKET) and request.path.startswith(_ASKED_BY_FRAMES)


def by_ticket() -> bool:
    """Whether it is of a frame for which its host speaks: it has a cookie, or a token, of its own."""
    return in_frame() and request.headers[HEADER] == TICKET


def may_connect() -> bool:
    """Whether connecting and disconnecting are allowed where this request comes from."""
    return not in_frame() or site().embed_connect


def foreign_callback() -> bool:
    """Whether it asks a callback that has no place in a frame."""
    if request.path != CALLBACKS:
        return False
    body = request.get_json(silent=True)
    return not isinstance(body, dict) or body.get("output") != current_app.config["TALKBOARD_CARD_CALLBACK"]


def who(member_id: int) -> str:
    """How a card, and a frame beside its cookie, names its member; it tells nobody who that is."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"frame {member_id}".encode(), hashlib.sha256).hexdigest()[:32]


def remember_site(site: str) -> None:
    """How the host page and we are related, as browsers say it (`Sec-Fetch-Site`): it decides about the cookie."""
    g.frame_site = site


def cross_site() -> bool:
    """Whether the cookie of this answer is for a frame in a page of another site."""
    return bool(g.get("frame_site") == CROSS_SITE)
