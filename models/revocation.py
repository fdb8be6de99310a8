"""App passwords that must still be revoked at Nextcloud. Nothing else is ever done with them."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from models.columns import SECONDS


class Revocation(SQLModel, table=True):
    """A row of `revocations`. Times are Unix seconds; `app_password` is a Fernet token.

    `refused` says that Basic must not carry it: Nextcloud had already refused the credential, or the login name
    that came with it cannot be used.
    """

    __tablename__ = "revocations"

    id: int | None = Field(default=None, primary_key=True)
    base_url: str
    login_name: str
    app_password: str = Field(repr=False)
    refused: bool = False
    wiped: bool = False
    """Nextcloud asked for the device to be wiped: what remains is to report that it was."""
    member_id: int | None = Field(default=None, foreign_key="users.id", ondelete="SET NULL")
    """Whose it was: told, should it prove impossible to revoke."""
    created_at: int = Field(sa_type=SECONDS)
    next_try_at: float = Field(index=True)
    tries: int = 0
