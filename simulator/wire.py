"""Troubles before the instance is asked: what the network or a proxy in front does. Keyed by name."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Callable, Iterator
from functools import cache

from flask import Response, request

from simulator import avatar_troubles
from simulator.active import Active, Met
from simulator.envelope import JSON_TYPE
from simulator.instance import Instance

Deed = Callable[[Instance, Active], Response | None]

MEGABYTE = 1_000_000
BOMB_MEGABYTES = 210
HUGE_MEGABYTES = 100
HEAD = b'{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":['
TAIL = b"]}}"
DRIP_SECONDS = 1.0
GLANCE = 0.1
PAGE = "<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
SSO_PAGE = (
    "<!doctype html><html><head><title>Log in</title></head><body><form method=post action=/sso>"
    "<input name=user><input name=password type=password><button>Log in</button></form></body></html>"
)


def suffer(instance: Instance, met: Met) -> Response | None:
    """What comes back instead of the instance's answer, if the request has met such a trouble."""
    for name, active in met.items():
        answer = DEEDS[name](instance, active) if name in DEEDS else None
        if answer is not None:
            return answer
    return None


def hang_up() -> None:
    """Close the connection so that the client sees it at once."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("dropped on request")


def _unreachable(_instance: Instance, _active: Active) -> Response | None:
    hang_up()
    return None


def _slow(instance: Instance, active: Active) -> Response | None:
    _wait(instance, active, active.delay)
    return None


def _wait(instance: Instance, active: Active, seconds: float) -> bool:
    """Whether the trouble is still on after so many seconds."""
    while seconds > 0 and not active.over and not instance.stopping.wait(min(GLANCE, seconds)):
        seconds -= GLANCE
    return not active.over and not instance.stopping.is_set()


def _drip(instance: Instance, active: Active) -> Response | None:
    def drops() -> Iterator[bytes]:
        yield b"{"
        while _wait(instance, active, DRIP_SECONDS):
            yield b" "

    return Response(drops(), 200, content_type=JSON_TYPE)


def _redirect(_instance: Instance, active: Active) -> Response | None:
    if active.met % 2:
        secure = request.url.replace("http://", "https://", 1)
        return _proxy_page(301, "Moved Permanently", {"Location": secure})
    return _proxy_page(302, "Found", {"Location": f"https://sso.{request.host}/login"})


def _sso_page(_instance: Instance, _active: Active) -> Response | None:
    return Response(SSO_PAGE, 200, content_type="text/html; charset=utf-8")


def _proxy_page(status: int, title: str, headers: dict[str, str] | None = None) -> Response:
    text = PAGE.format(title=f"{status} {title}", text="nginx")
    return Response(text, status, headers, content_type="text/html")


def _page(status: int, title: str) -> Deed:
    return lambda _instance, _active: _proxy_page(status, title)


def _huge(_instance: Instance, _active: Active) -> Response | None:
    row = b'{"id":1,"token":"abcdefgh","type":2,"displayName":"' + b"x" * 940 + b'"}'
    block = b",".join([row] * (MEGABYTE // len(row) + 1))

    def blocks() -> Iterator[bytes]:
        yield HEAD
        yield block
        for _ in range(HUGE_MEGABYTES - 1):
            yield b"," + block
        yield TAIL

    return Response(blocks(), 200, content_type=JSON_TYPE)


def _gzip_bomb(_instance: Instance, _active: Active) -> Response | None:
    return Response(_bomb(), 200, {"Content-Encoding": "gzip"}, content_type=JSON_TYPE)


@cache
def _bomb() -> bytes:
    """Valid JSON, nearly all of it spaces: one compressed megabyte of them, over and over."""
    blank = b" " * MEGABYTE
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    head = deflate.compress(HEAD) + deflate.flush(zlib.Z_FULL_FLUSH)
    block = deflate.compress(blank) + deflate.flush(zlib.Z_FULL_FLUSH)
    tail = deflate.compress(TAIL) + deflate.flush()
    check = zlib.crc32(HEAD)
    for _ in range(BOMB_MEGABYTES):
        check = zlib.crc32(blank, check)
    length = len(HEAD) + BOMB_MEGABYTES * MEGABYTE + len(TAIL)
    trailer = zlib.crc32(TAIL, check).to_bytes(4, "little") + length.to_bytes(4, "little")
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + head + block * BOMB_MEGABYTES + tail + trailer


DEEDS: dict[str, Deed] = {
    "unreachable": _unreachable,
    "slow": _slow,
    "drip": _drip,
    "wrong_path": _page(404, "Not Found"),
    "redirect": _redirect,
    "sso_page": _sso_page,
    "proxy_502": _page(502, "Bad Gateway"),
    "proxy_503": _page(503, "Service Unavailable"),
    "proxy_504": _page(504, "Gateway Timeout"),
    "huge": _huge,
    "gzip_bomb": _gzip_bomb,
    "avatar_slow": _slow,
    **avatar_troubles.DEEDS,
}
