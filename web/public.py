"""What everybody may see: icons, the web manifest, whether the app is alive."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, jsonify, send_from_directory
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from services.brand import Brand
from web import brand_files
from web.brand_files import brand_file
from web.context import services, site
from web.language import current_language
from web.theme import theme_tags

STATIC = Path(__file__).parent / "static"

blueprint = Blueprint("public", __name__)


def init(server: Flask) -> None:
    """Adds the public addresses, and the address helpers that templates use."""
    server.register_blueprint(blueprint)
    server.context_processor(
        lambda: {
            "asset_url": site().asset_url,
            "static_url": static_url,
            "url": _page_url,
            "language": current_language(),
            "theme": head_tags,
            "imprint_url": site().imprint_url,
            "privacy_url": site().privacy_url,
        }
    )


def head_tags() -> Markup:
    """What the head of every page says about colours, after its other style sheets."""
    return theme_tags(site().brand, static_url(brand_files.STYLES), site().asset_url("dark.css"))


def static_url(name: str) -> str:
    """Address of a public file, with a fingerprint of its content: it may be cached for a year."""
    return f"{site().prefix}static/{name}?v={_fingerprint(name, site().brand)}"


@cache
def _fingerprint(name: str, brand: Brand) -> str:
    made = brand_file(name, brand)
    content = (STATIC / name).read_bytes() if made is None else made.encode()
    return hashlib.sha256(content).hexdigest()[:12]


def _page_url(name: str) -> str:
    return (
        site().prefix
        + {
            "home": "",
            "login": "login",
            "invite": "invite",
            "preferences": "preferences",
            "manifest": "manifest.webmanifest",
        }[name]
    )


@blueprint.get("/static/<path:name>")
def static(name: str) -> Response:
    """A public file."""
    made = brand_file(name, site().brand)
    if made is not None:
        return Response(made, mimetype=brand_files.MIME_TYPES[name])
    return send_from_directory(STATIC, name)


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """The icon, for whom asks for it without having read the page."""
    return static(brand_files.ICON)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Answers as long as the process can answer at all."""
    return jsonify({"status": "ok"})


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """How database, schema and keys stand, and Nextcloud as it was last seen; 503 where members can not be served.
    Anybody may ask: nothing of a member is in it."""
    found = services().readiness.look()
    parts = {"status": "ready" if found.ready else "not_ready", **asdict(found)}
    return jsonify(parts), 200 if found.ready else 503


@blueprint.get("/manifest.webmanifest")
def manifest() -> ResponseReturnValue:
    """Lets the card sit on a phone's home screen."""
    icons = [
        {"src": static_url("icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": static_url("icon-512.png"), "sizes": "512x512", "type": "image/png"},
        {"src": static_url("icon-maskable-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
    ]
    answer = jsonify(
        {
            "name": "Talkboard",
            "short_name": "Talkboard",
            "start_url": site().prefix,
            "scope": site().prefix,
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": site().brand.light.bar,
            "icons": icons,
        }
    )
    answer.mimetype = "application/manifest+json"
    return answer
