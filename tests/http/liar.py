"""An OpenID provider of which a test can change every word."""

from __future__ import annotations

import json
import secrets
import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64encode
from werkzeug.test import TestResponse

from tests.http.host import KeyServer
from tests.identity import CLIENT_ID, new_key
from tests.logged import log_lines
from tests.world import World, private

DOORS, TOKEN, KEYS, USERINFO = "/.well-known/openid-configuration", "/token", "/keys", "/userinfo"
SECRET = private("nur-dem-anbieter-bekannt-" + "x" * 20)
ACCESS_TOKEN = private("zugriff-" + "y" * 32)
CODE = private("einmal-" + "z" * 32)
FORGED = new_key()
_ONE = new_key()

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]
"""Answers a request; the bytes are what an honest provider would say."""


def answers(status: int, body: bytes | None = None, **headers: str) -> Answer:
    """With this status; the body stays right where none is given."""
    return lambda request, usual: KeyServer.send(request, usual if body is None else body, status, **headers)


def padded(blanks: bytes, times: int, pause: float) -> Answer:
    """What is right in the end, behind blanks; `pause` in seconds after each of them."""

    return lambda request, usual: KeyServer.send_padded(request, usual, blanks, times, pause)


class Liar:
    """Honest until it is told otherwise; `forget` makes it so again. `clock` is that of the app."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.clock: Callable[[], float] = time.time
        self.forget()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def forget(self) -> None:
        self.key: Any = RSAKey.import_key(_ONE.as_dict(private=True) | {"kid": secrets.token_hex(8)})
        """Its name is another after each `forget`: the app has to ask."""
        self.keys: list[Any] | None = None
        """What it publishes instead of its key."""
        self.signs_with: Any = None
        self.header: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.doors: dict[str, Any] = {}
        self.given: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {"sub": "4711", "preferred_username": "max", "name": "Max Mustermann"}
        self.instead: dict[str, Answer] = {}
        self.asked: list[tuple[str, str, str]] = []
        """Each request: its path, its Authorization, its form."""
        self.nonce = ""

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def settings(self, **more: Any) -> dict[str, Any]:
        return {"oidc_issuer": self.url, "oidc_client_id": CLIENT_ID, "oidc_client_secret": SECRET, **more}

    def times_asked(self, path: str) -> int:
        return sum(asked == path for asked, _header, _form in self.asked)

    def _said(self, path: str) -> Any:
        if path == DOORS:
            doors = {"issuer": self.url, "authorization_endpoint": f"{self.url}/auth", "jwks_uri": f"{self.url}/keys"}
            return doors | {f"{name}_endpoint": f"{self.url}/{name}" for name in ("token", "userinfo")} | self.doors
        if path == KEYS:
            return {"keys": [self.key.as_dict(private=False)] if self.keys is None else self.keys}
        if path == USERINFO:
            return self.userinfo
        return {"token_type": "Bearer", "access_token": ACCESS_TOKEN, "id_token": self._id_token()} | self.given

    def _id_token(self) -> str:
        now = int(self.clock())
        claims = {"iss": self.url, "aud": CLIENT_ID, "sub": "4711", "iat": now, "exp": now + 60, "nonce": self.nonce}
        header = {"alg": "RS256", "kid": self.key.kid} | self.header
        return private(_signed(_present(header), _present(claims | self.claims), self.signs_with or self.key))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        liar = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                liar.asked.append((self.path, self.headers.get("Authorization", ""), self.rfile.read(length).decode()))
                liar.instead.get(self.path, answers(200))(self, json.dumps(liar._said(self.path)).encode())

            do_POST = do_GET  # noqa: N815 - its name there

            def log_message(self, *_arguments: Any) -> None:
                """Nothing: the test says what matters."""

        return Handler


def _present(claims: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if value is not None}


def _signed(header: dict[str, Any], claims: dict[str, Any], key: Any) -> str:
    """By hand: no library would sign some of them."""
    content = ".".join(urlsafe_b64encode(json.dumps(part).encode()).decode() for part in (header, claims))
    signature = JWSRegistry.algorithms[header["alg"]].sign(content.encode(), key)
    return f"{content}.{urlsafe_b64encode(signature).decode()}"


def begin(world: World, client: FlaskClient) -> TestResponse:
    """The app's answer to the button."""
    return client.get("/oidc/login", headers={"Accept-Language": "de"})


def asked(begun: TestResponse, name: str) -> str:
    """What the app has asked the provider for, by its name in the address."""
    return parse_qs(urlsplit(begun.headers["Location"]).query)[name][0]


def come_back(client: FlaskClient, **said: str) -> TestResponse:
    """The app's answer to the provider's, which says this and the code."""
    return client.get(f"/oidc/callback?{urlencode({'code': CODE} | said)}", headers={"Accept-Language": "de"})


def sign_in(world: World, liar: Liar, client: FlaskClient | None = None) -> TestResponse:
    """The browser comes back at once, as if somebody had signed in."""
    client = client or world.app.test_client()
    begun = begin(world, client)
    if begun.status_code != 303:
        return begun
    liar.nonce = asked(begun, "nonce")
    return come_back(client, state=asked(begun, "state"))


def alert(answer: TestResponse) -> str:
    """The sentence on the sign-in page."""
    return answer.get_data(as_text=True).partition('id="login-error">')[2].partition("<")[0]


def nobody_came_in(world: World, liar: Liar, status: int, sentence: str) -> list[str]:
    """That this is said and nothing done; what was logged."""
    client = world.app.test_client()
    with log_lines() as lines:
        answer = sign_in(world, liar, client)
    assert (answer.status_code, alert(answer)) == (status, sentence)
    assert client.get("/").status_code == 303
    assert (world.rows("users"), world.rows("sign_ins")) == ([], [])
    return lines
