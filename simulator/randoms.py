"""The random strings of a server: tokens, passwords, session and request ids."""

from __future__ import annotations

import base64
import hashlib
import secrets
import string

ALPHANUMERIC = string.ascii_letters + string.digits
ROOM_ALPHABET = "abcdefghijkmnopqrstwxyz23456789"
SESSION_ALPHABET = string.ascii_lowercase + string.digits[:8]


def text(length: int, alphabet: str = ALPHANUMERIC) -> str:
    """A random string."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


def passphrase() -> str:
    """What seals a session on the real server: 128 characters of base64."""
    return base64.b64encode(secrets.token_bytes(96)).decode()


def digest(secret: str) -> str:
    """Enough of a secret's hash to recognise it, too little to use it."""
    return hashlib.sha256(secret.encode()).hexdigest()[:12]
