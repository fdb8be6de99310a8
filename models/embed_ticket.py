"""Tickets that hand a member over from a host dashboard to the frame in it."""

from __future__ import annotations

from sqlalchemy import delete
from sqlmodel import Field, Session, SQLModel, col

from models.columns import SECONDS


class EmbedTicket(SQLModel, table=True):
    """A row of `embed_tickets`. The ticket itself is known to its bearer alone; here is its SHA-256, in hex."""

    __tablename__ = "embed_tickets"

    ticket_hash: str = Field(primary_key=True, max_length=64)
    subject: str = Field(max_length=80)
    """The member's name."""
    display_name: str = Field(max_length=120)
    origin: str = Field(max_length=300)
    """Where the frame must be: the host page's origin."""
    expires_at: int = Field(index=True, sa_type=SECONDS)


def withdraw_tickets(session: Session, subject: str) -> None:
    """Tickets that are on their way to the member of this name are worth nothing any more."""
    session.execute(delete(EmbedTicket).where(col(EmbedTicket.subject) == subject))
