"""A trouble that is on, and the request it may meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.troubles import TROUBLES, Trouble

SLOW = 29.0


@dataclass(frozen=True)
class Asked:
    """What a request is for (a kind of `troubles`), and whose it is, as far as it tells."""

    kind: str
    user_id: str = ""


@dataclass(eq=False)
class Active:
    """A trouble that is on: for everything or one account, until ended or for a number of requests."""

    name: str
    user: str | None = None
    times: int | None = None
    delay: float = SLOW
    """Seconds that `slow` waits."""
    until: float | None = None
    """When it ends by itself, by the simulator's clock."""
    devices: int = 0
    """The newest app password that was there when it began; later ones are spared."""
    met: int = 0
    over: bool = False
    spared: set[str] = field(default_factory=set)

    @property
    def trouble(self) -> Trouble:
        """Its entry in the registry."""
        return TROUBLES[self.name]

    @property
    def used_up(self) -> bool:
        """Whether it has met as many requests as it should."""
        return self.times is not None and self.met >= self.times

    def concerns(self, asked: Asked) -> bool:
        """Whether it is on for this request."""
        known = bool(asked.user_id) and asked.user_id not in self.spared
        fits = asked.user_id == self.user if self.user is not None else known or not self.trouble.of_accounts
        return fits and asked.kind in self.trouble.where and not self.used_up and asked.user_id not in self.spared


Met = Mapping[str, Active]
"""The troubles that met a request, by name."""

UNTROUBLED: Met = {}
