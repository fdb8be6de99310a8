"""What is noted of every request: its id in each line of the log and in the answer, what it was for, how it ended."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast

import structlog
from flask import Flask, Response, current_app, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from services.observations import Kind, Observations
from web.frames import CALLBACKS
from web.gate import EVERYWHERE, is_api

HEADER = "X-Request-Id"
UNKNOWN = "unknown"

_SAFE = re.compile(r"[A-Za-z0-9_-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FILES = ("/_dash-component-suites/", "/assets/", "/static/", "/avatar/")
_MONITORS = ("/healthz", "/readyz", "/metrics")
_EXTENSION = "talkboard-callbacks"
_SIGN_INS = {"sign_in.sign_in": "password", "auth.token": "token", "oidc.finish": "oidc"}
"""Endpoints that sign somebody in, and how."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Answered:
    """A request and its end. `route` is the pattern of its address, `callback` the output that it asked for; both
    come from a limited set whatever callers send."""

    method: str
    route: str
    callback: str | None
    status: int
    seconds: float

    @property
    def purpose(self) -> str:
        """What it was for, in one word."""
        if self.route in _MONITORS:
            return "monitor"
        if self.route.startswith(_FILES):
            return "file"
        if self.callback is not None:
            return "callback"
        return "rest" if is_api(self.route) else "page"


Listener = Callable[[Answered], None]


def init(server: Flask, observations: Observations, listener: Listener) -> None:
    """Watches every request of `server`. To be registered first: what comes before it is not seen."""

    def begin() -> None:
        clear_contextvars()  # threads are used again
        g.request_id = _request_id()
        bind_contextvars(request_id=g.request_id)
        g.began = time.perf_counter()
        g.answering = observations.answering()
        g.answering.__enter__()

    def end(response: Response) -> Response:
        response.headers[HEADER] = g.request_id
        answered = _answered(response.status_code)
        observations.count(Kind.WEB, answered.purpose, f"{answered.status // 100}xx", answered.seconds)
        _count_sign_in(observations, answered.status)
        listener(answered)
        log.debug("http.answered", method=answered.method, route=answered.route, status=answered.status)
        return response

    def leave(_error: BaseException | None) -> None:
        answering = cast("AbstractContextManager[None] | None", g.pop("answering", None))
        if answering is not None:
            answering.__exit__(None, None, None)
        clear_contextvars()

    server.before_request(begin)
    server.after_request(end)
    server.teardown_request(leave)


def know_callbacks(server: Flask, callbacks: Mapping[str, Any]) -> None:
    """Only these outputs are named in numbers; whatever else is asked for is `UNKNOWN`."""
    server.extensions[_EXTENSION] = callbacks


def _request_id() -> str:
    """That of a proxy in front where it can do no harm, else a new one."""
    given = request.headers.get(HEADER, "")
    return given if _SAFE.fullmatch(given) else secrets.token_hex(8)


def _answered(status: int) -> Answered:
    rule = request.url_rule.rule if request.url_rule else UNKNOWN
    unknown_call = rule == EVERYWHERE and is_api(request.path)
    return Answered(
        method=request.method if request.method in _METHODS else UNKNOWN,
        route=f"/api/{UNKNOWN}" if unknown_call else rule,
        callback=_callback() if request.path == CALLBACKS and request.method == "POST" else None,
        status=status,
        seconds=time.perf_counter() - g.began,
    )


def _callback() -> str:
    body = request.get_json(silent=True)
    output = body.get("output") if isinstance(body, dict) else None
    if not isinstance(output, str) or output not in current_app.extensions.get(_EXTENSION, {}):
        return UNKNOWN
    first = output.removeprefix("..").split("...")[0].removesuffix("..")
    return first.partition("@")[0]


def _count_sign_in(observations: Observations, status: int) -> None:
    way = _SIGN_INS.get(request.endpoint or "")
    if way is not None and status < 400:
        observations.count(Kind.SIGN_IN, way, "ok")
    elif way is not None and status in (401, 403, 429):
        observations.count(Kind.SIGN_IN, way, "failed")
