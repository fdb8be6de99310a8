"""How the server does, for whoever runs it: connections, budget, what was counted. Never a word of anybody's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from models.failure_budget import BudgetState, FailureBudget
from models.observation_store import COARSE, FINE, KEPT_SECONDS
from models.overview import MemberConnection, Overview, OverviewStore
from services.clock import Clock
from services.history import History
from services.observations import Kind, Observations
from services.rooms import STAND_IN_SECONDS, Rooms


class Level(StrEnum):
    """States of connections, and what else of them is counted."""

    CONNECTED = "connected"
    REFUSED = "refused"
    """Nextcloud has refused the app password: its member must connect again, or log in there once."""
    ELSEWHERE = "elsewhere"
    """Connected to another address than NEXTCLOUD_URL: its member must connect again."""
    NOT_CONNECTED = "not_connected"
    LEFT_BEHIND = "left_behind"
    """An app password could not be revoked; its member has to remove it at Nextcloud himself."""
    REVOCATIONS = "revocations"
    """App passwords that are still to be revoked."""
    FLOWS = "flows"
    """Members who are just connecting."""


class Budget(StrEnum):
    """What is counted of the failure budget."""

    TAKEN = "taken"


class Period(StrEnum):
    """How far back one looks."""

    DAY = "day"
    MONTH = "month"


_SPANS = {Period.DAY: FINE, Period.MONTH: COARSE}


@dataclass(frozen=True)
class ConnectionNow:
    """A connection as it is now. `cause` is the code of the last failure; `succeeded_at` is None where nothing has
    come since the start. `shared`: another member has connected the same account."""

    display_name: str
    user_id: str
    level: Level
    connected_at: int
    succeeded_at: int | None
    cause: str | None
    shared: bool


@dataclass(frozen=True)
class Situation:
    """How it stands at `at` (Unix seconds). `snapshot_ages` are those of the lists that somebody looks at, in
    seconds; `busy` is the number of requests that are being answered."""

    at: float
    levels: Mapping[Level, int]
    connections: tuple[ConnectionNow, ...]
    budget: BudgetState
    snapshot_ages: tuple[float, ...]
    busy: int

    @property
    def typical_age(self) -> float | None:
        """The median of `snapshot_ages`."""
        return median(self.snapshot_ages) if self.snapshot_ages else None


class Operations:
    """Puts together what the others know."""

    def __init__(
        self,
        overview: OverviewStore,
        budget: FailureBudget,
        rooms: Rooms,
        observations: Observations,
        base_url: str,
        clock: Clock,
    ) -> None:
        """`base_url` is the address of Nextcloud at which members connect."""
        self._overview = overview
        self._budget = budget
        self._rooms = rooms
        self._observations = observations
        self._base_url = base_url
        self._clock = clock

    def situation(self) -> Situation:
        """How it stands now. Nextcloud is not asked. Raises DatabaseAwayError."""
        now = self._clock()
        found = self._overview.look(now)
        accounts = Counter((one.base_url, one.user_id) for one in found.members if one.connection_id)
        return Situation(
            at=now,
            levels=self._levels(found),
            connections=tuple(
                self._connection(one, accounts[one.base_url, one.user_id] > 1)
                for one in found.members
                if one.connection_id
            ),
            budget=self._budget.state(self._base_url, now),
            snapshot_ages=self.snapshot_ages(),
            busy=self.busy,
        )

    @property
    def busy(self) -> int:
        """How many requests are being answered just now."""
        return self._observations.busy

    def snapshot_ages(self) -> tuple[float, ...]:
        """Seconds since the last good answer, of each list of conversations that somebody looked at lately."""
        now = self._clock()
        kept = [self._rooms.kept(connection_id) for connection_id in self._rooms.known()]
        return tuple(
            max(0.0, now - one.fetched_at)
            for one in kept
            if one and one.fetched_at is not None and now - one.tried_at < STAND_IN_SECONDS
        )

    def history(self, period: Period) -> History:
        """What was counted, up to now; this process' last half minute is not among it. Raises DatabaseAwayError."""
        step, now = _SPANS[period], int(self._clock())
        last = now - now % step
        start = last - KEPT_SECONDS[step] + step
        return History(step, tuple(range(start, last + step, step)), tuple(self._observations.store.since(step, start)))

    def record(self) -> None:
        """Writes down what was counted, and how high everything is that has a level. Raises DatabaseAwayError."""
        now = self._clock()
        self._observations.levels(Kind.CONNECTIONS, self._levels(self._overview.look(now)))
        self._observations.levels(Kind.BUDGET, {Budget.TAKEN: self._budget.taken(self._base_url, now)})
        self._observations.flush()

    def tidy(self) -> None:
        """Deletes what was counted too long ago. Raises DatabaseAwayError."""
        self._observations.tidy()

    def close(self) -> None:
        """Writes down the last counts, where the database takes them. Raises DatabaseAwayError."""
        self._observations.flush()

    def _levels(self, found: Overview) -> dict[Level, int]:
        states = Counter(self._level(one) for one in found.members)
        others = {
            Level.LEFT_BEHIND: sum(one.left_behind for one in found.members),
            Level.REVOCATIONS: found.revocations,
            Level.FLOWS: found.flows,
        }
        return {level: others.get(level, states[level]) for level in Level}

    def _level(self, one: MemberConnection) -> Level:
        if one.connection_id is None:
            return Level.NOT_CONNECTED
        if one.base_url != self._base_url:
            return Level.ELSEWHERE
        return Level.CONNECTED if one.refused_at is None else Level.REFUSED

    def _connection(self, one: MemberConnection, shared: bool) -> ConnectionNow:
        kept = self._rooms.kept(one.connection_id or "")
        return ConnectionNow(
            display_name=one.display_name,
            user_id=one.user_id or "",
            level=self._level(one),
            connected_at=one.connected_at or 0,
            succeeded_at=kept.fetched_at if kept else None,
            cause=kept.cause if kept else None,
            shared=shared,
        )
