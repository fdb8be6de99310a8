"""What was counted, laid out along time. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.observation import BOUNDS_SECONDS
from models.observation_store import Point, Series, added
from nextcloud.routes import OK
from services.observations import Kind

LONGEST_SECONDS = 30.0
"""Where the class of the longest durations ends, as far as anybody can say: no question may take longer."""


@dataclass(frozen=True)
class Traffic:
    """Questions to Nextcloud on one route: how many, how many of them failed, and in how many seconds half of the
    good answers came, and 95 of a hundred; None without any."""

    route: str
    number: int
    failed: int
    median: float | None
    slow: float | None


@dataclass(frozen=True)
class History:
    """`points` in spans of `step` seconds, of which `times` are the beginnings (Unix seconds), the oldest first."""

    step: int
    times: tuple[int, ...]
    points: tuple[Point, ...]

    def counts(self, kind: Kind, name: Callable[[Series], str | None]) -> dict[str, list[int]]:
        """How often, by the name that `name` gives to each series (None leaves it out), at each of `times`."""
        found: dict[str, list[int]] = {}
        for place, point in self._of(kind):
            named = name(point.series)
            if named is not None:
                found.setdefault(named, [0] * len(self.times))[place] += point.number
        return found

    def levels(self, kind: Kind) -> dict[str, list[int | None]]:
        """The level of each outcome at each of `times`, None where nobody looked."""
        found: dict[str, list[int | None]] = {}
        for place, point in self._of(kind):
            found.setdefault(point.series.outcome, [None] * len(self.times))[place] = point.number
        return found

    def latencies(self, share: float) -> list[float | None]:
        """In how many seconds a `share` of Nextcloud's good answers came, at each of `times`."""
        counted: list[Sequence[int]] = [[] for _time in self.times]
        for place, point in self._of(Kind.UPSTREAM):
            if point.series.outcome == OK:
                counted[place] = added(counted[place], point.latencies)
        return [quantile(latencies, share) for latencies in counted]

    def traffic(self) -> list[Traffic]:
        """What was asked of Nextcloud in all, by route, the busiest first."""
        routes = {point.series.route for _place, point in self._of(Kind.UPSTREAM)}
        return sorted((self._traffic(route) for route in routes), key=lambda one: (-one.number, one.route))

    def since(self, start: int) -> History:
        """The part that began at `start` or later."""
        return History(self.step, tuple(at for at in self.times if at >= start), self.points)

    def coarser(self, spans: int) -> History:
        """The same, each `spans` of them as one; of levels the last one counts."""
        times = self.times[::spans]
        begins = {at: times[place // spans] for place, at in enumerate(self.times)}
        points = tuple(
            Point(begins[point.started_at], point.series, point.number, point.latencies)
            for point in self.points
            if point.started_at in begins
        )
        return History(self.step * spans, times, points)

    def _traffic(self, route: str) -> Traffic:
        number, failed, latencies = 0, 0, list[int]()
        for _place, point in self._of(Kind.UPSTREAM):
            if point.series.route != route:
                continue
            number += point.number
            if point.series.outcome == OK:
                latencies = added(latencies, point.latencies)
            else:
                failed += point.number
        return Traffic(route, number, failed, quantile(latencies, 0.5), quantile(latencies, 0.95))

    def _of(self, kind: Kind) -> list[tuple[int, Point]]:
        places = {at: place for place, at in enumerate(self.times)}
        return [
            (places[point.started_at], point)
            for point in self.points
            if point.series.kind == kind and point.started_at in places
        ]


def quantile(latencies: Sequence[int], share: float) -> float | None:
    """In how many seconds a `share` (0 to 1) of what was counted by classes was done; None where nothing was."""
    total, below = sum(latencies), 0.0
    if not total:
        return None
    bounds = (0.0, *BOUNDS_SECONDS, LONGEST_SECONDS)
    for place, number in enumerate(latencies):
        if number and below + number >= share * total:
            within = (share * total - below) / number
            return bounds[place] + within * (bounds[place + 1] - bounds[place])
        below += number
    return bounds[-1]
