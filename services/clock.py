"""The clock of the services, so that a test can be at another time."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Unix seconds."""

system_clock: Clock = time.time
