"""What the OpenID provider has signed: who signed in, and whose session has ended there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry
from pydantic import SecretStr

from services.clock import Clock
from services.oidc_keys import KeyUnknownError, ProviderKeys
from services.oidc_provider import Provider

LEEWAY_SECONDS = 60
"""By how much the provider's clock may differ from ours."""

LOGOUT_SECONDS = 300
"""How old a logout token may be."""

SUBJECT_LENGTH = 255
"""Longest `sub` and `sid`; the specification allows no longer `sub`."""

_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC"}
_ALGORITHMS = [f"{kind}{bits}" for kind in _KINDS for bits in (256, 384, 512)]
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"

_UNREADABLE = (JoseError, KeyUnknownError, ValueError, TypeError, RecursionError)
"""What reading somebody else's token may raise."""


class TokenRefusedError(Exception):
    """A token of the provider that is not to be believed. The text is for the log, without anything out of it."""


@dataclass(frozen=True)
class Logout:
    """Whose session has ended at the provider: that with the name `sid`, else all of `subject`."""

    token_id: str
    subject: str | None
    sid: str | None


class ProviderTokens:
    """Believes nothing that the provider's keys have not signed, for us and for now."""

    def __init__(self, provider: Provider, clock: Clock) -> None:
        self._provider = provider
        self._keys = ProviderKeys(provider, clock)
        self._clock = clock
        self._seen: dict[str, float] = {}

    def id_token(self, token: SecretStr, nonce: str, access_token: SecretStr) -> dict[str, Any]:
        """What an id_token says, its `sub` in any case. Raises TokenRefusedError and ProviderAwayError."""
        us = self._provider.client_id
        expected = {"nonce": nonce, "client_id": us, "access_token": access_token.get_secret_value()}
        decoded = self._decoded(token)
        claims = CodeIDToken(decoded.claims, decoded.header, self._ours(), expected)
        try:
            claims.validate(int(self._clock()), LEEWAY_SECONDS)
        except _UNREADABLE as error:
            raise TokenRefusedError(_named(error)) from None
        if not is_name(claims["sub"]):
            raise TokenRefusedError("sub")
        return dict(claims)

    def logout(self, token: SecretStr) -> Logout:
        """What a logout token says. Raises TokenRefusedError and ProviderAwayError."""
        decoded = self._decoded(token)
        claims, now = decoded.claims, int(self._clock())
        rules = self._ours() | {"iat": {"essential": True}, "jti": {"essential": True}}
        try:
            jwt.JWTClaimsRegistry(now, LEEWAY_SECONDS, **rules).validate(claims)
        except _UNREADABLE as error:
            raise TokenRefusedError(_named(error)) from None
        events, subject, sid = (claims.get(name) for name in ("events", "sub", "sid"))
        if not isinstance(events, dict) or not isinstance(events.get(_LOGOUT_EVENT), dict) or "nonce" in claims:
            raise TokenRefusedError("it is no logout token")
        if not all(one is None or is_name(one) for one in (subject, sid)) or not (subject or sid):
            raise TokenRefusedError("it names nobody")
        if claims["iat"] < now - LOGOUT_SECONDS:
            raise TokenRefusedError("it is too old")
        if self._done(claims["jti"]):
            raise TokenRefusedError("it was there before")
        return Logout(claims["jti"], subject, sid)

    def has_acted(self, logout: Logout) -> None:
        """From now on the token that this came from is refused."""
        self._seen[logout.token_id] = self._clock()

    def _ours(self) -> dict[str, Any]:
        return {
            "iss": {"essential": True, "value": self._provider.doors().issuer},
            "aud": {"essential": True, "value": self._provider.client_id},
        }

    def _decoded(self, token: SecretStr) -> jwt.Token:
        registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(token.get_secret_value(), self._key, registry=registry)
        except _UNREADABLE as error:
            raise TokenRefusedError(_named(error)) from None

    def _key(self, signed: Any) -> Key:
        header = signed.headers()
        kid = header.get("kid")
        return self._keys.find(kid if isinstance(kid, str) else None, _KINDS[header["alg"][:2]])

    def _done(self, token_id: str) -> bool:
        """Whether this logout token was there already."""
        limit = self._clock() - LOGOUT_SECONDS - 2 * LEEWAY_SECONDS  # older ones are refused for their age
        self._seen = {seen: at for seen, at in self._seen.items() if at > limit}
        return token_id in self._seen


def is_name(value: Any) -> bool:
    """Whether `value` can be a `sub` or a `sid`."""
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= SUBJECT_LENGTH


def _named(error: Exception) -> str:
    """The kind of mistake, and of a claim which one; never a value."""
    return " ".join([type(error).__name__, str(getattr(error, "claim", ""))]).strip()
