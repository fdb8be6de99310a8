"""The headers of every answer: what a page may load, who may frame it, who may keep it."""

from __future__ import annotations

import secrets

from flask import Flask, Response, request

from web import frames

AVATAR = "avatars.avatar"
"""Endpoint of the pictures of conversations."""
ELEMENT = "embed.element"
"""Endpoint of the script for pages of hosts."""
_POLICY_OF_AVATARS = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For whoever opens a picture by itself: an SVG is a document, and this one was made by somebody else."""

NONCE = b"__NONCE__"
YEAR_SECONDS = 31536000
METRICS = "metrics.numbers"
"""Endpoint of the numbers for Prometheus, which has a token of its own."""
ASSETS, STATIC = "_dash_assets.static", "public.static"
"""Endpoints of files that everybody may have."""
SUITES = "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"
"""Endpoint of the bundles of Dash."""
_FINGERPRINTED = frozenset({ASSETS, STATIC, SUITES})


def init(server: Flask, script_hashes: list[str], framed_by: tuple[str, ...] = ()) -> None:
    """`script_hashes` are the CSP hashes of the inline scripts of Dash's pages; the list may be filled later. Pages of
    the origins `framed_by` may frame the card."""

    def finish(response: Response) -> Response:
        nonce = secrets.token_urlsafe(16)
        if response.mimetype == "text/html" and not response.direct_passthrough:
            response.set_data(response.get_data().replace(NONCE, nonce.encode()))
        own = request.endpoint == AVATAR
        framing = " ".join(framed_by) if framed_by and request.path == frames.PAGE else ""
        policy = _POLICY_OF_AVATARS if own else _policy(nonce, script_hashes, framing or "'none'")
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        if not framing:  # it can name no origins
            response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        _caching(response)
        return response

    server.after_request(finish)


def _caching(response: Response) -> None:
    """Bundles and assets carry a fingerprint in their address and are kept, pictures as long as they say; nothing
    else is kept at all."""
    if request.endpoint in (AVATAR, ELEMENT) and "Cache-Control" in response.headers:
        return
    kept = request.endpoint in _FINGERPRINTED and response.status_code in (200, 304)
    if kept and response.mimetype != "text/html":
        response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    else:
        response.headers["Cache-Control"] = "no-store"


def _policy(nonce: str, script_hashes: list[str], framed_by: str) -> str:
    scripts = " ".join(["'self'", *script_hashes])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
        f"font-src 'self'; connect-src 'self'; manifest-src 'self'; frame-ancestors {framed_by}; form-action 'self'; "
        "base-uri 'none'; object-src 'none'"
    )
