"""The keys that the tokens of the host dashboard are checked with: given in a setting, or fetched from the host."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, OctKey, OKPKey, RSAKey

from nextcloud.errors import NextcloudError
from services.causes import cause_of
from services.clock import Clock
from services.key_set import RSA_BITS, KeysAwayError, KeySet

FETCH_SECONDS = 3.0
"""Deadline of one question for the keys."""

MAX_BYTES = 64 * 1024
"""Largest JWK set that is read."""

ASKED_AT_MOST_EVERY = 60
"""Seconds between two questions for the keys, whatever the tokens name and however the last one went."""

KEPT_SECONDS = 24 * 3600
"""How long they are believed while the host does not answer."""

SECRET_BYTES = 32
"""A shorter secret of a signature could be guessed."""

SAME = {"EdDSA": "Ed25519"}
"""Another name of an algorithm, which libraries still write."""

_KEY_TYPES = {"HS256": "oct", "RS256": "RSA", "Ed25519": "OKP"}
_PARTS = {"oct": ("k",), "RSA": ("n", "e"), "OKP": ("crv", "x")}
"""What of a JWK is read: never the private part."""

log = structlog.get_logger()


class UnknownKeyError(Exception):
    """The host has no key of this name."""


class HostKeysAwayError(Exception):
    """The host does not answer, so nobody can say whether it has such a key. `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("the host's keys are away")
        self.retry_after = retry_after


class HostKeys(Protocol):
    """Where the keys come from."""

    def key(self, kid: str | None) -> Key:
        """The key that a token names. Raises UnknownKeyError and HostKeysAwayError."""


class GivenKeys:
    """Keys out of the settings."""

    def __init__(self, keys: list[Key]) -> None:
        self._keys = keys

    def key(self, kid: str | None) -> Key:
        """A single key is meant whatever the token calls it. Raises UnknownKeyError."""
        found = self._keys[0] if len(self._keys) == 1 else _called(self._keys, kid)
        if found is None:
            raise UnknownKeyError
        return found


class FetchedKeys:
    """Keys of a JWK set that the host serves."""

    def __init__(self, fetch: Callable[[], bytes], algorithm: str, clock: Clock) -> None:
        """`fetch` returns the JWK set as the host sends it, and raises NextcloudError or ValueError."""
        self._fetch = fetch
        self._algorithm = algorithm
        self._clock = clock
        self._keys = KeySet(self._ask, clock, pause_seconds=ASKED_AT_MOST_EVERY, kept_seconds=KEPT_SECONDS)

    def key(self, kid: str | None) -> Key:
        """The key of that name; without a name the only one. Raises UnknownKeyError and HostKeysAwayError."""
        found = self._keys.find(lambda keys: _called(keys, kid))
        if found is not None:
            return found
        if self._keys.away:
            raise HostKeysAwayError(max(1, int(self._keys.asked_at + ASKED_AT_MOST_EVERY - self._clock()) + 1))
        raise UnknownKeyError

    def _ask(self) -> list[Key]:
        try:
            keys = _of_set(json.loads(self._fetch()), self._algorithm)
        except (NextcloudError, ValueError, RecursionError) as error:
            hint = cause_of("host_keys_unavailable").hint
            log.warning("host_keys.away", detail=str(error), hint=hint)
            raise KeysAwayError(str(error)) from None
        log.info("host_keys.fetched", keys=len(keys))
        return keys


def keys_in(value: str, algorithm: str) -> list[Key]:
    """The keys for `algorithm` that `value` holds: a secret, PEM, a JWK, a JWK set, or the path of a file with one.

    Raises ValueError with words for the operator, which never hold what was given.
    """
    text = _content(value.strip()).strip()
    algorithm = SAME.get(algorithm, algorithm)
    return _of_json(text, algorithm) if text.startswith("{") else [_plain(text.replace("\\n", "\n"), algorithm)]


def _content(value: str) -> str:
    try:
        is_file = "\n" not in value and Path(value).is_file()
        if is_file:
            return Path(value).read_text(encoding="utf-8")
    except (OSError, ValueError):
        is_file = False
    if value.startswith("/"):
        raise ValueError("names no file that can be read")  # never to be taken for a secret
    return value


def _plain(text: str, algorithm: str) -> Key:
    if algorithm == "HS256":
        if "-----BEGIN" in text:
            raise ValueError("is no secret: HS256 has none that is public")
        return _strong(OctKey.import_key(text), algorithm)
    kind = RSAKey if algorithm == "RS256" else OKPKey
    try:
        with warnings.catch_warnings(action="ignore"):  # that a key is short is said below, and is no warning
            key = kind.import_key(text)
    except (JoseError, ValueError, TypeError):
        raise ValueError(
            f"is no public key for {algorithm} (PEM, JWK, JWK set), no file with one, and no https address"
        ) from None
    if key.is_private:
        raise ValueError("is the private key, which belongs to the host alone: give the public one")
    return _strong(key, algorithm)


def _of_json(text: str, algorithm: str) -> list[Key]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("is no JSON, though it begins with {") from None
    members = given.get("keys", [given])
    if any(isinstance(member, dict) and "d" in member for member in members):
        raise ValueError("is the private key, which belongs to the host alone: give the public one")
    return _of_set({"keys": members}, algorithm)


def _of_set(given: Any, algorithm: str) -> list[Key]:
    """The keys of a JWK set that can check `algorithm`; others are not meant for us. Raises ValueError for none."""
    members = given.get("keys") if isinstance(given, dict) else None
    algorithm = SAME.get(algorithm, algorithm)
    keys = [key for member in members or () if (key := _usable(member, algorithm)) is not None]
    if not keys:
        raise ValueError(f"holds no public key for {algorithm} that can be used")
    return keys


def _usable(member: Any, algorithm: str) -> Key | None:
    kind = _KEY_TYPES[algorithm]
    if not isinstance(member, dict) or member.get("kty") != kind or member.get("use", "sig") != "sig":
        return None
    if SAME.get(str(member.get("alg")), member.get("alg", algorithm)) != algorithm:
        return None
    named = {"kid": member["kid"]} if isinstance(member.get("kid"), str) else {}
    parts = {part: str(member.get(part)) for part in _PARTS[kind]}
    try:
        return _strong(JWKRegistry.import_key({"kty": kind, **named, **parts}), algorithm)
    except Exception:  # whatever a key may be that somebody else made: it is of no use
        return None


def _strong(key: Key, algorithm: str) -> Key:
    if isinstance(key, OctKey) and len(key.raw_value) < SECRET_BYTES:
        raise ValueError(f"must have at least {SECRET_BYTES} bytes")
    if isinstance(key, RSAKey) and key.raw_value.key_size < RSA_BITS:
        raise ValueError(f"must have at least {RSA_BITS} bits")
    if isinstance(key, OKPKey) and key.curve_name != algorithm:
        raise ValueError(f"must be an {algorithm} key")
    return key


def _called(keys: list[Key], kid: str | None) -> Key | None:
    if kid is None:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.kid == kid), None)
