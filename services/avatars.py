"""The pictures of a member's own conversations: few requests, never a storm, and never one for others' sake.

A picture only adorns. So it is asked for by Bearer alone, which Nextcloud never counts as a failed login: no picture
can cost a slot of `services/lockout.py`, nor the connection.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from models.credential_store import CredentialStore
from models.encrypted import UnreadableSecretError
from models.member_store import Connection, CurrentMember
from nextcloud.avatar import Avatar, avatar
from nextcloud.client import Account, NextcloudClient, Scheme
from nextcloud.errors import AppPasswordRefused, NextcloudError
from nextcloud.talk import Conversation
from services.avatar_memory import AvatarMemory, Kept
from services.clock import Clock
from services.lockout import Lockout
from services.rooms import Rooms
from services.seats import held

BELIEVED_SECONDS = 24 * 3600
"""How long a picture is taken for current. A one-to-one's version never changes, whatever its partner looks like."""

NONE_SECONDS = 6 * 3600
"""How long a conversation without a picture is believed to have none, unless its version changes."""

PAUSE_SECONDS = 300
"""How long a connection's pictures are left alone after trouble."""

REFUSED_SECONDS = 3600
"""The same where Nextcloud answered as to a stranger. Whether the access is revoked, the room list finds out."""

SEATS = 12
"""Requests for pictures that may wait for Nextcloud at once: the other threads of gunicorn are for everything else."""

WAIT_SECONDS = 6.0
"""How long one of them waits for its turn: a picture before it may take all of its five seconds."""

log = structlog.get_logger()


class NoAvatarError(Exception):
    """There is no picture to be shown, and `seconds` from now there will be none either."""

    def __init__(self, seconds: float = 0) -> None:
        super().__init__()
        self.seconds = max(0, int(seconds))


class AvatarsBusyError(Exception):
    """Too many wait for pictures just now."""


@dataclass(frozen=True)
class ShownAvatar:
    """A picture, and for how many seconds it may be shown without asking again."""

    avatar: Avatar
    seconds: int


class _Desk:
    """Where one connection's pictures are asked for, one after the other."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.paused_until = 0.0


class Avatars:
    """Keeps pictures in memory, never in the database."""

    def __init__(
        self,
        client: NextcloudClient,
        credentials: CredentialStore,
        lockout: Lockout,
        rooms: Rooms,
        at_once: int,
        base_url: str,
        clock: Clock,
    ) -> None:
        """No more than `at_once` pictures are asked for at the same time, for all members together."""
        self._client = client
        self._credentials = credentials
        self._lockout = lockout
        self._rooms = rooms
        self._base_url = base_url
        self._clock = clock
        self._memory = AvatarMemory()
        self._seats = threading.BoundedSemaphore(SEATS)
        self._asking = threading.BoundedSemaphore(at_once)
        self._desks: dict[str, _Desk] = {}
        self._lock = threading.Lock()

    def shown(self, member: CurrentMember, token: str) -> ShownAvatar:
        """The picture of the conversation `token`, if it is in the member's list as it is known now.

        Raises NoAvatarError, without a request where the conversation is not his or nothing is connected;
        AvatarsBusyError.
        """
        connection = member.connection
        if connection is None or connection.base_url != self._base_url:
            raise NoAvatarError
        conversation = self._conversation(connection, token)
        kept = self._believed(connection, conversation) or self._in_turn(connection, token)
        left = kept.until - self._clock()
        if kept.avatar is None:
            raise NoAvatarError(left)
        return ShownAvatar(kept.avatar, max(0, int(left)))

    def end(self, connection_id: str) -> None:
        """Waits for a picture that is under way, and forgets all of a connection that `Rooms` has ended.

        Afterwards nothing is sent for it any more."""
        with self._desk(connection_id).turn:
            self._memory.drop(connection_id)
        with self._lock:
            self._desks.pop(connection_id, None)

    def tidy(self) -> None:
        """Forgets pictures that nobody has looked at for two days."""
        self._memory.drop_older(self._clock() - BELIEVED_SECONDS)

    def _conversation(self, connection: Connection, token: str) -> Conversation:
        snapshot = self._rooms.kept(connection.connection_id)
        for conversation in snapshot.conversations if snapshot else ():
            if conversation.token == token:
                return conversation
        raise NoAvatarError

    def _believed(self, connection: Connection, conversation: Conversation) -> Kept | None:
        kept = self._memory.get(connection.connection_id, conversation.token)
        current = kept is not None and kept.version == conversation.avatar_version
        return kept if kept and current and self._clock() < kept.until else None

    def _in_turn(self, connection: Connection, token: str) -> Kept:
        """Waits for its turn among the pictures of this connection, then asks, if nobody else has in the meantime."""
        desk = self._desk(connection.connection_id)
        with _held(self._seats, 0), _held(desk.turn, WAIT_SECONDS):
            conversation = self._conversation(connection, token)  # the connection may have ended while we waited
            return self._believed(connection, conversation) or self._renewed(connection, conversation, desk)

    def _renewed(self, connection: Connection, conversation: Conversation, desk: _Desk) -> Kept:
        version, token = conversation.avatar_version, conversation.token
        old = self._memory.get(connection.connection_id, token)
        found = old.avatar if old and old.version == version else None  # what was there outlives a trouble
        seconds: float = PAUSE_SECONDS
        if self._may_ask(connection, desk):
            try:
                found = self._asked(connection, token, found)
                seconds = BELIEVED_SECONDS if found else NONE_SECONDS
            except (NextcloudError, UnreadableSecretError) as error:
                seconds = _pause(error)
                desk.paused_until = self._clock() + seconds
                log.debug("avatar.trouble", kind=type(error).__name__, detail=str(error))
        kept = Kept(version, found, self._clock() + seconds)
        self._memory.put(connection.connection_id, token, kept)
        return kept

    def _may_ask(self, connection: Connection, desk: _Desk) -> bool:
        """Nothing is sent for a refused connection, nor while its list can not be had."""
        snapshot = self._rooms.kept(connection.connection_id)
        well = snapshot is not None and snapshot.cause is None and connection.refused_at is None
        return well and self._clock() >= desk.paused_until

    def _asked(self, connection: Connection, token: str, before: Avatar | None) -> Avatar | None:
        app_password = self._credentials.keyring.decrypt(connection.app_password)
        account = Account(connection.base_url, connection.login_name, app_password, connection.user_id)

        def request(account: Account, scheme: Scheme) -> Avatar | None:
            return avatar(self._client, account, token, scheme, before)

        with _held(self._asking, WAIT_SECONDS):
            return self._lockout.uncounted(account, request)

    def _desk(self, connection_id: str) -> _Desk:
        with self._lock:
            return self._desks.setdefault(connection_id, _Desk())


def _pause(error: Exception) -> float:
    if isinstance(error, AppPasswordRefused):
        return REFUSED_SECONDS
    asked_for = error.retry_after if isinstance(error, NextcloudError) else None
    return max(PAUSE_SECONDS, asked_for or 0)


@contextmanager
def _held(lock: threading.Lock | threading.BoundedSemaphore, seconds: float) -> Iterator[None]:
    """Holds `lock` in the block. Raises AvatarsBusyError where it does not come free within `seconds`."""
    with held(lock, seconds) as is_held:
        if not is_held:
            raise AvatarsBusyError
        yield
