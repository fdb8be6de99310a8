"""The keys that the OpenID provider signs with."""

from __future__ import annotations

import threading
import warnings
from typing import Any

from joserfc.jwk import JWKRegistry, Key, RSAKey

from services.clock import Clock
from services.host_keys import RSA_BITS
from services.oidc_provider import Provider, ProviderAwayError

FRESH_SECONDS = 600
"""How long its keys are believed without asking again."""

PAUSE_SECONDS = 10
"""How long nobody asks again, whatever the tokens name and however the last question went."""

_PARTS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y")}
"""What of a JWK is read: never the private part."""


class KeyUnknownError(Exception):
    """The provider has no key of this name."""


class ProviderKeys:
    """Keys of the provider, asked for again when they are old or a token names another one."""

    def __init__(self, provider: Provider, clock: Clock) -> None:
        self._provider = provider
        self._clock = clock
        self._keys: list[Key] = []
        self._fetched_at = self._asked_at = float("-inf")
        self._away = False
        self._lock = threading.Lock()

    def find(self, kid: str | None, kind: str) -> Key:
        """The key of that name and kind (RSA or EC); without a name the only one of the kind.

        Raises KeyUnknownError and ProviderAwayError.
        """
        found = _named(self._keys, kid, kind)
        if found is None or not self._within(FRESH_SECONDS, self._fetched_at):
            self._renew()
            found = _named(self._keys, kid, kind)
        if found is None:
            raise ProviderAwayError("its keys can not be had") if self._away else KeyUnknownError
        return found

    def _renew(self) -> None:
        """Asks, if nobody did a moment ago: anybody can send us a token that names a key."""
        with self._lock:
            if self._within(PAUSE_SECONDS, self._asked_at):
                return
            self._asked_at = self._clock()
            try:
                said = self._provider.json(self._provider.doors().jwks_uri)
            except ProviderAwayError:
                self._away = True  # what is known already stays good
            else:
                self._keys, self._fetched_at, self._away = _usable(said.get("keys")), self._asked_at, False

    def _within(self, seconds: float, since: float) -> bool:
        return 0 <= self._clock() - since < seconds


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
