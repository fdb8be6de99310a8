"""Sign-ins of members in browsers: started, remembered, ended, here and everywhere."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from typing import Any

from pydantic import SecretStr

from models.database import DatabaseAwayError
from models.member_store import CurrentMember, LiveSignIn, PasswordChangedError, PasswordRecord
from models.sign_in import SignIn
from services.clock import Clock
from services.members import Members, Memory
from services.passwords import Passwords, WrongPasswordError

_RENEW_SECONDS = 3600
_DAY = 86400
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class ShownSignIn:
    """A sign-in in a member's own list. Times are Unix seconds; `handle` names it there and is no secret."""

    handle: str
    device: str
    created_at: int
    seen_at: int
    is_this: bool


class SignIns:
    """Every sign-in is a row whose id stands only in the browser's cookie; the database has its SHA-256."""

    def __init__(self, members: Members, passwords: Passwords, days: int, clock: Clock) -> None:
        """A sign-in that is not used for `days` ends."""
        self._members = members
        self._store = members.store
        self._passwords = passwords
        self._seconds = days * _DAY
        self._clock = clock
        self._memory: Memory[LiveSignIn] = Memory(clock)
        members.on_change(self._memory.forget)

    def start(self, name: str, password: SecretStr, address: str, user_agent: str) -> str:
        """Signs a member in and returns the id for the cookie: 256 random bits.

        Raises WrongPasswordError, TooManyTriesError, DatabaseAwayError.
        """
        return self.open(self._passwords.check(name, password, address), user_agent)

    def open(self, proved: PasswordRecord, user_agent: str) -> str:
        """Signs in a member who has just proved who he is; returns the id for the cookie as `start` does.

        Raises WrongPasswordError where his password has changed since, and DatabaseAwayError."""
        return self._start(proved.member_id, user_agent, proved=proved.password_hash)

    def start_by_provider(self, member_id: int, user_agent: str, sid: str | None) -> str:
        """The same for a member whom the OpenID provider has signed in: `sid` names his session there, where it has a
        name. Raises WrongPasswordError for a member who was disabled meanwhile, and DatabaseAwayError."""
        return self._start(member_id, user_agent, by_provider=True, oidc_sid=sid)

    def start_in_frame(
        self, member_id: int, frame: str, seconds: int, user_agent: str, claim: str | None = None
    ) -> str:
        """The same for a member for whom a host dashboard speaks: for `seconds`, in a frame that shows the id as its
        `frame` says, `cookie` or `bearer`. Raises WrongPasswordError for a member who was disabled meanwhile."""
        claim_hash = hash_of(claim) if claim else None
        return self._start(member_id, user_agent, seconds=seconds, frame=frame, claim_hash=claim_hash)

    def _start(
        self, member_id: int, user_agent: str, proved: str | None = None, seconds: int | None = None, **more: Any
    ) -> str:
        sign_in_id = secrets.token_urlsafe(32)
        now = int(self._clock())
        started = SignIn(
            id_hash=hash_of(sign_in_id),
            member_id=member_id,
            created_at=now,
            seen_at=now,
            expires_at=now + (seconds or self._seconds),
            device=device_name(user_agent),
            **more,
        )
        try:
            others_ended = self._store.start_sign_in(started, proved)
        except PasswordChangedError:
            raise WrongPasswordError from None
        if others_ended:
            self._members.changed(member_id)
        return sign_in_id

    def member(self, sign_in_id: str, frame: str | None = None) -> CurrentMember | None:
        """Who is signed in by this id, or None where it has ended (elsewhere: at most ten seconds ago), or was shown in
        another way than it was made for: `frame` as in `start_in_frame`, None for a browser's own cookie.

        Raises DatabaseAwayError where the database has been away for longer than ten minutes.
        """
        id_hash = hash_of(sign_in_id)

        def read() -> tuple[int, LiveSignIn] | None:
            live = self._store.by_sign_in(id_hash, int(self._clock()))
            return (live.member.id, self._renewed(id_hash, live)) if live else None

        live = self._memory.get(id_hash, read)
        good = live is not None and live.expires_at > self._clock() and live.frame == frame
        return live.member if live and good else None

    def _renewed(self, id_hash: str, live: LiveSignIn) -> LiveSignIn:
        now = int(self._clock())
        if live.frame or now - live.seen_at < _RENEW_SECONDS:
            return live
        try:
            self._store.renew_sign_in(id_hash, now, now + self._seconds)
        except DatabaseAwayError:  # readable but not writable: the sign-in is good, it is renewed another time
            return live
        return replace(live, seen_at=now, expires_at=now + self._seconds)

    def end(self, sign_in_id: str, member_id: int) -> None:
        """Signs this browser out. Raises DatabaseAwayError."""
        self._store.end_sign_in(hash_of(sign_in_id))
        self._members.changed(member_id)

    def end_all(self, member_id: int, but: str | None = None) -> None:
        """Signs a member out everywhere, except in the browser with the id `but`; his bearer tokens end too.

        Raises DatabaseAwayError."""
        self._store.end_sign_ins(member_id, int(self._clock()), hash_of(but) if but else None)
        self._members.changed(member_id)

    def change_password(
        self, member: CurrentMember, old: SecretStr, new: SecretStr, address: str, sign_in_id: str
    ) -> None:
        """Replaces a member's own password and signs him out everywhere else.

        Raises WrongPasswordError, TooManyTriesError, PasswordTooWeakError, DatabaseAwayError.
        """
        proved = self._passwords.check(member.name, old, address)
        if not self._store.change_password(member.id, proved.password_hash, self._passwords.hash(new)):
            raise WrongPasswordError
        self.end_all(member.id, but=sign_in_id)

    def shown(self, member_id: int, sign_in_id: str) -> list[ShownSignIn]:
        """The member's sign-ins, the last used first; `is_this` marks that with the id. Raises DatabaseAwayError."""
        this = hash_of(sign_in_id)
        return [
            ShownSignIn(_handle(row), row.device, row.created_at, row.seen_at, row.id_hash == this)
            for row in self._store.sign_ins(member_id, int(self._clock()))
        ]

    def end_one(self, member_id: int, handle: str) -> bool:
        """Signs a member out in one browser of his own list; whether it was still in it. Raises DatabaseAwayError."""
        ended = [row for row in self._store.sign_ins(member_id, int(self._clock())) if _handle(row) == handle]
        for row in ended:
            self._store.end_sign_in(row.id_hash)
        self._members.changed(member_id)
        return bool(ended)

    def tidy(self) -> None:
        """Deletes sign-ins that have ended and forgets those that nobody uses. Raises DatabaseAwayError."""
        self._memory.tidy()
        self._store.forget_ended_sign_ins(int(self._clock()))


def device_name(user_agent: str) -> str:
    """Browser and system in words. The whole User-Agent is not kept: nobody needs it."""
    browser = next((name for sign, name in _BROWSERS if re.search(rf"{sign}\w*/", user_agent)), "Browser")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return f"{browser}, {system}" if system else browser


def _handle(row: SignIn) -> str:
    return row.id_hash[:16]


def hash_of(sign_in_id: str) -> str:
    """What of an id the database has."""
    return hashlib.sha256(sign_in_id.encode()).hexdigest()
