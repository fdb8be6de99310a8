"""Troubles that come and go by themselves, by the simulator's clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from simulator.active import SLOW
from simulator.troubles import TROUBLES


@dataclass(frozen=True)
class Step:
    """Some seconds of a trouble; of several at once with `+` between the names; of none with an empty name."""

    name: str
    seconds: float
    user: str | None = None
    delay: float = SLOW

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Step:
        """Read from JSON. Raises KeyError for an unknown name, ValueError where seconds are not a positive number."""
        user = given.get("user")
        step = cls(
            str(given["name"]), float(given["seconds"]), str(user) if user else None, float(given.get("delay", SLOW))
        )
        for name in step.names:
            if name not in TROUBLES:
                raise KeyError(name)
        if not step.seconds > 0:
            raise ValueError("seconds have to be positive")
        return step

    @property
    def names(self) -> list[str]:
        """The names of its troubles."""
        return [name for name in self.name.split("+") if name]


class Sequence:
    """Steps one after another, beginning at a moment."""

    def __init__(self, steps: Iterable[Step], began: float) -> None:
        self.steps = list(steps)
        self._began = began

    def place(self, now: float) -> int:
        """The number of the step that is on; that of steps in all once it is over."""
        ends = self._began
        for number, step in enumerate(self.steps):
            ends += step.seconds
            if now < ends:
                return number
        return len(self.steps)

    def starts_at(self, place: int) -> float:
        """When the step of this number begins."""
        return self._began + sum(step.seconds for step in self.steps[:place])

    def overview(self, now: float) -> dict[str, Any]:
        """What is on now, what comes next and when, for the control page."""
        place = self.place(now)
        following = self.steps[place + 1 : place + 2]
        return {
            "steps": [asdict(step) for step in self.steps],
            "place": place,
            "now": self.steps[place].name if place < len(self.steps) else None,
            "next": following[0].name if following else None,
            "seconds_left": round(max(0.0, self.starts_at(place + 1) - now), 1) if place < len(self.steps) else 0.0,
        }
