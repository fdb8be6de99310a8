"""The pictures of the member's conversations: same origin, his own only, and harmless whatever is in them."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from flask import Blueprint, Flask, Response, request

from services.avatars import AvatarsBusyError, NoAvatarError, ShownAvatar
from web import frames
from web.context import current_member, services, site

LONGEST_NOTHING_SECONDS = 300
"""How long a browser may believe at most that there is no picture."""

blueprint = Blueprint("avatars", __name__)


def init(server: Flask) -> None:
    """Adds the address of the pictures."""
    server.register_blueprint(blueprint)


def avatar_url(token: str, version: str) -> str | None:
    """Where the browser finds a conversation's picture; None where pictures are turned off. A new version is a new
    address, so that a browser may keep what it has."""
    here = site()
    return f"{here.prefix}avatar/{quote(token)}?v={quote(version)}" if here.avatars else None


@blueprint.get("/avatar/<token>")
def avatar(token: str) -> Response:
    """The picture of one conversation of the member's. 404 where there is none to be shown."""
    try:
        shown = services().avatars.shown(current_member(), token)
    except NoAvatarError as nothing:
        return _nothing(404, min(nothing.seconds, LONGEST_NOTHING_SECONDS))
    except AvatarsBusyError:
        return _nothing(503, 0)
    return _picture(shown)


def _picture(shown: ShownAvatar) -> Response:
    picture = shown.avatar
    response = Response(picture.body, mimetype=picture.kind)
    response.headers["Cache-Control"] = f"private, max-age={shown.seconds}, immutable"
    response.headers["Content-Disposition"] = "inline"
    # Who signs in next in this browser, or looks at another frame, gets nothing out of its cache.
    response.vary.update(["Cookie", "Authorization", frames.WHO])
    response.set_etag(hashlib.sha256(picture.body).hexdigest()[:32])
    response.make_conditional(request)
    return response


def _nothing(status: int, seconds: int) -> Response:
    response = Response(status=status, mimetype="text/plain")
    response.headers["Cache-Control"] = f"private, max-age={seconds}" if seconds else "no-store"
    return response
