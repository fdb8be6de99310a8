"""Who the members are: remembered for some seconds, so that a request costs no query each time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from models.card_choices import CardChoices
from models.database import DatabaseAwayError
from models.member_store import CurrentMember, MemberStore
from services.clock import Clock
from services.passwords import is_taken_as_it_is, normalised_name

REMEMBERED_SECONDS = 10
"""How long what was read is believed. A change made by this process shows at once all the same."""

AWAY_SECONDS = 600
"""How long what was read is believed while the database does not answer."""

T = TypeVar("T")


@dataclass(frozen=True)
class _Remembered(Generic[T]):
    value: T
    read_at: float
    member_id: int


class Memory(Generic[T]):
    """Values of members, read again after ten seconds, or kept for ten minutes while the database is away."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[Hashable, _Remembered[T]] = {}
        self._changes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, read: Callable[[], tuple[int, T] | None]) -> T | None:
        """The value of `key`, from `read` (which tells the member's id beside it) where it is not remembered.

        Raises DatabaseAwayError where the database is away and nothing young enough is remembered.
        """
        now = self._clock()
        kept = self._kept.get(key)
        if kept and 0 <= now - kept.read_at < REMEMBERED_SECONDS:
            return kept.value
        changes = self._changes
        try:
            found = read()
        except DatabaseAwayError:
            if kept and 0 <= now - kept.read_at < AWAY_SECONDS:
                return kept.value
            raise
        self._keep(key, found, now, changes)
        return found[1] if found else None

    def _keep(self, key: Hashable, found: tuple[int, T] | None, now: float, changes: int) -> None:
        with self._lock:
            if found is None:
                self._kept.pop(key, None)
            elif changes == self._changes:  # else it may be older than a change that was made meanwhile
                self._kept[key] = _Remembered(found[1], now, found[0])

    def forget(self, member_id: int) -> None:
        """Reads everything about a member anew from now on."""
        with self._lock:
            self._changes += 1
            self._kept = {key: kept for key, kept in self._kept.items() if kept.member_id != member_id}

    def tidy(self) -> None:
        """Lets go of what nobody has asked for lately."""
        limit = self._clock() - AWAY_SECONDS
        with self._lock:
            self._kept = {key: kept for key, kept in self._kept.items() if kept.read_at > limit}


class Members:
    """Looks members up by id and tells everybody who listens when one has changed."""

    def __init__(self, store: MemberStore, clock: Clock) -> None:
        self.store = store
        self._memory: Memory[CurrentMember] = Memory(clock)
        self._listeners: list[Callable[[int], None]] = [self._memory.forget]

    def current(self, member_id: int) -> CurrentMember | None:
        """The member, or None once he is removed or disabled (at most ten seconds ago). Raises DatabaseAwayError."""

        def read() -> tuple[int, CurrentMember] | None:
            member = self.store.by_id(member_id)
            return (member_id, member) if member else None

        return self._memory.get(member_id, read)

    def named(self, name: str) -> CurrentMember | None:
        """The member of that name, however it is capitalised, or None as `current`. Raises DatabaseAwayError."""
        if not is_taken_as_it_is(name):
            return None
        kept = normalised_name(name)

        def read() -> tuple[int, CurrentMember] | None:
            member = self.store.by_name(kept)
            return (member.id, member) if member else None

        return self._memory.get(kept, read)

    def on_change(self, listener: Callable[[int], None]) -> None:
        """`listener` is called with the id of each member whose data has changed."""
        self._listeners.append(listener)

    def changed(self, member_id: int) -> None:
        """To be called after each change, before anybody may see the old data again."""
        for listener in self._listeners:
            listener(member_id)

    def choose_locale(self, member_id: int, locale: str | None) -> None:
        """Keeps the language a member has chosen; None: the browser's. Raises DatabaseAwayError."""
        self.store.set_locale(member_id, locale)
        self.changed(member_id)

    def choose_theme(self, member_id: int, theme: str | None) -> None:
        """Keeps the theme a member has chosen; None: the system's. Raises DatabaseAwayError."""
        self.store.set_theme(member_id, theme)
        self.changed(member_id)

    def choose_card(self, member_id: int, choices: CardChoices) -> None:
        """Keeps what a member has chosen for his card. Raises DatabaseAwayError."""
        self.store.set_choices(member_id, choices)
        self.changed(member_id)

    def tidy(self) -> None:
        """Lets go of members that nobody has asked for lately."""
        self._memory.tidy()
