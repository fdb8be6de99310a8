"""Trouble on demand: named states that come and go, and scripted answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.active import SLOW, Active, Asked
from simulator.bruteforce import HALF_AN_HOUR
from simulator.sequence import Sequence, Step
from simulator.state import State
from simulator.troubles import TROUBLES, Stage


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


class Faults:
    """All that is wrong now. Each call takes the state's lock."""

    def __init__(self, state: State) -> None:
        self.scripted: list[Fault] = []
        self._state = state
        self._on: list[Active] = []
        self._sequence: Sequence | None = None
        self._place = -1
        self._played: list[Active] = []

    @property
    def maintenance(self) -> bool:
        """Whether all of the instance is in maintenance mode."""
        return self.is_on("maintenance")

    @maintenance.setter
    def maintenance(self, on: bool) -> None:
        self.switch("maintenance", on)

    @property
    def talk_installed(self) -> bool:
        """Whether Talk is there for everybody."""
        return not self.is_on("talk_missing")

    @talk_installed.setter
    def talk_installed(self, installed: bool) -> None:
        self.switch("talk_missing", not installed)

    @property
    def takes_bearer(self) -> bool:
        """Off: a proxy in front drops `Authorization: Bearer`, so such a caller is anonymous."""
        return not self.is_on("bearer_lost")

    @takes_bearer.setter
    def takes_bearer(self, takes: bool) -> None:
        self.switch("bearer_lost", not takes)

    def trouble(self, name: str, user: str | None = None, times: int | None = None, *, delay: float = SLOW) -> None:
        """Switch a named trouble on: for everything or for one account, until ended or for a number of requests.

        On again replaces what was on for the same account. `delay`: the seconds of `slow`. Raises KeyError for a
        name that is not in the registry.
        """
        if name not in TROUBLES:
            raise KeyError(name)
        with self._state.lock:
            self._end(name, user)
            self._begin(Active(name, user, times, delay), self._state.now())

    def end(self, name: str, user: str | None = None) -> None:
        """Switch a named trouble off: for one account, or without one wherever it is on."""
        if name not in TROUBLES:
            raise KeyError(name)
        with self._state.lock:
            for one in [one for one in self._on if one.name == name and user in (None, one.user)]:
                self._stop(one)

    def switch(self, name: str, on: bool) -> None:
        """Switch a trouble on for everything, or off."""
        self.trouble(name) if on else self.end(name)

    def is_on(self, name: str) -> bool:
        """Whether the trouble is on for everything."""
        with self._state.lock:
            self._settle()
            return any(one.name == name and one.user is None for one in self._on)

    def sequence(self, steps: Iterable[Mapping[str, Any]]) -> None:
        """From now on play these steps, `{"name": …, "seconds": …}` each, by the simulator's clock; none: stop.

        Takes the place of a sequence that is on. Several names with `+` between them are on together; an empty
        name is a healthy while. A step may carry `user`, and `delay` for `slow`.
        """
        read = [Step.of(step) for step in steps]
        with self._state.lock:
            self._end_sequence()
            if read:
                self._sequence = Sequence(read, self._state.now())
                self._settle()

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
        with self._state.lock:
            self.scripted.clear()
            self._end_sequence()
            for one in list(self._on):
                self._stop(one)

    def met_by(self, path: str) -> list[Effect]:
        """The scripted effects a request for this path meets now."""
        with self._state.lock:
            return [fault.effect for fault in self.scripted if fault.takes(path)]

    def meet(self, asked: Asked) -> dict[str, Active]:
        """The troubles this request meets before it is answered. Counts it."""
        with self._state.lock:
            self._settle()
            found = [one for one in self._on if one.trouble.stage is not Stage.TWIST and one.concerns(asked)]
            for one in found:
                one.met += 1
            return {name: one for name in TROUBLES for one in found if one.name == name}

    def twisting(self, asked: Asked) -> list[Active]:
        """The troubles that may spoil the answer to this request. Whoever spoils one counts it."""
        with self._state.lock:
            return [one for one in self._on if one.trouble.stage is Stage.TWIST and one.concerns(asked)]

    def spare(self, name: str, user_id: str) -> None:
        """The account has put this trouble right for itself."""
        with self._state.lock:
            for one in self._on:
                if one.name == name:
                    one.spared.add(user_id)
            self.end(name, user_id)

    def overview(self) -> dict[str, Any]:
        """What is on, for the control page."""
        with self._state.lock:
            self._settle()
            lines = [f"{one.path_contains!r}: {one.effect!r:.80} ({one.met}/{one.times})" for one in self.scripted]
            return {
                "maintenance": self.maintenance,
                "talk_installed": self.talk_installed,
                "scripted": lines,
                "troubles": [
                    {"name": one.name, "user": one.user, "times": one.times, "met": one.met, "until": one.until}
                    for one in self._on
                ],
                "sequence": self._sequence.overview(self._state.now()) if self._sequence else None,
            }

    def _script(self, fault: Fault) -> None:
        with self._state.lock:
            self.scripted.append(fault)

    def _begin(self, one: Active, at: float) -> None:
        one.devices = self._state.members.app_password_count
        if one.name == "locked":
            self._state.failures.plant(at)
            one.until = at + HALF_AN_HOUR
        self._on.append(one)

    def _end(self, name: str, user: str | None) -> None:
        for one in [one for one in self._on if (one.name, one.user) == (name, user)]:
            self._stop(one)

    def _stop(self, one: Active) -> None:
        one.over = True
        self._drop(one)

    def _drop(self, one: Active) -> None:
        if one in self._on:
            self._on.remove(one)
        if one.name == "locked" and not any(other.name == "locked" for other in self._on):
            self._state.failures.uproot()

    def _settle(self) -> None:
        """Let go what is over by now, and play on."""
        now = self._state.now()
        for one in list(self._on):
            if one.used_up or (one.until is not None and now >= one.until):
                self._drop(one)
        if self._sequence is not None:
            self._play(self._sequence, now)

    def _play(self, sequence: Sequence, now: float) -> None:
        place = sequence.place(now)
        if place == self._place:
            return
        for one in self._played:
            self._stop(one)
        self._place, self._played = place, []
        if place == len(sequence.steps):
            self._sequence, self._place = None, -1
            return
        step = sequence.steps[place]
        for name in step.names:
            played = Active(name, step.user, delay=step.delay)
            self._begin(played, sequence.starts_at(place))
            self._played.append(played)

    def _end_sequence(self) -> None:
        for one in self._played:
            self._stop(one)
        self._sequence, self._place, self._played = None, -1, []
