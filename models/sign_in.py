"""Sign-ins: one row for each browser in which a member is signed in."""

from __future__ import annotations

from sqlalchemy import false
from sqlmodel import Field, SQLModel

from models.columns import SECONDS


class SignIn(SQLModel, table=True):
    """A row of `sign_ins`. The id itself stands only in the browser's cookie; here is its SHA-256, in hex."""

    __tablename__ = "sign_ins"

    id_hash: str = Field(primary_key=True, max_length=64)
    member_id: int = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    created_at: int = Field(sa_type=SECONDS)
    seen_at: int = Field(sa_type=SECONDS)
    """Unix seconds, at most an hour behind."""
    expires_at: int = Field(index=True, sa_type=SECONDS)
    device: str = Field(max_length=80)
    """Browser and system in words, for the member's list of sign-ins."""
    frame: str | None = Field(default=None, max_length=6)
    """How a frame in a host dashboard shows who it is: `cookie` or `bearer`; None for a browser's own sign-in."""
    claim_hash: str | None = Field(default=None, index=True, max_length=64)
    """Of the claim with which the frame finds out, once, whether its cookie has come back."""
    by_provider: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether the OpenID provider signed the member in, no password of ours."""
    oidc_sid: str | None = Field(default=None, max_length=255)
    """The name of the session at the OpenID provider, where it has one and the sign-in was made there."""
