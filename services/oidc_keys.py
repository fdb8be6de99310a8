"""The keys that the OpenID provider signs with."""

from __future__ import annotations

import warnings
from typing import Any

from joserfc.jwk import JWKRegistry, Key, RSAKey

from services.clock import Clock
from services.key_set import RSA_BITS, KeysAwayError, KeySet
from services.oidc_provider import Provider, ProviderAwayError

PAUSE_SECONDS = 10
"""How long nobody asks again, whatever the tokens name and however the last question went."""

_PARTS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y")}
"""What of a JWK is read: never the private part."""


class KeyUnknownError(Exception):
    """The provider has no key of this name."""


class ProviderKeys:
    """Keys of the JWK set that the provider serves."""

    def __init__(self, provider: Provider, clock: Clock) -> None:
        self._provider = provider
        self._keys = KeySet(self._ask, clock, pause_seconds=PAUSE_SECONDS)

    def find(self, kid: str | None, kind: str) -> Key:
        """The key of that name and kind (RSA or EC); without a name the only one of the kind.

        Raises KeyUnknownError and ProviderAwayError.
        """
        found = self._keys.find(lambda keys: _named(keys, kid, kind))
        if found is None:
            raise ProviderAwayError("its keys can not be had") if self._keys.away else KeyUnknownError
        return found

    def _ask(self) -> list[Key]:
        try:
            said = self._provider.json(self._provider.doors().jwks_uri)
        except ProviderAwayError as error:
            raise KeysAwayError(str(error)) from None
        return _usable(said.get("keys"))


def _named(keys: list[Key], kid: str | None, kind: str) -> Key | None:
    fitting = [key for key in keys if key.key_type == kind and kid in (None, key.kid)]
    return fitting[0] if len(fitting) == 1 or (fitting and kid is not None) else None


def _usable(members: Any) -> list[Key]:
    """The keys of a JWK set that check signatures; others are not meant for us."""
    return [key for one in members if (key := _imported(one))] if isinstance(members, list) else []


def _imported(member: Any) -> Key | None:
    parts = _PARTS.get(str(member.get("kty"))) if isinstance(member, dict) else None
    if parts is None or member.get("use", "sig") != "sig":
        return None
    public = {name: member[name] for name in ("kty", "kid", *parts) if isinstance(member.get(name), str)}
    try:
        with warnings.catch_warnings(action="ignore"):  # a short one is of no use anyhow
            key = JWKRegistry.import_key(public)
    except Exception:  # whatever a key may be that somebody else made
        return None
    return None if isinstance(key, RSAKey) and key.raw_value.key_size < RSA_BITS else key
