"""Waiting for a lock or for one of a few seats, no longer than makes sense."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held(lock: threading.Lock | threading.BoundedSemaphore, seconds: float) -> Iterator[bool]:
    """Says whether `lock` came free within `seconds`; if so it is held in the block."""
    is_held = lock.acquire(timeout=seconds)
    try:
        yield is_held
    finally:
        if is_held:
            lock.release()
