"""One snapshot of the conversations per account: one caller fetches, all tabs and threads share it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import Enum

import structlog

from models.encrypted import UnreadableSecretError
from models.member_store import Connection
from nextcloud.capabilities import UNKNOWN, Capabilities
from nextcloud.errors import AppPasswordRefused, InDoubt, NextcloudError, WrongAccount
from nextcloud.talk import Conversation
from services.causes import Cause, cause_of
from services.clock import Clock
from services.conversations import Fetched
from services.seats import held
from services.selection import NOTHING_UNREAD, Counts, counts, selected

STAND_IN_SECONDS = 600
"""Age up to which the last snapshot is shown as it is while the next one is being fetched."""

ROWS_STAY_SECONDS = 24 * 3600
"""How long rows stay after the last good answer, where the cause lets them stay at all."""

YOUNG_SECONDS = 5.0
"""A snapshot younger than this is not renewed at anybody's wish."""

SPREAD = 1.2
"""By how much a pause may be longer than it has to be."""

WAITING_CALLERS = 4
"""How many calls for one account may wait for its very first list: a member must not hold up all threads."""

ASKING_AT_ONCE = 12
"""How many lists are asked of Nextcloud at the same moment. With `WAITING_AT_ONCE` and the seats for pictures these are
fewer than gunicorn's threads: a slow Nextcloud holds up nobody who wants nothing of it."""

WAITING_AT_ONCE = 4
"""How many calls, of all accounts, may wait for a first list that another one is fetching."""

PATIENCE_SECONDS, FIRST_PATIENCE_SECONDS = 0.25, 3.0
"""How long a call waits until it may ask: with something to show meanwhile, and without."""

_GONE_SECONDS = 600
"""How long a connection that has gone is remembered as gone: longer than any request can take."""

Fetch = Callable[[int, Connection, bool, Fetched], Fetched]
"""From member id, connection, whether the member asked himself, and what was fetched before."""

log = structlog.get_logger()


class Wish(Enum):
    """Why somebody looks at a snapshot."""

    TICK = "the card's clock"
    SHOWN = "its tab came back to the front"
    ASKED = "its member asked"


class ConnectionGoneError(Exception):
    """The connection was ended while the caller still held it. Nothing was sent."""


@dataclass(frozen=True)
class Snapshot:
    """What is known of an account's conversations: those that may be shown, the newest first, and the counts of all.
    Times are Unix seconds.

    `fetched_at` is None until the first good answer. `cause` is the code of the last failure, None after a
    success; `retry_after` the seconds Nextcloud asked us to wait. `renewing` says that somebody is fetching
    just now, so that a newer snapshot is about to come.
    """

    conversations: tuple[Conversation, ...] = ()
    counts: Counts = NOTHING_UNREAD
    capabilities: Capabilities = UNKNOWN
    talk_hash: str = ""
    capabilities_asked_at: float = 0
    fetched_at: int | None = None
    tried_at: float = 0
    renew_at: float = 0
    cause: str | None = None
    retry_after: int | None = None
    renewing: bool = False
    failures: int = 0
    """Failed tries since the last good answer."""


@dataclass(frozen=True)
class Seen:
    """How Nextcloud answered at a time (Unix seconds): `cause` is the code of what went wrong, None for a list."""

    at: float
    cause: str | None


class _Entry:
    """Where one connection's snapshot is kept. A late answer for a forgotten entry is lost with it."""

    def __init__(self) -> None:
        self.fetching = threading.Lock()
        self.snapshot: Snapshot | None = None
        self._seats = threading.BoundedSemaphore(WAITING_CALLERS)

    def may_fetch(self, waiting: threading.BoundedSemaphore | None) -> bool:
        """Whether the caller now holds `fetching`. He waits for it while there is a seat for his account and one of
        `waiting`, which all accounts share; with None he does not wait."""
        if self.fetching.acquire(blocking=False):
            return True
        if waiting is None:
            return False
        with held(self._seats, 0) as own, held(waiting, 0) as shared:
            return own and shared and self.fetching.acquire()


class Rooms:
    """Keeps the snapshots in memory, never in the database: message texts reach nobody but their member."""

    def __init__(self, fetch: Fetch, seconds: float, clock: Clock) -> None:
        """A snapshot is renewed once it is `seconds` old."""
        self._fetch = fetch
        self._seconds = seconds
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._gone: dict[str, float] = {}
        self._lock = threading.Lock()
        self._asking = threading.BoundedSemaphore(ASKING_AT_ONCE)
        self._waiting = threading.BoundedSemaphore(WAITING_AT_ONCE)

    def snapshot(self, member_id: int, connection: Connection, wish: Wish = Wish.TICK) -> Snapshot:
        """What is known of the conversations, renewed once it is due; at another wish than the clock's also
        once it is older than `YOUNG_SECONDS`.

        One caller fetches. The others get the old snapshot at once; where there is none a few of them wait, and
        the rest get an empty one that is `renewing`. So do those who find enough lists being asked for.
        A failed fetch raises nothing: the snapshot keeps its rows where they may stay, and names the cause.
        Raises ConnectionGoneError.
        """
        entry = self._entry(connection.connection_id)
        kept = entry.snapshot
        if kept and not self._due(kept, wish):
            return kept
        stand_in = self._still_shown(kept)
        meanwhile = replace(stand_in or Snapshot(), renewing=True)
        if not entry.may_fetch(self._waiting if stand_in is None else None):
            return meanwhile
        try:
            self._entry(connection.connection_id)  # it may have gone while we waited
            kept = entry.snapshot
            if kept and not self._due(kept, wish):
                return kept  # another caller was quicker
            with held(self._asking, PATIENCE_SECONDS if stand_in else FIRST_PATIENCE_SECONDS) as may_ask:
                if not may_ask:
                    return meanwhile
                entry.snapshot = self._renewed(member_id, connection, kept or Snapshot(), wish is Wish.ASKED)
            return entry.snapshot
        finally:
            entry.fetching.release()

    def _still_shown(self, kept: Snapshot | None) -> Snapshot | None:
        """What may stand in for the snapshot that is being fetched: nothing that nobody has looked at for long."""
        young = kept is not None and self._clock() - kept.tried_at < STAND_IN_SECONDS
        return kept if young else None

    def end(self, connection_id: str) -> None:
        """Drops what is kept of a connection and waits for a fetch that is under way.

        Afterwards nothing is sent for it any more: its app password may be revoked."""
        with self._lock:
            self._gone[connection_id] = self._clock()
            entry = self._entries.pop(connection_id, None)
        if entry:
            with entry.fetching:
                entry.snapshot = None

    def kept(self, connection_id: str) -> Snapshot | None:
        """What is known of a connection's conversations, however old it is. Nothing is sent."""
        with self._lock:
            entry = self._entries.get(connection_id)
        return entry.snapshot if entry else None

    def known(self) -> set[str]:
        """The ids of the connections of which something is kept."""
        with self._lock:
            return set(self._entries)

    def last_seen(self, but: Collection[str]) -> Seen | None:
        """The last answer to anybody, whose cause is none of `but`; None where there was none."""
        with self._lock:
            snapshots = [entry.snapshot for entry in self._entries.values()]
        seen = [Seen(one.tried_at, one.cause) for one in snapshots if one and one.tried_at and one.cause not in but]
        return max(seen, key=lambda one: one.at, default=None)

    def tidy(self) -> None:
        """Stops remembering connections that went long ago, and conversations that nobody has looked at for a day."""
        now = self._clock()
        with self._lock:
            self._gone = {gone: at for gone, at in self._gone.items() if now - at < _GONE_SECONDS}
            for entry in self._entries.values():
                if entry.snapshot and now - entry.snapshot.tried_at > ROWS_STAY_SECONDS:
                    entry.snapshot = None

    def _entry(self, connection_id: str) -> _Entry:
        with self._lock:
            if connection_id in self._gone:
                raise ConnectionGoneError
            return self._entries.setdefault(connection_id, _Entry())

    def _due(self, snapshot: Snapshot, wish: Wish) -> bool:
        now = self._clock()
        if now >= snapshot.renew_at:
            return True
        if wish is Wish.TICK or 0 <= now - snapshot.tried_at < YOUNG_SECONDS:
            return now < snapshot.tried_at  # the clock was set back
        if wish is Wish.SHOWN:
            return snapshot.cause is None
        # Only a member himself shortens the pause after a failure, and not one that Nextcloud asked for; a refusal or a
        # doubt he may put to the test.
        told_to_wait = 0 <= now - snapshot.tried_at < (snapshot.retry_after or 0)
        return not told_to_wait or snapshot.cause in (AppPasswordRefused.code, InDoubt.code)

    def _renewed(self, member_id: int, connection: Connection, old: Snapshot, asked: bool) -> Snapshot:
        now = self._clock()
        try:
            before = Fetched([], old.capabilities, old.talk_hash, old.capabilities_asked_at)
            fetched = self._fetch(member_id, connection, asked, before)
        except NextcloudError as error:
            new, detail = self._failed(old, error, now), str(error)
        except UnreadableSecretError:
            detail = "stored credential cannot be decrypted"
            new = self._failed(old, AppPasswordRefused(detail), now)
        else:
            new, detail = self._fetched(fetched, now), ""
        if new.cause != old.cause:
            _log_change(member_id, old.cause, new.cause, detail)
        return new

    def _fetched(self, fetched: Fetched, now: float) -> Snapshot:
        return Snapshot(
            conversations=selected(fetched.conversations, now),
            counts=counts(fetched.conversations),
            capabilities=fetched.capabilities,
            talk_hash=fetched.talk_hash,
            capabilities_asked_at=fetched.asked_at,
            fetched_at=int(self._clock()),
            tried_at=now,
            renew_at=now + self._seconds,
        )

    def _failed(self, old: Snapshot, error: NextcloudError, now: float) -> Snapshot:
        cause = cause_of(error.code)
        young = old.fetched_at is not None and now - old.fetched_at < ROWS_STAY_SECONDS
        kept = old if cause.keeps_rows and young else Snapshot()
        failures = old.failures + 1
        return replace(
            kept,
            tried_at=now,
            renew_at=now + self._pause(cause, failures, error.retry_after),
            cause=error.code,
            retry_after=error.retry_after,
            renewing=False,
            failures=failures,
        )

    def _pause(self, cause: Cause, failures: int, retry_after: int | None) -> float:
        """Seconds until the next request: longer after each failure, never shorter than we were told."""
        growing = (cause.pause_seconds or self._seconds) * 2 ** min(failures - 1, 10)
        pause = retry_after or min(growing, max(cause.longest_pause_seconds, cause.pause_seconds, self._seconds))
        if pause <= self._seconds or cause.code == AppPasswordRefused.code:
            return max(self._seconds, pause)  # the cards themselves come at different moments, as refusals did
        # All members fail at the same moment; they must not come back at the same moment.
        return pause * random.uniform(1, SPREAD)  # noqa: S311 - spreads load


def _log_change(member_id: int, before: str | None, cause: str | None, detail: str) -> None:
    hint = cause_of(cause).hint if cause else ""
    write = log.error if cause == WrongAccount.code else log.info
    write("rooms.cause", member=member_id, cause=cause or "none", before=before or "none", detail=detail, hint=hint)
