"""What the card shows: one immutable value, decided by pure functions from what is known."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum

from models.card_choices import DEFAULT_CHOICES, CardChoices
from models.member_store import Connection
from services.connecting import FlowStatus, FlowView
from services.conversation_line import ConversationLine, conversation_line
from services.links import Links
from services.rooms import Snapshot
from services.selection import NOTHING_UNREAD, Counts, ordered
from services.words import Words


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
    `counts` is of all conversations, hidden ones too. The card keeps the height of `choices.rows` rows.
    """

    status: CardStatus
    cause: str | None = None
    lines: tuple[ConversationLine, ...] = ()
    counts: Counts = NOTHING_UNREAD
    fetched_at: int | None = None
    nextcloud_name: str = ""
    talk_url: str = ""
    flow: LoginFlowView | None = None
    left_behind: bool = False
    """An app password could not be revoked: the member has to remove the device in Nextcloud himself."""
    giving_back: bool = False
    """Nothing is connected, but an earlier app password is still to be revoked: Nextcloud was in the way."""
    choices: CardChoices = DEFAULT_CHOICES

    @property
    def header_number(self) -> int:
        """What the header counts: all unread messages, or the conversations that concern the member."""
        return self.counts.concerning if self.choices.concerning_only else self.counts.messages

    @property
    def version(self) -> str:
        """Changes exactly when something visible changes, and the clock of the footer shows minutes: a card that shows
        it needs no new picture."""
        seen = replace(self, fetched_at=None if self.fetched_at is None else self.fetched_at // 60)
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def without_connection(flow: FlowView | None, choices: CardChoices) -> CardState:
    """The card of a member who has nothing connected, or is in the middle of connecting."""
    if flow is None:
        return CardState(CardStatus.NOT_CONNECTED, choices=choices)
    if flow.status is FlowStatus.FAILED:
        return CardState(CardStatus.NOT_CONNECTED, cause=flow.cause, choices=choices)
    view = LoginFlowView(str(flow.flow_id), flow.login_url, flow.expires_at, expired=flow.status is FlowStatus.EXPIRED)
    return CardState(CardStatus.CONNECTING, flow=view, choices=choices)


def of_another_address(connection: Connection, choices: CardChoices) -> CardState:
    """The card of a connection that was made for another Nextcloud than the one that is configured now."""
    return CardState(
        CardStatus.FAILED, cause="nextcloud_not_connected", nextcloud_name=connection.display_name, choices=choices
    )


def with_snapshot(
    connection: Connection, snapshot: Snapshot, words: Words, now: float, choices: CardChoices
) -> CardState:
    """The card of a connected member at `now` from what is known of his conversations."""
    links = Links(connection.base_url, snapshot.capabilities.pretty_urls)
    shown = ordered(snapshot.conversations, choices)[: choices.rows]
    return CardState(
        status=_status(snapshot),
        cause=snapshot.cause,
        lines=tuple(conversation_line(conversation, links, words, now) for conversation in shown),
        counts=snapshot.counts,
        fetched_at=snapshot.fetched_at,
        nextcloud_name=connection.display_name,
        talk_url=links.talk,
        choices=choices,
    )


def _status(snapshot: Snapshot) -> CardStatus:
    if snapshot.fetched_at is None:
        return CardStatus.FAILED if snapshot.cause else CardStatus.LOADING
    if snapshot.cause:
        return CardStatus.STALE
    return CardStatus.CONNECTED if snapshot.conversations else CardStatus.EMPTY
