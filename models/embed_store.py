"""Tickets and sign-ins of frames, in the database."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from models.database import Database
from models.embed_ticket import EmbedTicket
from models.member import Member
from models.member_store import MemberDisabledError, UnknownMemberError
from models.sign_in import SignIn


class EmbedStore:
    """Every method raises DatabaseAwayError. Who writes does so alone (decision 0017)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, ticket: EmbedTicket) -> None:
        """Keeps a new ticket."""
        with self._database.write() as session:
            session.add(ticket)

    def take(self, ticket_hash: str) -> EmbedTicket | None:
        """The ticket, which is gone with that: of callers at the same moment exactly one gets it. Who comes with
        nothing but a guess does not keep the writers waiting."""
        with self._database.read() as session:
            if session.get(EmbedTicket, ticket_hash) is None:
                return None
        with self._database.write() as session:
            ticket = session.get(EmbedTicket, ticket_hash)
            if ticket is None:
                return None
            session.delete(ticket)
            return ticket

    def found_or_added(self, new: Member, create: bool) -> tuple[int, bool]:
        """The id of the member who has the name of `new`, and whether he is new: where nobody has it, `new` is added if
        `create`. Raises MemberDisabledError and UnknownMemberError."""
        with self._database.write() as session:
            member = session.scalars(select(Member).where(col(Member.name) == new.name)).first()
            if member is not None and member.disabled:
                raise MemberDisabledError
            if member is not None:
                return member.id or 0, False
            if not create:
                raise UnknownMemberError
            session.add(new)
            session.flush()
            return new.id or 0, True

    def take_claimed(self, claim_hash: str, since: int) -> SignIn | None:
        """The sign-in that was made with this claim at `since` or later. A claim counts once."""
        made = select(SignIn).where(col(SignIn.claim_hash) == claim_hash, col(SignIn.created_at) >= since)
        with self._database.read() as session:
            if session.scalars(made).first() is None:
                return None
        with self._database.write() as session:
            sign_in = session.scalars(made).first()
            if sign_in is not None:
                sign_in.claim_hash = None
            return sign_in
