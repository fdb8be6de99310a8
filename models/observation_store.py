"""Observations in the database: added up whoever counted them, and bounded whatever is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, select
from sqlmodel import Session, col

from models.database import Database
from models.observation import Observation

FINE, COARSE = 300, 3600
"""Seconds that one row stands for: the last day in spans of five minutes, the last month in hours."""

KEPT_SECONDS = {FINE: 24 * 3600, COARSE: 30 * 24 * 3600}

MOST_SERIES = 100
"""Different things that are counted within one span; what would be one more is counted as `OTHER`."""

OTHER = "other"


@dataclass(frozen=True)
class Series:
    """One thing that is counted: of which `kind`, where (`route`) and what came of it."""

    kind: str
    route: str
    outcome: str


@dataclass
class Tally:
    """How often, and by classes of duration how long. A `level` replaces what was there, others add up."""

    number: int = 0
    latencies: list[int] = field(default_factory=list)
    level: bool = False

    def add(self, more: Tally) -> None:
        """Counts `more` in as well."""
        self.number = more.number if more.level else self.number + more.number
        self.level = self.level or more.level
        self.latencies = added(self.latencies, more.latencies)


@dataclass(frozen=True)
class Point:
    """What was counted of a series in the span that began at `started_at` (Unix seconds)."""

    started_at: int
    series: Series
    number: int
    latencies: Sequence[int]


Bucket = tuple[int, Series]
"""Beginning of a fine span, and what is counted in it."""


class ObservationStore:
    """Keeps tallies of each fine span and of each coarse one. Every method raises DatabaseAwayError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, tallies: Mapping[Bucket, Tally]) -> None:
        """Adds `tallies` to what this and other processes have kept, all of them or none."""
        if not tallies:
            return
        with self._database.write() as session:
            for span in (FINE, COARSE):
                _add(session, span, tallies)

    def since(self, span: int, start: int) -> list[Point]:
        """What was counted in the spans of that length which began at `start` or later, the oldest first."""
        columns = (Observation.started_at, Observation.kind, Observation.route, Observation.outcome)
        query = (
            select(*columns, Observation.number, Observation.latencies)  # type: ignore[call-overload]
            .where(col(Observation.span) == span, col(Observation.started_at) >= start)
            .order_by(col(Observation.started_at))
        )
        with self._database.read() as session:
            rows = session.execute(query).all()
        return [Point(at, Series(kind, route, outcome), *counted) for at, kind, route, outcome, *counted in rows]

    def forget(self, now: float) -> None:
        """Deletes what is older than `KEPT_SECONDS`."""
        with self._database.write() as session:
            for span, seconds in KEPT_SECONDS.items():
                old = col(Observation.started_at) < now - seconds - span
                session.execute(delete(Observation).where(col(Observation.span) == span, old))


def added(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """Two counts by classes as one; an empty one counts for nothing."""
    if not one or not other:
        return list(one or other)
    return [a + b for a, b in zip(one, other, strict=True)]


def _add(session: Session, span: int, tallies: Mapping[Bucket, Tally]) -> None:
    starts = {at - at % span for at, _series in tallies}
    rows: dict[Bucket, Observation] = {}
    query = select(Observation).where(col(Observation.span) == span, col(Observation.started_at).in_(starts))
    for row in session.scalars(query):
        rows[row.started_at, Series(row.kind, row.route, row.outcome)] = row
    taken = {start: sum(at == start for at, _series in rows) for start in starts}
    for (at, series), tally in sorted(tallies.items(), key=lambda item: item[0][0]):
        start = at - at % span
        if (start, series) not in rows and taken[start] >= MOST_SERIES:
            series = Series(series.kind, OTHER, OTHER)
        if (start, series) not in rows:
            taken[start] += 1
            rows[start, series] = _row(span, start, series)
        _count_in(rows[start, series], tally)
    session.add_all(rows.values())


def _row(span: int, start: int, series: Series) -> Observation:
    return Observation(span=span, started_at=start, kind=series.kind, route=series.route, outcome=series.outcome)


def _count_in(row: Observation, tally: Tally) -> None:
    total = Tally(row.number, row.latencies)
    total.add(tally)
    row.number, row.latencies = total.number, total.latencies
