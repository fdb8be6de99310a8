"""The gate: nothing of Dash runs for a stranger, and nothing is changed without a token of the session.

It must be registered before Dash, so that it comes first.
"""

from __future__ import annotations

from urllib.parse import quote

import dash
from flask import Flask, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import NotFound

from web import frames
from web.context import Browser, signed_in, site
from web.csrf import csrf
from web.headers import ASSETS, METRICS, STATIC, SUITES
from web.session import bearer_token

EVERYWHERE = "/<path:path>"
"""Where Dash answers whatever nobody else does."""

GALLERY = "/gallery"
OPERATOR = "/operator"
LEAVE = "leave"
"""Id of the Location through which an answer to a callback sends the browser to another page."""

_FILES = ("/_dash-component-suites/", "/assets/", "/static/")
_SIGN_IN = {"sign_in.form", "sign_in.sign_in", "sign_in.sign_out", "invite.page", "invite.answer"}
_PROVIDER = {"oidc.begin", "oidc.finish", "oidc.ended_there"}
_FRAMES = {"embed.element", "embed.look", "embed.redeem", "embed.settle", "embed.leave"}
_FILES_OF_ALL = {"public.manifest", "public.favicon", ASSETS, STATIC}
_PUBLIC = frozenset({*_SIGN_IN, *_PROVIDER, *_FRAMES, *_FILES_OF_ALL, "public.healthz", "public.readyz", METRICS})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def is_api(path: str) -> bool:
    """Whether programs are answered at `path`, in their own shape."""
    return path == "/api" or path.startswith("/api/")


def init(server: Flask) -> None:
    """Puts the gate before everything else that `server` does with a request."""
    server.before_request(_check)


def _check() -> ResponseReturnValue | None:
    path = request.path
    if path == frames.PAGE and request.headers.get("Sec-Fetch-Dest") == "document":
        return redirect(site().prefix)  # by itself the card is half of what there is
    if is_api(path) or request.endpoint in _PUBLIC or (path == frames.PAGE and request.method in _SAFE):
        return None  # the REST endpoints, the sign-in and the frame look after themselves
    if path.startswith(_FILES) and request.endpoint != SUITES:
        _refuse_unknown_file()
        return None
    if request.endpoint == SUITES and site().embed_origins and request.method in _SAFE:
        return None  # a frame loads the bundles of Dash before it knows who looks at it
    browser = signed_in()
    if browser is None and not frames.in_frame():
        return _stranger(path)
    if request.url_rule and request.url_rule.rule == EVERYWHERE and path not in _pages():
        return _without_slash(path)
    if browser is None or frames.in_frame():
        return _of_frame(browser)
    if (path == GALLERY and not site().demo) or (path == OPERATOR and not browser.member.operator):
        raise NotFound
    if request.method not in _SAFE:
        return _without_token(path)
    return None


def _without_slash(path: str) -> ResponseReturnValue:
    """Forgives a slash at the end. What is no page at all Dash would answer with one of its own, in English."""
    page = path.rstrip("/")
    if page not in _pages():
        raise NotFound
    query = request.query_string.decode("ascii", "ignore")
    return redirect(site().prefix + page.lstrip("/") + ("?" + query if query else ""))


def _pages() -> set[str]:
    return {page["path"] for page in dash.page_registry.values()}


def _refuse_unknown_file() -> None:
    """Below the folders of files Dash would answer every other address with its page."""
    if request.routing_exception is None:
        raise NotFound


def _of_frame(browser: Browser | None) -> ResponseReturnValue | None:
    """A frame shows the card and nothing else. It is answered in JSON: it must lead nobody away from the host."""
    if browser is None:
        return _unauthenticated("unauthenticated")
    cookie = bearer_token() is None
    if cookie and frames.by_ticket() and request.headers.get(frames.WHO) != frames.who(browser.member.id):
        return _unauthenticated("other")
    if frames.foreign_callback():
        raise NotFound
    if request.method not in _SAFE and cookie:
        try:
            csrf.protect()
        except CSRFError:
            return _unauthenticated("unauthenticated")
    return None


def _unauthenticated(code: str) -> ResponseReturnValue:
    return jsonify({"error": code}), 401


def _stranger(path: str) -> ResponseReturnValue:
    if path == frames.CALLBACKS:
        return _leave("login?next=" + quote(site().prefix, safe=""))
    if path.startswith(("/_dash", "/_reload", "/avatar/")) or request.method not in _SAFE:
        return _unauthenticated("unauthenticated")
    here = site().prefix.rstrip("/") + request.full_path.rstrip("?")
    return redirect(f"{site().prefix}login?next={quote(here, safe='')}", 303)


def _without_token(path: str) -> ResponseReturnValue | None:
    try:
        csrf.protect()
    except CSRFError:
        if path == frames.CALLBACKS:
            return _leave("")
        raise
    return None


def _leave(target: str) -> ResponseReturnValue:
    """Sends the browser elsewhere out of a callback. 200 on purpose: the renderer follows a redirect blindly
    and then waits for ever, and a 401 it only logs; a side update it applies."""
    update = {LEAVE: {"href": site().prefix + target}}
    return jsonify({"multi": True, "response": {}, "sideUpdate": update})
