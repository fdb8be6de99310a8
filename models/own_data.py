"""Everything that the database holds about one member: to be shown to him, and to be deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, SQLModel, col

from models.credential_store import Retired
from models.database import Database
from models.invitation import Invitation
from models.member import Member
from models.member_store import let_go
from models.pending_flow import PendingFlow
from models.revocation import Revocation
from models.sign_in import SignIn

OF_A_MEMBER: tuple[type[SQLModel], ...] = (SignIn, PendingFlow, Revocation, Invitation)
"""Tables whose rows belong to a member, beside his own row."""

HASHED, ENCRYPTED = "stored, as a hash", "stored, encrypted"
"""What is shown in place of a secret."""


class LastOperatorError(Exception):
    """He is the only operator who may act: nobody could look after the others any more."""


class OwnData:
    """Reads and deletes. Every method raises DatabaseAwayError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self, member_id: int) -> dict[str, list[dict[str, Any]]]:
        """What stands about a member in each table, by its name; secrets are only said to be there, times are ISO
        8601 in UTC."""
        with self._database.read() as session:
            mine: dict[type[SQLModel], list[Any]] = {Member: [session.get(Member, member_id)]}
            for model in OF_A_MEMBER:
                of_him = select(model).where(model.__table__.c.member_id == member_id)  # type: ignore[attr-defined]
                mine[model] = list(session.scalars(of_him))
            return {
                str(model.__tablename__): [_shown(row) for row in rows if row is not None]
                for model, rows in mine.items()
            }

    def remove(self, member_id: int, now: int) -> Retired | None:
        """Deletes a member with everything that is his. His app password, if any, is still to be revoked.

        Raises LastOperatorError, and nothing has changed."""
        with self._database.write() as session:
            member = session.get(Member, member_id)
            if member is None:
                return None
            if member.operator and not _other_operators(session, member_id):
                raise LastOperatorError
            retired = let_go(session, member, now)
            session.delete(member)
            return retired


def _other_operators(session: Session, member_id: int) -> int:
    others = (col(Member.operator).is_(True), col(Member.disabled).is_(False), col(Member.id) != member_id)
    return int(session.scalar(select(func.count()).select_from(Member).where(*others)) or 0)


def _shown(row: SQLModel) -> dict[str, Any]:
    return {name: _value(type(row), name, value) for name, value in row.model_dump().items() if name != "member_id"}


def _value(model: type[SQLModel], name: str, value: Any) -> Any:
    """A column that is left out of a model's `repr` is a secret."""
    if value is None:
        return None
    if name.endswith("_hash"):
        return HASHED
    if not model.model_fields[name].repr:
        return ENCRYPTED
    if name.endswith(("_at", "_until")):
        return datetime.fromtimestamp(int(value), UTC).isoformat() if value else None
    return value
