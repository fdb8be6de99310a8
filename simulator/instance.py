"""One simulated instance: what it knows, what is wrong with it, who asked."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from simulator.faults import Faults
from simulator.journal import Journal
from simulator.state import State


@dataclass
class Instance:
    """Everything the routes of one server share."""

    state: State
    faults: Faults = field(init=False)
    journal: Journal = field(default_factory=Journal)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.faults = Faults(self.state)
