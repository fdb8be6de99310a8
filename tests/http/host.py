"""The host dashboard of a test: it signs tokens, and answers where its keys are asked for."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jws
from joserfc.jwk import Key, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from tests.world import World, private

KINDS = (OctKey, OKPKey, RSAKey)
ISSUER, AUDIENCE = "https://dashboard.example.org", "talkboard-of-the-brigade"


class QuietRegistry(JWSRegistry):
    """Signs by the old name too, as many libraries do."""

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


def new_key(algorithm: str, kid: str = "one") -> Key:
    if algorithm == "HS256":
        return OctKey.import_key(private("geteilt-mit-dem-dashboard-" + kid * 10), {"kid": kid})
    return (
        RSAKey.generate_key(2048, {"kid": kid})
        if algorithm == "RS256"
        else OKPKey.generate_key("Ed25519", {"kid": kid})
    )


def public_pem(key: Key) -> str:
    assert not isinstance(key, OctKey)
    return key.as_pem(private=False).decode()


def secret_of(key: Key) -> str:
    assert isinstance(key, OctKey)
    return key.raw_value.decode()


def as_setting(key: Key) -> str:
    """What stands in HOST_JWT_KEY for it."""
    return secret_of(key) if isinstance(key, OctKey) else public_pem(key)


def settings(key: str, algorithm: str, **more: Any) -> dict[str, Any]:
    """The settings of an app that takes tokens of this host."""
    given = {"key": key, "algorithm": algorithm, "issuer": ISSUER, "audience": AUDIENCE} | more
    return {f"host_jwt_{name}": value for name, value in given.items()}


def token(
    world: World, key: Key, algorithm: str, name: str = "max", header: dict[str, Any] | None = None, **changes: Any
) -> str:
    """A token as the host makes it, except for the changes; None leaves a claim out."""
    now = int(world.clock())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": name, "iat": now, "exp": now + 300} | changes
    head = {"alg": algorithm, "kid": key.kid} | (header or {})
    present = [{name: value for name, value in part.items() if value is not None} for part in (head, claims)]
    payload = json.dumps(present[1]).encode()
    made = jws.serialize_compact(present[0], payload, key, registry=QuietRegistry(strict_check_header=False))
    return private(made)


class KeyServer:
    """Where the host publishes its keys; `answer` says what comes, and `asked` counts."""

    def __init__(self) -> None:
        self.keys: list[Any] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] = self.publish
        self.asked = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks.json"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def publish(self, request: BaseHTTPRequestHandler) -> None:
        self.send(request, self._set())

    def fail(self, request: BaseHTTPRequestHandler) -> None:
        """The keys, but in an answer that says it is none."""
        self.send(request, self._set(), 500)

    def drip(self, request: BaseHTTPRequestHandler) -> None:
        """The keys, but blanks before them for ten seconds."""
        self.send_padded(request, self._set(), b" ", 100, 0.1)

    def flood(self, request: BaseHTTPRequestHandler) -> None:
        """The keys, but a megabyte of blanks before them."""
        self.send_padded(request, self._set(), b" " * 65536, 16, 0)

    @staticmethod
    def send_padded(request: BaseHTTPRequestHandler, body: bytes, blanks: bytes, times: int, pause: float) -> None:
        """The body, but blanks before it; `pause` in seconds after each of them."""
        request.send_response(200)
        request.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(times):
                request.wfile.write(blanks)
                time.sleep(pause)
            request.wfile.write(body)

    def _set(self) -> bytes:
        keys = [key.as_dict(private=False) if isinstance(key, KINDS) else key for key in self.keys]
        return json.dumps({"keys": keys}).encode()

    @staticmethod
    def send(request: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        here = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                here.asked += 1
                here.answer(self)

            def log_message(self, *_arguments: Any) -> None:
                """Nothing: the test says what matters."""

        return Handler
