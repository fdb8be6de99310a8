"""Troubles that concern the pictures of conversations alone. Keyed by name."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response

from simulator.active import Active
from simulator.avatars import PNG, SIGNATURE, SVG
from simulator.envelope import UNAUTHORISED, envelope
from simulator.instance import Instance

HUGE_BYTES = 15_000_000
SCRIPT = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 16 16" '
    "onload=\"document.title='pwned';window.pwned=true\">"
    "<script>document.title='pwned';window.pwned=true</script>"
    '<foreignObject width="16" height="16"><iframe xmlns="http://www.w3.org/1999/xhtml" src="/healthz"/>'
    '</foreignObject><image xlink:href="/favicon.ico" width="16" height="16"/>'
    '<rect width="16" height="16" fill="#c2185b"/></svg>'
)
PAGE = "<!doctype html><html><head><title>Log in</title></head><body><script>window.pwned=true</script></body></html>"

Deed = Callable[[Instance, Active], Response | None]
Twist = Callable[[Instance, Response, Active], bool]


def _instead(status: int, body: str, kind: str) -> Deed:
    return lambda _instance, _active: Response(body, status, content_type=kind)


def _turned_into(body: Callable[[], bytes], kind: str) -> Twist:
    def twist(_instance: Instance, response: Response, _active: Active) -> bool:
        if response.status_code != 200:
            return False
        response.headers.pop("ETag", "")
        response.set_data(body())
        response.content_type = kind
        return True

    return twist


DEEDS: dict[str, Deed] = {
    "avatar_401": lambda _instance, _active: envelope(UNAUTHORISED, 2, "json"),
    "avatar_429": _instead(429, '{"message":"Reached maximum delay"}', "application/json; charset=utf-8"),
    "avatar_503": _instead(503, "<html><body><h1>503 Service Unavailable</h1></body></html>", "text/html"),
    "avatar_html": _instead(200, PAGE, "text/html; charset=utf-8"),
}
TWISTS: dict[str, Twist] = {
    "avatar_mislabelled": _turned_into(PAGE.encode, PNG),
    "avatar_script": _turned_into(SCRIPT.encode, SVG),
    "avatar_huge": _turned_into(lambda: SIGNATURE + bytes(HUGE_BYTES), PNG),
}
