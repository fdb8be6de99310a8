"""Invitations: one-time links by which members set their password themselves."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import update
from sqlmodel import Field, Session, SQLModel, col

from models.columns import SECONDS


class InvitationEnd(StrEnum):
    """Why an invitation counts no longer, before its time is over."""

    USED = "used"
    WITHDRAWN = "withdrawn"
    """There is a newer one, the password was set in another way, or the member was disabled."""


class Invitation(SQLModel, table=True):
    """A row of `invitations`. The token itself stands only in the link; here is its SHA-256, in hex.

    Times are Unix seconds. What has ended is kept for a while, so that its link can say why it does nothing.
    """

    __tablename__ = "invitations"

    token_hash: str = Field(primary_key=True, max_length=64)
    member_id: int = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    created_at: int = Field(sa_type=SECONDS)
    expires_at: int = Field(sa_type=SECONDS, index=True)
    ended: str | None = Field(default=None, max_length=16)


def withdraw_invitations(session: Session, member_id: int | None) -> None:
    """Ends the invitations of a member that nobody has used yet, within the caller's transaction."""
    session.execute(
        update(Invitation)
        .where(col(Invitation.member_id) == member_id, col(Invitation.ended).is_(None))
        .values(ended=InvitationEnd.WITHDRAWN)
    )
