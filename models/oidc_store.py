"""Members who sign in at an OpenID provider, in the database."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, select, update
from sqlmodel import col

from models.database import Database
from models.member import Member
from models.member_store import MemberDisabledError, NameTakenError, UnknownMemberError
from models.sign_in import SignIn


@dataclass(frozen=True)
class Person:
    """Whom the provider has signed in. `subject` is his for ever; `operator` is None where it is decided here."""

    subject: str
    name: str
    display_name: str
    operator: bool | None


@dataclass(frozen=True)
class Settled:
    """The member that a person is, and whether he was `added` or `matched` by his name just now."""

    member_id: int
    added: bool = False
    matched: bool = False


class OidcStore:
    """Finds members by subject. Every method raises DatabaseAwayError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def settle(self, person: Person, *, create: bool, match: bool, now: int) -> Settled:
        """The member with the person's subject, brought up to date. Of a new subject: the member of that name who has
        none yet, if `match`; a new member, if `create`.

        Raises MemberDisabledError, NameTakenError and UnknownMemberError.
        """
        with self._database.write() as session:
            member = session.scalars(select(Member).where(col(Member.oidc_subject) == person.subject)).first()
            known = member is not None
            named = None if member else session.scalars(select(Member).where(col(Member.name) == person.name)).first()
            if named and (not match or named.oidc_subject):
                raise NameTakenError
            member = member or named or (_new(person, now) if create else None)
            if member is None:
                raise UnknownMemberError
            if member.disabled:
                raise MemberDisabledError
            member.oidc_subject = person.subject
            member.display_name = person.display_name
            member.operator = member.operator if person.operator is None else person.operator
            session.add(member)
            session.flush()
            return Settled(member.id or 0, added=not known and named is None, matched=named is not None)

    def made_sign_in(self, id_hash: str) -> bool:
        """Whether a sign-in was made by the provider and has not ended."""
        with self._database.read() as session:
            return bool(session.scalars(select(col(SignIn.by_provider)).where(col(SignIn.id_hash) == id_hash)).first())

    def end(self, subject: str | None, sid: str | None, now: int) -> set[int]:
        """Ends the sign-ins made in the session `sid` at the provider; without one every sign-in of the member with
        this `subject`, and his bearer tokens. Returns the ids of the members concerned."""
        whose = select(col(Member.id)).where(col(Member.oidc_subject) == subject)
        his, of_session = col(SignIn.member_id).in_(whose), col(SignIn.oidc_sid) == sid
        ending: ColumnElement[bool] = his if sid is None else of_session
        if subject is not None and sid is not None:
            unnamed = col(SignIn.by_provider) & col(SignIn.oidc_sid).is_(None)
            ending = his & (of_session | unnamed)
        with self._database.write() as session:
            members = set(session.scalars(select(col(SignIn.member_id)).where(ending)))
            session.execute(delete(SignIn).where(ending))
            if sid is None:
                members.update(one for one in session.scalars(whose) if one is not None)
                session.execute(update(Member).where(col(Member.oidc_subject) == subject).values(signed_out_at=now))
            return members


def _new(person: Person, now: int) -> Member:
    return Member(name=person.name, display_name=person.display_name, created_at=now)
