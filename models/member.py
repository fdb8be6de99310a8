"""The members: who may sign in, and which Nextcloud account each of them has connected."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from models.columns import SECONDS


class Member(SQLModel, table=True):
    """A row of `users`. Times are Unix seconds.

    The columns `nextcloud_…` are filled or empty together. `nextcloud_username` is the login name that Basic
    authentication needs, `nextcloud_app_password` a Fernet token. A connection id is never used twice, so
    what is kept in memory for one connection can not be taken for another's. `theme` is light or dark, None the
    system's; the columns `card_…` are what he has chosen for his card.
    """

    __tablename__ = "users"
    # The id of a removed member must not come back: bearer tokens name it.
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80, unique=True, index=True)
    display_name: str = Field(max_length=120)
    password_hash: str | None = Field(default=None, repr=False)
    oidc_subject: str | None = Field(default=None, max_length=600, unique=True, index=True)
    """Who he is at the OpenID provider: its address, a blank, his `sub`."""
    operator: bool = False
    disabled: bool = False
    demo: bool = False
    locale: str | None = Field(default=None, max_length=8)
    theme: str | None = Field(default=None, max_length=8)
    card_rows: int = 3
    card_compact: bool = False
    card_favorites_first: bool = False
    card_mentions_first: bool = False
    card_concerning_only: bool = False
    created_at: int = Field(sa_type=SECONDS)
    signed_out_at: int = Field(default=0, sa_type=SECONDS)
    """Bearer tokens issued up to this second are refused."""
    nextcloud_username: str | None = None
    nextcloud_app_password: str | None = Field(default=None, repr=False)
    nextcloud_user_id: str | None = None
    nextcloud_display_name: str | None = None
    nextcloud_base_url: str | None = None
    nextcloud_connection_id: str | None = Field(default=None, max_length=32)
    nextcloud_connected_at: int | None = Field(default=None, sa_type=SECONDS)
    nextcloud_refused_at: int | None = Field(default=None, sa_type=SECONDS)
    """When Nextcloud last refused the credential; it is not sent again unasked while this is set."""
    device_left_behind: bool = False
    """An app password of his could not be revoked: he has to remove the device in Nextcloud himself."""
