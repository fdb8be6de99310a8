"""What a member's card and his REST calls read: his flow, his connection, his conversations."""

from __future__ import annotations

from dataclasses import replace

from models.member_store import Connection, CurrentMember
from services import card_state
from services.card_state import CardState, CardStatus
from services.causes import CauseError
from services.clock import Clock
from services.connecting import Connecting, FlowStatus
from services.rooms import ConnectionGoneError, Rooms, Snapshot, Wish
from services.words import Words

FIRST_LIST_SECONDS = 2
"""How long a program is asked to wait whose member has too many calls waiting for the first list."""


class Card:
    """Reads for the card and for the REST endpoint, from the same places."""

    def __init__(self, connecting: Connecting, rooms: Rooms, base_url: str, clock: Clock) -> None:
        self._connecting = connecting
        self._rooms = rooms
        self._base_url = base_url
        self._clock = clock

    def state(self, member: CurrentMember, words: Words, wish: Wish = Wish.TICK) -> CardState:
        """What the card shows now, and why it is looked at (`wish`).

        An unchanged card of a connected member costs no query and no request. Raises DatabaseAwayError.
        """
        state = self._state(member, words, wish)
        giving_back = member.giving_back and state.status is CardStatus.NOT_CONNECTED
        return replace(state, left_behind=member.left_behind, giving_back=giving_back)

    def _state(self, member: CurrentMember, words: Words, wish: Wish) -> CardState:
        flow = self._connecting.view(member) if member.has_flow else None
        connection = member.connection
        if connection is None or (flow and flow.status is FlowStatus.PENDING):
            return card_state.without_connection(flow, member.choices)
        if connection.base_url != self._base_url:
            return card_state.of_another_address(connection, member.choices)
        try:
            snapshot = self._rooms.snapshot(member.id, connection, wish)
        except ConnectionGoneError:
            return card_state.without_connection(None, member.choices)
        return card_state.with_snapshot(connection, snapshot, words, self._clock(), member.choices)

    def conversations(self, member: CurrentMember) -> tuple[Connection, Snapshot]:
        """The member's connection and a good snapshot of its conversations.

        Raises CauseError with the code of the failure where nothing is connected or the last renewal failed;
        `rate_limited` where too many of his calls at once want the very first list.
        """
        connection = member.connection
        if connection is None or connection.base_url != self._base_url:
            raise CauseError("nextcloud_not_connected")
        try:
            snapshot = self._rooms.snapshot(member.id, connection)
        except ConnectionGoneError:
            raise CauseError("nextcloud_not_connected") from None
        if snapshot.cause:
            raise CauseError(snapshot.cause, snapshot.retry_after)
        if snapshot.fetched_at is None:  # enough callers wait for the first list already
            raise CauseError("rate_limited", FIRST_LIST_SECONDS)
        return connection, snapshot
