"""Trouble on demand: maintenance, missing Talk, and scripted answers."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answered:
    """Answer with exactly this, whatever was asked."""

    status: int
    headers: Mapping[str, str]
    body: str | bytes


@dataclass(frozen=True)
class Delayed:
    """Think for so many seconds, then answer as usual."""

    seconds: float


@dataclass(frozen=True)
class Dropped:
    """Close the connection without a word."""

    after: bool = False
    """Do the work first, so that only the answer is lost."""


Effect = Answered | Delayed | Dropped


@dataclass
class Fault:
    """An effect on the requests whose path contains a text, a number of times or until cleared."""

    path_contains: str
    effect: Effect
    times: int | None = None
    met: int = 0

    def takes(self, path: str) -> bool:
        """Whether this request is hit. Counts it if so."""
        if self.path_contains not in path or (self.times is not None and self.met >= self.times):
            return False
        self.met += 1
        return True


@dataclass
class Faults:
    """All faults that are on. Has its own lock."""

    maintenance: bool = False
    talk_installed: bool = True
    takes_bearer: bool = True
    """Off: a proxy in front drops `Authorization: Bearer`, so such a caller is anonymous."""
    scripted: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def answer(
        self,
        path_contains: str,
        status: int,
        headers: Mapping[str, str] | None = None,
        body: str | bytes = "",
        times: int | None = None,
    ) -> None:
        """Answer such requests with exactly this."""
        self._script(Fault(path_contains, Answered(status, dict(headers or {}), body), times))

    def delay(self, path_contains: str, seconds: float, times: int | None = None) -> None:
        """Answer such requests late."""
        self._script(Fault(path_contains, Delayed(seconds), times))

    def drop(self, path_contains: str, times: int | None = None, *, after: bool = False) -> None:
        """Close the connection of such requests; with `after`, once their work is done."""
        self._script(Fault(path_contains, Dropped(after), times))

    def clear(self) -> None:
        """Everything works again."""
        with self._lock:
            self.scripted.clear()
        self.maintenance = False
        self.talk_installed = True
        self.takes_bearer = True

    def met_by(self, path: str) -> list[Effect]:
        """The effects a request for this path meets now."""
        with self._lock:
            return [fault.effect for fault in self.scripted if fault.takes(path)]

    def overview(self) -> dict[str, Any]:
        """What is on, for the control page."""
        with self._lock:
            lines = [f"{one.path_contains!r}: {one.effect!r:.80} ({one.met}/{one.times})" for one in self.scripted]
        return {"maintenance": self.maintenance, "talk_installed": self.talk_installed, "scripted": lines}

    def _script(self, fault: Fault) -> None:
        with self._lock:
            self.scripted.append(fault)
