"""The pictures that are known, in memory only: bounded, and each belongs to one connection."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from nextcloud.avatar import Avatar

MOST_BYTES = 64 * 1024 * 1024
"""Of all pictures together."""

MOST_BYTES_EACH = 8 * 1024 * 1024
"""Of the pictures of one connection: nobody's large ones push all others out."""

MOST_PICTURES = 5000


@dataclass(frozen=True)
class Kept:
    """What is known of one picture: `avatar` is None where there is none. Believed until `until` (Unix seconds)."""

    version: str
    avatar: Avatar | None
    until: float

    @property
    def size(self) -> int:
        """Its bytes."""
        return len(self.avatar.body) if self.avatar else 0


Key = tuple[str, str]
"""Connection and conversation. Never the conversation alone: another member may not see its picture."""


class AvatarMemory:
    """Forgets first what was not looked at for longest. Safe under any number of threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, connection_id: str, token: str) -> Kept | None:
        """What is known of the picture of a conversation, to this connection."""
        key = (connection_id, token)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, connection_id: str, token: str, kept: Kept) -> None:
        """Remembers, and makes room for it."""
        with self._lock:
            self._kept[connection_id, token] = kept
            self._kept.move_to_end((connection_id, token))
            own = [key for key in self._kept if key[0] == connection_id]
            self._forget(own, MOST_BYTES_EACH)
            self._forget(list(self._kept), MOST_BYTES)
            while len(self._kept) > MOST_PICTURES:
                self._kept.popitem(last=False)

    def drop(self, connection_id: str) -> None:
        """Forgets everything of a connection."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == connection_id]:
                del self._kept[key]

    def drop_older(self, moment: float) -> None:
        """Forgets what was no longer believed at `moment` (Unix seconds)."""
        with self._lock:
            for key in [key for key, kept in self._kept.items() if kept.until < moment]:
                del self._kept[key]

    def _forget(self, keys: list[Key], most_bytes: int) -> None:
        """The oldest of `keys`, until the rest has no more than `most_bytes`."""
        size = sum(self._kept[key].size for key in keys)
        for key in keys:
            if size <= most_bytes:
                return
            size -= self._kept.pop(key).size
