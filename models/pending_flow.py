"""Login flows: each connection being made, until it is settled."""

from __future__ import annotations

from enum import StrEnum

from sqlmodel import Field, SQLModel

from models.columns import SECONDS


class FlowState(StrEnum):
    """Where a flow stands. OPEN may connect its member; the others never will."""

    OPEN = "open"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    CONNECTED = "connected"
    FAILED = "failed"


class PendingFlow(SQLModel, table=True):
    """A row of `login_flows`. Times are Unix seconds; poll token, login URL and answer are Fernet tokens.

    The row outlives its member (`member_id` None): what Nextcloud grants late must still be collected and
    revoked. `asked_at` and `claimed_until` make sure that exactly one caller at a time asks Nextcloud.
    """

    __tablename__ = "login_flows"

    id: int | None = Field(default=None, primary_key=True)
    member_id: int | None = Field(default=None, foreign_key="users.id", ondelete="SET NULL", index=True)
    handle_hash: str = Field(unique=True, max_length=64)
    """SHA-256 of the handle by which a REST caller names the flow."""
    base_url: str
    poll_endpoint: str
    poll_token: str | None = Field(default=None, repr=False)
    login_url: str | None = Field(default=None, repr=False)
    created_at: int = Field(sa_type=SECONDS)
    expires_at: int = Field(index=True, sa_type=SECONDS)
    state: str = Field(default=FlowState.OPEN, max_length=16, index=True)
    cause: str | None = Field(default=None, max_length=40)
    asked_at: float = 0
    claimed_until: float = 0
    failures: int = 0
    """Questions in a row that Nextcloud did not answer."""
    answer: str | None = Field(default=None, repr=False)
    """Nextcloud's one-shot answer, kept from the transaction that follows it until it is settled."""
