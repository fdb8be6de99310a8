"""Handing members over from a host dashboard to the frame in it: tickets, and the sign-ins that frames get for them."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

import structlog
from pydantic import SecretStr

from models.embed_store import EmbedStore
from models.embed_ticket import EmbedTicket
from models.member_store import CurrentMember, MemberDisabledError, UnknownMemberError
from services.clock import Clock
from services.members import Members
from services.passwords import WrongPasswordError, is_taken_as_it_is
from services.roster import NameInvalidError, new_member
from services.sign_ins import SignIns, hash_of

TICKET_SECONDS = 60
"""How long a ticket may be on its way."""

CLAIM_SECONDS = 30
"""How long a frame may take to find out whether its cookie came back."""

FRAME_SECONDS = 300
"""How long a frame is signed in at most; then its host is asked again."""

COOKIE, BEARER = "cookie", "bearer"
"""How a frame shows who it is."""

log = structlog.get_logger()


class EmbedKeyError(Exception):
    """There is no such embed key."""


class OriginRefusedError(Exception):
    """The origin may not frame us, or this key may not speak for it."""


class TicketRefusedError(Exception):
    """The ticket is unknown, used, expired, or for another origin: the caller is not told which."""


@dataclass(frozen=True)
class EmbedKey:
    """What a host's server shows to get tickets, for pages of these origins."""

    name: str
    key: SecretStr
    origins: frozenset[str]


@dataclass(frozen=True)
class Handover:
    """For whom a host dashboard speaks, in a page of which origin, and for how many seconds at most."""

    subject: str
    display_name: str
    origin: str
    seconds: int = FRAME_SECONDS


@dataclass(frozen=True)
class Admitted:
    """A member in a frame. `sign_in_id` is for the cookie, or is the bearer token, or "" where he is signed in already;
    `claim` goes with a cookie alone."""

    member_id: int
    sign_in_id: str
    seconds: int
    claim: str = ""


class Embedding:
    """Gives out tickets and takes them back, each once. Methods that need the database raise DatabaseAwayError."""

    def __init__(
        self,
        store: EmbedStore,
        members: Members,
        sign_ins: SignIns,
        keys: tuple[EmbedKey, ...],
        origins: tuple[str, ...],
        create_members: bool,
        clock: Clock,
    ) -> None:
        """`origins` may frame us; `create_members` says whether a hand-over makes a member of a stranger."""
        self.origins = origins
        self._store = store
        self._members = members
        self._sign_ins = sign_ins
        self._keys = keys
        self._create = create_members
        self._clock = clock

    def host(self, key: SecretStr) -> EmbedKey:
        """Whose key this is. Raises EmbedKeyError."""
        given = key.get_secret_value().encode()
        found = [one for one in self._keys if hmac.compare_digest(one.key.get_secret_value().encode(), given)]
        if not found:
            raise EmbedKeyError
        return found[0]

    def ticket(self, host: EmbedKey, subject: str, display_name: str, origin: str) -> str:
        """A ticket for the member named `subject`, good once, for `TICKET_SECONDS`, in a page of `origin`.

        Raises OriginRefusedError, NameInvalidError and, where no hand-over makes a member, UnknownMemberError (also
        for a disabled one).
        """
        if origin not in host.origins:
            raise OriginRefusedError
        if not is_taken_as_it_is(subject):
            raise NameInvalidError
        new = new_member(subject, display_name, False, 0)
        if not self._create and self._members.named(new.name) is None:
            raise UnknownMemberError
        ticket = secrets.token_urlsafe(32)
        row = EmbedTicket(
            ticket_hash=hash_of(ticket),
            subject=new.name,
            display_name=new.display_name,
            origin=origin,
            expires_at=int(self._clock()) + TICKET_SECONDS,
        )
        self._store.keep(row)
        log.info("embed.ticket", host=host.name)
        return ticket

    def redeemed(self, ticket: SecretStr, origin: str) -> Handover:
        """What a ticket stands for. It is used up with that. Raises TicketRefusedError."""
        kept = self._store.take(hash_of(ticket.get_secret_value()))
        if kept is None or kept.expires_at <= self._clock() or kept.origin != origin:
            raise TicketRefusedError
        return Handover(kept.subject, kept.display_name, kept.origin)

    def admit(self, handover: Handover, frame: str, user_agent: str) -> Admitted:
        """Signs the member in, in a frame that shows it as `frame` says.

        Raises OriginRefusedError, UnknownMemberError and MemberDisabledError.
        """
        if handover.origin not in self.origins:
            raise OriginRefusedError
        if not is_taken_as_it_is(handover.subject):
            raise UnknownMemberError
        try:
            new = new_member(handover.subject, handover.display_name, False, int(self._clock()))
        except NameInvalidError:
            raise UnknownMemberError from None
        member_id, added = self._store.found_or_added(new, self._create)
        if added:
            log.info("embed.member_added", member=member_id)
        claim = secrets.token_urlsafe(32) if frame == COOKIE else ""
        return self._signed_in(member_id, frame, handover.seconds, user_agent, claim)

    def settled(self, claim: SecretStr, came_back: CurrentMember | None, user_agent: str) -> Admitted:
        """How a frame goes on with its `claim`: as it is where its cookie came back, for the member that it was set
        for; else the sign-in behind the lost cookie ends, and there is another one by bearer token.

        Raises TicketRefusedError and MemberDisabledError.
        """
        now = int(self._clock())
        sign_in = self._store.take_claimed(hash_of(claim.get_secret_value()), now - CLAIM_SECONDS)
        if sign_in is None:
            raise TicketRefusedError
        seconds = max(1, sign_in.expires_at - now)
        if came_back is not None and came_back.id == sign_in.member_id:
            return Admitted(sign_in.member_id, "", seconds)
        self._members.store.end_sign_in(sign_in.id_hash)
        self._members.changed(sign_in.member_id)
        return self._signed_in(sign_in.member_id, BEARER, seconds, user_agent)

    def end(self, sign_in_id: str, member_id: int) -> None:
        """Signs a frame out."""
        self._sign_ins.end(sign_in_id, member_id)

    def _signed_in(self, member_id: int, frame: str, seconds: int, user_agent: str, claim: str = "") -> Admitted:
        try:
            sign_in_id = self._sign_ins.start_in_frame(member_id, frame, seconds, user_agent, claim or None)
        except WrongPasswordError:
            raise MemberDisabledError from None
        return Admitted(member_id, sign_in_id, seconds, claim)
