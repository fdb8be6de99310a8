"""What values of settings must look like: addresses and sets of keys. A ValueError says what to write instead."""

from __future__ import annotations

import ipaddress
import json
from urllib.parse import SplitResult, urlsplit

from joserfc.jwk import KeySet, KeySetSerialization, OctKey
from pydantic import SecretStr

from services.embedding import EmbedKey

EMBED_KEY_LENGTH = 32
"""A shorter key of a host's server could be guessed."""

JWT_SECRET_BYTES = 32
"""A shorter secret of a signature could be guessed."""


def secure_address(value: str) -> str:
    """`value`, an address that is https or on this machine. Raises ValueError."""
    parts = absolute(value)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must have no user, query or fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("must be https unless it is a loopback address")
    return value.strip()


def normalised_base(value: str) -> str:
    """A base address of Nextcloud in the one form in which addresses are compared and stored.

    Raises ValueError for anything but an absolute http(s) address without user, query and fragment.
    """
    parts = absolute(value)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must have no user, query or fragment")
    path = parts.path.split("/index.php")[0].rstrip("/")
    default = {"http": ":80", "https": ":443"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(default)}{path}"


def parse_jwk_set(value: SecretStr) -> KeySet:
    """The keys in `value`, a JWK set as JSON. Raises ValueError if it is none, or where its first key can not sign."""
    try:
        serialised: KeySetSerialization = json.loads(value.get_secret_value())
        keys = KeySet.import_key_set(serialised)
    except Exception:  # joserfc raises whatever the shape it meets leads to, KeyError and TypeError among them
        raise ValueError("is no JWK set") from None
    if not keys.keys or not all(key.kid for key in keys.keys):
        raise ValueError("needs at least one key, each with a kid")
    if any(isinstance(key, OctKey) and len(key.raw_value) < JWT_SECRET_BYTES for key in keys.keys):
        raise ValueError(f"needs secrets of at least {JWT_SECRET_BYTES} bytes")
    if not keys.keys[0].is_private:
        raise ValueError("must begin with a private key: the first one signs")
    return keys


def origins_in(value: str) -> tuple[str, ...]:
    """The origins in `value`, separated by blanks. Raises ValueError for anything that is not exactly an origin."""
    found = []
    for one in value.split():
        if "*" in one:
            raise ValueError("must name exact origins, without *")
        parts = absolute(one)
        if parts.path or parts.query or parts.fragment or "@" in parts.netloc or "," in one or ";" in one:
            raise ValueError("must name origins alone, as https://intranet.example.org: no path, no slash at the end")
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ValueError("must be https unless it is a loopback address")
        found.append(origin_of(parts))
    return tuple(dict.fromkeys(found))


def origin_of(parts: SplitResult) -> str:
    """The origin of an address, as browsers write it. Raises ValueError where they write its name in another way."""
    if not parts.netloc.isascii():
        raise ValueError("must hold names as browsers write them: https://xn--wache-kln-67a.example")
    default = {"http": ":80", "https": ":443"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(default)}"


def embed_keys_in(value: str) -> tuple[EmbedKey, ...]:
    """The keys in `value`, as `name:key@https://a https://b`, separated by commas. Raises ValueError."""
    found: list[EmbedKey] = []
    for part in filter(None, (piece.strip() for piece in value.split(","))):
        named, at, origins = part.partition("@")
        name, colon, key = named.partition(":")
        if not (at and colon and name.strip() and origins.strip()):
            raise ValueError("must be of the form name:key@https://intranet.example.org")
        if len(key) < EMBED_KEY_LENGTH:
            raise ValueError(f"must hold keys of at least {EMBED_KEY_LENGTH} characters, without @ and comma")
        found.append(EmbedKey(name.strip(), SecretStr(key), frozenset(origins_in(origins))))
    if len({one.key.get_secret_value() for one in found}) < len(found):
        raise ValueError("must hold a key of its own for each host")
    return tuple(found)


def is_loopback(host: str) -> bool:
    """Whether `host` names this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def absolute(value: str) -> SplitResult:
    """The parts of an absolute http(s) address. Raises ValueError for anything else."""
    try:
        parts = urlsplit(value.strip())
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0  # no number: ValueError
    except ValueError:
        good = False
    if not good:
        raise ValueError("must be an address like https://cloud.example.org")
    return parts
