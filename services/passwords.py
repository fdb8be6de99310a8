"""Passwords of members: hashed with Argon2id, checked with bounded memory and bounded guessing."""

from __future__ import annotations

import ipaddress
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from argon2 import Parameters, PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import SecretStr

from models.member_store import MemberStore, PasswordRecord

COST = Parameters(Type.ID, 19, 16, 32, time_cost=2, memory_cost=19456, parallelism=1)
"""What a hash costs: the parameters of the OWASP password storage cheat sheet for Argon2id, memory in KiB."""

MINIMUM_LENGTH = 10
MAXIMUM_LENGTH = 200
NAME_LENGTH = 80
"""Longest name of a member."""
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
    otherwise anybody could lock a member out. A check under way counts as a failure until it has ended well."""

    def __init__(self, store: MemberStore) -> None:
        self._store = store
        self._hasher = PasswordHasher.from_parameters(COST)
        self._nobody = self._hasher.hash("nobody has this password")
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._slots = threading.BoundedSemaphore(_AT_ONCE)
        self._counting = threading.Lock()
        self._under_way: Counter[tuple[str, ...]] = Counter()

    def check(self, name: str, password: SecretStr, address: str) -> PasswordRecord:
        """The member who proves to be `name`, with the hash that was checked: what is made of it holds only as long
        as that is his.

        Raises WrongPasswordError, TooManyTriesError (which costs no check) and DatabaseAwayError.
        """
        name = normalised_name(name)
        with self._slots, self._counted(name, network_of(address)):
            record = self._store.password(name)
            # An unknown name costs the same time as a known one.
            stored = (record.password_hash if record else None) or self._nobody
            right = self._verify(stored, password)
            if record is None or not right or record.disabled or record.password_hash is None:
                raise WrongPasswordError
        if self._hasher.check_needs_rehash(stored):
            renewed = self._hasher.hash(password.get_secret_value())
            if self._store.replace_password(record.member_id, stored, renewed):
                return replace(record, password_hash=renewed)
        return record

    def hash(self, password: SecretStr) -> str:
        """The hash to keep for a new password. Raises PasswordTooWeakError."""
        secret = password.get_secret_value()
        if not MINIMUM_LENGTH <= len(secret) <= MAXIMUM_LENGTH:
            raise PasswordTooWeakError
        try:
            return self._hasher.hash(secret)
        except UnicodeEncodeError:  # half a character: nobody typed it
            raise PasswordTooWeakError from None

    def _verify(self, stored: str, password: SecretStr) -> bool:
        secret = password.get_secret_value()
        if len(secret) > MAXIMUM_LENGTH:
            return False
        try:
            return self._hasher.verify(stored, secret)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False

    @contextmanager
    def _counted(self, name: str, network: str) -> Iterator[None]:
        """Lets a check begin where the limits allow one more failure besides all that are under way."""
        limits = ((_PER_NAME, ("name", name, network)), (_PER_ADDRESS, ("address", network)))
        with self._counting:
            if not all(self._limiter.test(limit, *key, cost=1 + self._under_way[key]) for limit, key in limits):
                raise TooManyTriesError
            self._under_way.update(key for _limit, key in limits)
        wrong = False
        try:
            yield
        except WrongPasswordError:
            wrong = True
            raise
        finally:
            with self._counting:
                for limit, key in limits:
                    if wrong:
                        self._limiter.hit(limit, *key)
                    self._under_way[key] -= 1
                    if not self._under_way[key]:
                        del self._under_way[key]


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 address, all of which one caller has."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.IPv6Network((int(ip), 64), strict=False))


def normalised_name(name: str) -> str:
    """The form in which a member's name is kept and compared, however it is capitalised; "ß" and "ss" are two. Half a
    character, which no database takes, is none."""
    whole = name.encode(errors="replace").decode().strip()
    return unicodedata.normalize("NFC", whole).lower()[:NAME_LENGTH]


def is_taken_as_it_is(name: str) -> bool:
    """Whether nothing but its capitals is lost in the form in which it is kept. To another system, which gives us the
    name, what would be left out or replaced may tell two persons apart."""
    return unicodedata.is_normalized("NFC", name) and normalised_name(name) == name.lower()
