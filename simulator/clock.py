"""The simulator's own time, which a test or a person can move forward."""

from __future__ import annotations

import time


class Clock:
    """Real time plus an offset. Everything the simulator times is timed by this."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        """Unix seconds."""
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self.offset += seconds
