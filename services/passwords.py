"""Passwords of members: hashed with Argon2id, checked with bounded memory and bounded guessing."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import SecretStr

from models.member_store import MemberStore

MINIMUM_LENGTH = 10
MAXIMUM_LENGTH = 200
_AT_ONCE = 4
"""Checks in parallel: each takes 19 MiB and 20 ms."""

_PER_NAME = RateLimitItemPerMinute(5, 10)
"""Failures in ten minutes for a name from one address."""
_PER_ADDRESS = RateLimitItemPerMinute(30, 10)
"""Failures in ten minutes from one address, whatever the names: a brigade may share one address."""


class WrongPasswordError(Exception):
    """Unknown name, wrong password or a disabled member: the caller is not told which."""


class TooManyTriesError(Exception):
    """Too many failures; the next try is not even looked at. `retry_after` is in seconds."""

    retry_after = 600


class PasswordTooWeakError(Exception):
    """A new password is shorter than `MINIMUM_LENGTH` or longer than `MAXIMUM_LENGTH` characters."""


class Passwords:
    """Checks passwords. Failures are counted per name *with* address and per address, never per name alone:
    otherwise anybody could lock a member out."""

    def __init__(self, store: MemberStore) -> None:
        self._store = store
        # The parameters of the OWASP password storage cheat sheet for Argon2id.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
        self._nobody = self._hasher.hash("nobody has this password")
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._slots = threading.BoundedSemaphore(_AT_ONCE)

    def check(self, name: str, password: SecretStr, address: str) -> int:
        """The id of the member who proves to be `name`.

        Raises WrongPasswordError, TooManyTriesError (which costs no check) and DatabaseAwayError.
        """
        name = normalised_name(name)
        with self._slots:
            self._refuse_too_many(name, address)
            record = self._store.password(name)
            # An unknown name costs the same time as a known one.
            stored = (record.password_hash if record else None) or self._nobody
            right = self._verify(stored, password)
            if record is None or not right or record.disabled or record.password_hash is None:
                self._limiter.hit(_PER_NAME, "name", name, address)
                self._limiter.hit(_PER_ADDRESS, "address", address)
                raise WrongPasswordError
        if self._hasher.check_needs_rehash(stored):
            self._store.set_password(record.member_id, self._hasher.hash(password.get_secret_value()))
        return record.member_id

    def hash(self, password: SecretStr) -> str:
        """The hash to keep for a new password. Raises PasswordTooWeakError."""
        secret = password.get_secret_value()
        if not MINIMUM_LENGTH <= len(secret) <= MAXIMUM_LENGTH:
            raise PasswordTooWeakError
        return self._hasher.hash(secret)

    def _verify(self, stored: str, password: SecretStr) -> bool:
        secret = password.get_secret_value()
        if len(secret) > MAXIMUM_LENGTH:
            return False
        try:
            return self._hasher.verify(stored, secret)
        except (VerificationError, InvalidHashError):
            return False

    def _refuse_too_many(self, name: str, address: str) -> None:
        by_name = self._limiter.test(_PER_NAME, "name", name, address)
        by_address = self._limiter.test(_PER_ADDRESS, "address", address)
        if not (by_name and by_address):
            raise TooManyTriesError


def normalised_name(name: str) -> str:
    """The form in which a member's name is kept and compared."""
    return name.strip().casefold()[:80]
