"""Somebody else's signing keys: kept for a while, asked for again when they are old or a token names another one."""

from __future__ import annotations

import threading
from collections.abc import Callable

from joserfc.jwk import Key

from services.clock import Clock

FRESH_SECONDS = 600
"""How long fetched keys are believed without asking again."""

RSA_BITS = 2048
"""A shorter key could be broken."""

Choose = Callable[[list[Key]], Key | None]
"""The key that is wanted, among those that are known."""


class KeysAwayError(Exception):
    """The keys can not be had just now; those that are known stay good. The text is for the log."""


class KeySet:
    """Safe under any number of threads. `away` says that the last question got no answer, `asked_at` when it was."""

    def __init__(
        self,
        fetch: Callable[[], list[Key]],
        clock: Clock,
        *,
        pause_seconds: float,
        kept_seconds: float = float("inf"),
    ) -> None:
        """`fetch` raises KeysAwayError. `pause_seconds` lie between two questions, whatever the tokens name and however
        the last one went: anybody can send a token that names a key. Without an answer keys are believed for
        `kept_seconds`."""
        self._fetch = fetch
        self._clock = clock
        self._pause_seconds = pause_seconds
        self._kept_seconds = kept_seconds
        self._keys: list[Key] = []
        self._fetched_at = self.asked_at = float("-inf")
        self.away = False
        self._lock = threading.Lock()

    def find(self, choose: Choose) -> Key | None:
        """What `choose` finds, if need be after asking; None where there is no such key, or where they are `away`."""
        found = self._known(choose)
        if found is not None and self._younger_than(FRESH_SECONDS):
            return found
        self._renew(wait=found is None)
        return self._known(choose)

    def _known(self, choose: Choose) -> Key | None:
        return choose(self._keys) if self._younger_than(self._kept_seconds) else None

    def _younger_than(self, seconds: float) -> bool:
        return 0 <= self._clock() - self._fetched_at < seconds

    def _renew(self, wait: bool) -> None:
        """Whoever has a key already does not `wait` for another's question."""
        if not self._lock.acquire(blocking=wait):
            return
        try:
            now = self._clock()
            if 0 <= now - self.asked_at < self._pause_seconds:
                return
            self.asked_at = now
            self._keys, self._fetched_at, self.away = self._fetch(), now, False
        except KeysAwayError:
            self.away = True
        finally:
            self._lock.release()
