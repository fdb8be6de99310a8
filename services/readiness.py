"""Whether Talkboard can do its work just now, for whoever watches over it. Nextcloud is never asked for it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum

from models.database import WRITING, Database, DatabaseAwayError
from nextcloud.errors import AppPasswordRefused, InDoubt, TalkNotAllowed
from services.causes import cause_of
from services.clock import Clock
from services.keys import Fit, Keys
from services.rooms import Rooms

KEPT_SECONDS = 5
"""How long an answer is kept: anybody may ask, and the database must not feel it."""

NEXTCLOUD_SECONDS = 900
"""How long what Nextcloud answered last says something about it."""

_OF_ONE_ACCOUNT = frozenset({AppPasswordRefused.code, TalkNotAllowed.code, InDoubt.code})


class State(StrEnum):
    """How one part stands. Beside these, Nextcloud may have the code of a cause."""

    OK = "ok"
    AWAY = "away"
    NOT_WRITABLE = "not_writable"
    OTHER_VERSION = "other_version"
    SOME_UNREADABLE = "some_unreadable"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"


_KEYS = {Fit.ALL: State.OK, Fit.SOME: State.SOME_UNREADABLE, Fit.NONE: State.UNREADABLE}


@dataclass(frozen=True)
class Ready:
    """The parts that must be well, and `nextcloud` as it was last seen, which need not: without it members still see
    their last conversations."""

    database: State
    schema: State = State.UNKNOWN
    keys: State = State.UNKNOWN
    nextcloud: str = State.UNKNOWN

    @property
    def ready(self) -> bool:
        """Whether requests should be sent here."""
        return self.database == self.schema == State.OK and self.keys in (State.OK, State.SOME_UNREADABLE)


class Readiness:
    """Looks at most every few seconds, one caller at a time; the others get the last answer."""

    def __init__(self, database: Database, keys: Keys, rooms: Rooms, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._rooms = rooms
        self._clock = clock
        self._looking = threading.Lock()
        self._last = Ready(State.UNKNOWN)
        self._looked_at = float("-inf")

    def look(self) -> Ready:
        """How everything stands, as of a few seconds ago at most, or of the last look where one is under way."""
        if self._looking.acquire(blocking=False):
            try:
                if not 0 <= self._clock() - self._looked_at < KEPT_SECONDS:
                    self._last, self._looked_at = self._look(), self._clock()
            finally:
                self._looking.release()
        return self._last

    def _look(self) -> Ready:
        nextcloud = self._nextcloud()
        try:
            schema = State.OK if self._database.is_current() else State.OTHER_VERSION
            keys = _KEYS[self._keys.fit()]
        except DatabaseAwayError:
            return Ready(State.AWAY, nextcloud=nextcloud)
        writable = WRITING not in self._database.away
        return Ready(State.OK if writable else State.NOT_WRITABLE, schema, keys, nextcloud)

    def _nextcloud(self) -> str:
        seen = self._rooms.last_seen(_OF_ONE_ACCOUNT)
        if seen is None or self._clock() - seen.at > NEXTCLOUD_SECONDS:
            return State.UNKNOWN
        return cause_of(seen.cause).code if seen.cause else State.OK
