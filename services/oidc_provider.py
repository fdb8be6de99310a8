"""The OpenID provider: where its doors are, and what it gives for a code."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

import msgspec
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from pydantic import SecretStr

from nextcloud.client import Answer
from nextcloud.errors import NextcloudError
from services.clock import Clock

ASK_SECONDS = 5.0
"""Deadline of one question to the provider."""

MAX_BYTES = 256 * 1024
"""Largest answer of the provider that is read."""

FRESH_SECONDS = 10
"""How long nobody asks again where its doors are, or whether it is still away."""

_OURS = {"invalid_client", "unauthorized_client", "invalid_scope"}
"""Errors of the token endpoint that the operator must put right: no other code would do better."""

_PLAIN = re.compile(r"[a-z_]{1,40}")


class ProviderAwayError(Exception):
    """The provider does not answer, or not as one should. The text is for the log."""


class CodeRefusedError(Exception):
    """The provider gives nothing for this code. The text is for the log."""


class Ask(Protocol):
    """Sends one request to the provider, within `ASK_SECONDS` and up to `MAX_BYTES`."""

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None
    ) -> Answer:
        """The answer, whatever its status. Raises NextcloudError where none comes."""


class Doors(msgspec.Struct, frozen=True):
    """What the provider says about itself (OpenID Connect Discovery)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    scopes_supported: tuple[str, ...] = ()
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


@dataclass(frozen=True)
class Tokens:
    """What the provider gave for a code."""

    id_token: SecretStr
    access_token: SecretStr


class Provider:
    """One provider, asked as one client. Threads may share it."""

    def __init__(self, issuer: str, client_id: str, client_secret: SecretStr, ask: Ask, clock: Clock) -> None:
        self.issuer = issuer.rstrip("/")
        self.client_id = client_id
        self._secret = client_secret
        self._ask = ask
        self._clock = clock
        self._doors: Doors | None = None
        self._doors_at = self._away_at = float("-inf")
        self._lock = threading.Lock()

    def doors(self) -> Doors:
        """Where to go for what, as far as it is known. Raises ProviderAwayError where it must be asked and is away."""
        return self._doors or self.open_doors()

    def open_doors(self) -> Doors:
        """The same, and that it answers: nobody shall be sent to a provider that is away. Raises ProviderAwayError."""
        with self._lock:
            if self._doors is None or not self._within(FRESH_SECONDS, self._doors_at):
                if self._within(FRESH_SECONDS, self._away_at):
                    raise ProviderAwayError("it was away a moment ago")
                self._doors = self._asked()
            return self._doors

    def authorization_url(self, redirect_uri: str, state: str, nonce: str, verifier: str, scope: str) -> str:
        """Where a member's browser goes to sign in. Raises ProviderAwayError."""
        doors, client = self.open_doors(), self._client(redirect_uri, scope)
        url: str = client.create_authorization_url(doors.authorization_endpoint, state, verifier, nonce=nonce)[0]
        return url

    def exchange(self, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """What the provider gives for a code. Raises CodeRefusedError and ProviderAwayError."""
        client, url = self._client(redirect_uri), self.doors().token_endpoint
        try:
            given = client.fetch_token(url, grant_type="authorization_code", code=code, code_verifier=verifier)
        except OAuth2Error as error:
            said = plain(error.error)
            if said in _OURS:
                raise ProviderAwayError(f"its token endpoint says {said}") from None
            raise CodeRefusedError(said) from None
        except (ValueError, RecursionError):
            raise ProviderAwayError("its token endpoint answers no JSON object") from None
        id_token, access_token = given.get("id_token"), given.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise ProviderAwayError("its token endpoint gives no id_token; is the scope openid allowed?")
        return Tokens(SecretStr(id_token), SecretStr(access_token))

    def userinfo(self, access_token: SecretStr) -> dict[str, Any]:
        """What it says about a member besides the id_token; {} where it has no door for that.

        Raises ProviderAwayError."""
        url = self.doors().userinfo_endpoint
        return self.json(url, {"Authorization": f"Bearer {access_token.get_secret_value()}"}) if url else {}

    def json(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON object at `url`. Raises ProviderAwayError."""
        try:
            answer = self._ask("GET", url, headers=headers)
            said = json.loads(answer.body) if answer.status == 200 else None
        except NextcloudError as error:
            raise ProviderAwayError(str(error)) from None
        except (ValueError, RecursionError):
            raise ProviderAwayError("it answers no JSON") from None
        if not isinstance(said, dict):
            raise ProviderAwayError(f"it answers with status {answer.status}")
        return said

    def _asked(self) -> Doors:
        try:
            doors = self._said()
        except ProviderAwayError:
            self._away_at = self._clock()
            raise
        self._doors_at, self._away_at = self._clock(), float("-inf")
        return doors

    def _said(self) -> Doors:
        said = self.json(f"{self.issuer}/.well-known/openid-configuration")
        try:
            doors = msgspec.convert(said, Doors)
        except msgspec.ValidationError:
            raise ProviderAwayError("its openid-configuration lacks something") from None
        if doors.issuer.rstrip("/") != self.issuer:
            raise ProviderAwayError("its openid-configuration names another issuer than OIDC_ISSUER")
        ways = (doors.authorization_endpoint, doors.token_endpoint, doors.jwks_uri)
        more = tuple(one for one in (doors.userinfo_endpoint, doors.end_session_endpoint) if one)
        if not all(_is_address(one, urlsplit(self.issuer).scheme) for one in ways + more):
            raise ProviderAwayError("its openid-configuration names an address that is none, or not https")
        return doors

    def _client(self, redirect_uri: str, scope: str | None = None) -> Any:
        methods = self.doors().token_endpoint_auth_methods_supported
        by_form = "client_secret_post" in methods and "client_secret_basic" not in methods
        client = OAuth2Client(
            _Session(self._ask),
            self.client_id,
            self._secret.get_secret_value(),
            token_endpoint_auth_method="client_secret_post" if by_form else "client_secret_basic",
            scope=scope,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )
        client.register_client_auth_method(("client_secret_basic", _basic))
        return client

    def _within(self, seconds: float, since: float) -> bool:
        return 0 <= self._clock() - since < seconds


def _is_address(url: str, scheme: str) -> bool:
    """Whether it can be asked for by https, or by this scheme."""
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return named and parts.scheme in ("https", scheme) and url.isprintable() and " " not in url


def plain(code: object) -> str:
    """An error code of the provider for our log; anything else that comes instead is not repeated."""
    return code if isinstance(code, str) and _PLAIN.fullmatch(code) else "an error without a name"


def _basic(client: Any, _method: str, uri: str, headers: dict[str, str], body: str) -> tuple[str, dict[str, str], str]:
    """RFC 6749 wants both parts form-encoded first, which Authlib leaves out."""
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    return uri, headers | {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}, body


class _Session:
    """What Authlib sends its forms with."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def post(self, url: str, *, data: dict[str, str], headers: dict[str, str], auth: Any) -> _Answered:
        accepted = {"Accept": headers["Accept"]}
        url, carried, body = auth.prepare("POST", url, accepted, urlencode(data))
        try:
            return _Answered(self._ask("POST", url, headers=carried, form=dict(parse_qsl(body))))
        except NextcloudError as error:
            raise ProviderAwayError(str(error)) from None


class _Answered:
    """An answer as Authlib reads it."""

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.status
        self._body = answer.body

    def json(self) -> Any:
        said = json.loads(self._body)
        if self.status_code == 200 or (isinstance(said, dict) and "error" in said):
            return said
        raise ProviderAwayError(f"its token endpoint answers with status {self.status_code}")

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise ProviderAwayError(f"its token endpoint answers with status {self.status_code}")
