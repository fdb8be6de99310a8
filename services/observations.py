"""What the server sees, counted: kept in memory until the next flush, so that no request waits for the database."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import TypeVar

from models.database import DatabaseAwayError
from models.observation import BOUNDS_SECONDS
from models.observation_store import FINE, Bucket, ObservationStore, Series, Tally
from services.clock import Clock

FLUSH_SECONDS = 30
"""How often the counts are written down; what was counted since then is lost with a kill."""

MOST_BUCKETS = 5000
"""How many counts wait at most while the database is away; what would be new beyond is lost."""


class Kind(StrEnum):
    """What is counted."""

    UPSTREAM = "upstream"
    """Questions to Nextcloud, by route, and `ok` or the name of a cause."""
    WEB = "web"
    """Requests to this server, by what they are for, and the first digit of the status."""
    CARD = "card"
    """What the card answered, by its state, and whether that was news."""
    SIGN_IN = "sign_in"
    """Sign-ins, by their way, `ok` or `failed`."""
    CONNECTIONS = "connections"
    """A level: members by the state of their connection."""
    BUDGET = "budget"
    """A level: taken slots of the failure budget."""


_Name = TypeVar("_Name", bound=StrEnum)

Listener = Callable[[Series, float | None], None]
"""Is told of each thing that was counted, and the seconds it took, None for what takes none."""


class Observations:
    """Counts, from any number of threads."""

    def __init__(self, store: ObservationStore, clock: Clock) -> None:
        self.store = store
        self._clock = clock
        self._pending: dict[Bucket, Tally] = {}
        self._busy = 0
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []

    def count(self, kind: Kind, route: str, outcome: str, seconds: float | None = None) -> None:
        """Counts one thing. Costs no query."""
        series = Series(kind.value, route, outcome)
        self._add(series, Tally(1, _classes(seconds) if seconds is not None else []))
        for listener in self._listeners:
            listener(series, seconds)

    def upstream(self, route: str, outcome: str, seconds: float) -> None:
        """Counts a question to Nextcloud: the observer of the client."""
        self.count(Kind.UPSTREAM, route, outcome, seconds)

    def levels(self, kind: Kind, values: Mapping[_Name, int]) -> None:
        """Notes how high something is now, by outcome."""
        for outcome, value in values.items():
            self._add(Series(kind.value, "", outcome.value), Tally(value, level=True))

    def on_count(self, listener: Listener) -> None:
        """`listener` is called after each count, in the thread that counted."""
        self._listeners.append(listener)

    @property
    def busy(self) -> int:
        """How many requests are being answered just now."""
        return self._busy

    @contextmanager
    def answering(self) -> Iterator[None]:
        """In the block one more request is being answered."""
        self._change_busy(1)
        try:
            yield
        finally:
            self._change_busy(-1)

    def flush(self) -> None:
        """Writes down what was counted since the last time. Raises DatabaseAwayError; then nothing is lost."""
        with self._lock:
            taken, self._pending = self._pending, {}
        try:
            self.store.keep(taken)
        except DatabaseAwayError:
            self._take_back(taken)
            raise

    def tidy(self) -> None:
        """Deletes what is too old. Raises DatabaseAwayError."""
        self.store.forget(self._clock())

    def _add(self, series: Series, tally: Tally) -> None:
        now = int(self._clock())
        bucket = (now - now % FINE, series)
        with self._lock:
            self._merge(bucket, tally)

    def _take_back(self, taken: dict[Bucket, Tally]) -> None:
        with self._lock:
            newer, self._pending = self._pending, taken
            for bucket, tally in newer.items():
                self._merge(bucket, tally)

    def _merge(self, bucket: Bucket, tally: Tally) -> None:
        kept = self._pending.get(bucket)
        if kept is not None:
            kept.add(tally)
        elif len(self._pending) < MOST_BUCKETS:
            self._pending[bucket] = tally

    def _change_busy(self, by: int) -> None:
        with self._lock:
            self._busy += by


def _classes(seconds: float) -> list[int]:
    counts = [0] * (len(BOUNDS_SECONDS) + 1)
    counts[bisect.bisect_left(BOUNDS_SECONDS, seconds)] = 1
    return counts
