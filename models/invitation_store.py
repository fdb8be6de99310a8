"""Invitations in the database, and members who are added with one instead of a password."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlmodel import col

from models.database import Database
from models.invitation import Invitation, InvitationEnd, withdraw_invitations
from models.member import Member
from models.member_store import MemberDisabledError, NameTakenError, UnknownMemberError
from models.sign_in import SignIn


class HasPasswordError(Exception):
    """The member has a password already."""


@dataclass(frozen=True)
class KeptInvitation:
    """An invitation with the member it is for. Times are Unix seconds; `ended` is one of `InvitationEnd`."""

    member_id: int
    name: str
    display_name: str
    expires_at: int
    ended: str | None


@dataclass(frozen=True)
class NewInvitation:
    """An invitation to be kept. Times are Unix seconds."""

    token_hash: str
    created_at: int
    expires_at: int


class InvitationStore:
    """Keeps invitations. Every method raises DatabaseAwayError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, members: Sequence[tuple[Member, NewInvitation | None]]) -> None:
        """Keeps new members, each with an invitation or without: all of them or none. Raises NameTakenError."""
        with self._database.write() as session:
            for member, invitation in members:
                if session.scalars(select(col(Member.id)).where(col(Member.name) == member.name)).first():
                    raise NameTakenError(member.name)
                session.add(member)
                session.flush()
                if invitation:
                    session.add(_row(member, invitation))

    def invite(self, name: str, invitation: NewInvitation, *, again: bool) -> None:
        """Keeps an invitation of a member who is there; one before it is withdrawn. Who has a password may be
        invited `again`: he keeps it until he sets another.

        Raises UnknownMemberError, MemberDisabledError and HasPasswordError.
        """
        with self._database.write() as session:
            member = session.scalars(select(Member).where(col(Member.name) == name)).first()
            if member is None:
                raise UnknownMemberError(name)
            if member.disabled:
                raise MemberDisabledError(name)
            if member.password_hash is not None and not again:
                raise HasPasswordError(name)
            withdraw_invitations(session, member.id)
            session.add(_row(member, invitation))

    def find(self, token_hash: str) -> KeptInvitation | None:
        """The invitation, whatever has become of it; None where there is none."""
        query = (
            select(Invitation, col(Member.name), col(Member.display_name))
            .join(Member, col(Invitation.member_id) == col(Member.id))
            .where(col(Invitation.token_hash) == token_hash)
        )
        with self._database.read() as session:
            found = session.execute(query).first()
        if found is None:
            return None
        kept, name, display_name = found
        return KeptInvitation(kept.member_id, name, display_name, kept.expires_at, kept.ended)

    def redeem(self, token_hash: str, password_hash: str, now: int) -> bool:
        """Uses an invitation up: its member gets the password and is signed out wherever he was, programs too.

        Whether it could still be used; else nothing has changed."""
        still = (
            col(Invitation.token_hash) == token_hash,
            col(Invitation.ended).is_(None),
            col(Invitation.expires_at) > now,
        )
        with self._database.write() as session:
            used = session.execute(update(Invitation).where(*still).values(ended=InvitationEnd.USED))
            if not used.rowcount:  # type: ignore[attr-defined]
                return False
            member_id = session.get_one(Invitation, token_hash).member_id
            values = {"password_hash": password_hash, "signed_out_at": now}
            session.execute(update(Member).where(col(Member.id) == member_id).values(**values))
            session.execute(delete(SignIn).where(col(SignIn.member_id) == member_id))
            return True

    def withdraw(self, member_id: int) -> None:
        """Ends the invitations of a member that nobody has used yet."""
        with self._database.write() as session:
            withdraw_invitations(session, member_id)

    def open_until(self, now: int) -> dict[int, int]:
        """The members who have an invitation that can still be used, by id, and until when."""
        query = select(col(Invitation.member_id), col(Invitation.expires_at)).where(
            col(Invitation.ended).is_(None), col(Invitation.expires_at) > now
        )
        with self._database.read() as session:
            return {row.member_id: row.expires_at for row in session.execute(query)}

    def forget(self, before: int) -> None:
        """Deletes the invitations whose time was over by then."""
        with self._database.write() as session:
            session.execute(delete(Invitation).where(col(Invitation.expires_at) < before))


def _row(member: Member, invitation: NewInvitation) -> Invitation:
    return Invitation(
        token_hash=invitation.token_hash,
        member_id=member.id or 0,
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
    )
