"""Invitations: a link that lets a member set his password himself, once, within a week."""

from __future__ import annotations

import hashlib
import secrets

import structlog
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import SecretStr

from models.invitation import InvitationEnd
from models.invitation_store import InvitationStore, KeptInvitation, NewInvitation
from models.member_store import PasswordRecord
from services.clock import Clock
from services.members import Members
from services.passwords import Passwords, TooManyTriesError, network_of, normalised_name
from services.roster import new_member

INVITED_DAYS = 7
KEPT_DAYS = 30
"""How long after its end an invitation is still known, so that its link can say why it does nothing."""

_TOKEN_BYTES = 32
_TOKEN_LENGTH = 100
_DAY = 86400
_UNKNOWN = RateLimitItemPerMinute(30, 10)
"""Unknown tokens that one address may try in ten minutes: nobody guesses one, and nobody shall keep us busy."""

log = structlog.get_logger()


class NoInvitationError(Exception):
    """There is no such invitation, or its member was removed."""


class InvitationExpiredError(Exception):
    """The seven days are over."""


class InvitationUsedError(Exception):
    """The password was set with it."""


class InvitationWithdrawnError(Exception):
    """There is a newer one, the password was set in another way, or the member was disabled."""


class Invitations:
    """Makes links and takes them. What is random in a link is a `SecretStr` of 256 bits, and kept as its SHA-256."""

    def __init__(self, members: Members, passwords: Passwords, store: InvitationStore, clock: Clock) -> None:
        self._members = members
        self._passwords = passwords
        self.store = store
        self._clock = clock
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def invite(self, name: str, *, again: bool = False) -> SecretStr:
        """A new invitation of a member who is there; one before it counts no longer. Who has a password can be
        invited `again` only.

        Raises UnknownMemberError, MemberDisabledError, HasPasswordError and DatabaseAwayError.
        """
        token, invitation = self.made()
        self.store.invite(normalised_name(name), invitation, again=again)
        return token

    def add(self, name: str, display_name: str = "", operator: bool = False) -> SecretStr:
        """Adds a member without a password; returns his invitation.

        Raises NameInvalidError, NameTakenError and DatabaseAwayError."""
        token, invitation = self.made()
        member = new_member(name, display_name, operator, int(self._clock()))
        self.store.add([(member, invitation)])
        return token

    def made(self) -> tuple[SecretStr, NewInvitation]:
        """A fresh token, and what is to be kept of it."""
        token, now = SecretStr(secrets.token_urlsafe(_TOKEN_BYTES)), int(self._clock())
        return token, NewInvitation(_hash(token), now, now + INVITED_DAYS * _DAY)

    def look(self, token: SecretStr, address: str) -> KeptInvitation:
        """Whom an invitation is for, as long as it can be used. `address` is the caller's.

        Raises NoInvitationError, InvitationExpiredError, InvitationUsedError, InvitationWithdrawnError,
        TooManyTriesError and DatabaseAwayError.
        """
        key = ("invitation", network_of(address))
        if not self._limiter.test(_UNKNOWN, *key):
            raise TooManyTriesError
        found = self.store.find(_hash(token)) if len(token.get_secret_value()) <= _TOKEN_LENGTH else None
        if found is None:
            self._limiter.hit(_UNKNOWN, *key)
            raise NoInvitationError
        if found.ended == InvitationEnd.USED:
            raise InvitationUsedError
        if found.ended is not None:
            raise InvitationWithdrawnError
        if found.expires_at <= self._clock():
            raise InvitationExpiredError
        return found

    def redeem(self, token: SecretStr, password: SecretStr, address: str) -> PasswordRecord:
        """Gives the invited member the password, signs him out wherever he was, and proves that he is the one.

        Raises what `look` does, and PasswordTooWeakError."""
        found = self.look(token, address)
        hashed = self._passwords.hash(password)
        if not self.store.redeem(_hash(token), hashed, int(self._clock())):
            self.look(token, address)  # says what has become of it meanwhile
            raise NoInvitationError
        self._members.changed(found.member_id)
        log.info("invitation.used", member=found.member_id)
        return PasswordRecord(found.member_id, hashed, disabled=False)

    def tidy(self) -> None:
        """Deletes what nobody will ask about any more. Raises DatabaseAwayError."""
        self.store.forget(int(self._clock()) - KEPT_DAYS * _DAY)


def _hash(token: SecretStr) -> str:
    return hashlib.sha256(token.get_secret_value().encode(errors="replace")).hexdigest()
