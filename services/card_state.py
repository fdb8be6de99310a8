"""What the card shows: one immutable value, decided by a pure function from what is known."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from services.preview import PreviewLine

CONVERSATION_ROWS = 3


class CardStatus(StrEnum):
    """The states of the card. The words stand in the page (`data-state`) and others rely on them."""

    LOADING = "loading"
    NOT_CONNECTED = "not_connected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    EMPTY = "empty"
    STALE = "stale"
    FAILED = "failed"


@dataclass(frozen=True)
class LoginFlowView:
    """A connection being made, as its member may see it. The poll token is not in here.

    `login_url` is Nextcloud's page for the member's browser; `expires_at` is in Unix seconds.
    """

    flow_id: str
    login_url: str
    expires_at: int
    expired: bool


@dataclass(frozen=True)
class CardState:
    """Everything the picture of the card needs, and nothing else. Times are Unix seconds.

    `cause` is a code such as `nextcloud_unreachable` in the states stale and failed, and after an attempt
    to connect that failed (state not_connected); otherwise None.
    `nextcloud_name` is the display name of the connected Nextcloud account, "" while there is none.
    `total_unread` counts hidden rows too. `rows` is the number of rows whose height the card keeps.
    """

    status: CardStatus
    cause: str | None = None
    lines: tuple[PreviewLine, ...] = ()
    total_unread: int = 0
    fetched_at: int | None = None
    nextcloud_name: str = ""
    talk_url: str = ""
    flow: LoginFlowView | None = None
    rows: int = CONVERSATION_ROWS

    @property
    def version(self) -> str:
        """Changes exactly when something visible changes: a card that shows it needs no new picture."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]
