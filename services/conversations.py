"""The conversations of a connected account, asked for with the credential that is kept for it."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from models.credential_store import CredentialStore
from models.database import DatabaseAwayError
from models.member_store import Connection
from nextcloud.account import is_to_be_wiped
from nextcloud.capabilities import UNKNOWN, Capabilities, capabilities
from nextcloud.client import Account, NextcloudClient, Scheme
from nextcloud.errors import AppPasswordRefused, NextcloudError, TalkUnavailable
from nextcloud.talk import Conversation, RoomList, of_known_kinds, room_list
from services.clock import Clock
from services.lockout import Lockout
from services.members import Members

CAPABILITIES_SECONDS = 900
"""How long capabilities that could not be read, or that no hash tells apart, are left alone."""

PROBE_SECONDS = 3600
"""How long a refused credential is left alone, unless its member asks for another try."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Fetched:
    """All conversations of an account, and what its Nextcloud can do: `talk_hash` is what Nextcloud called the
    capabilities that were read, "" where they could not be."""

    conversations: list[Conversation]
    capabilities: Capabilities = UNKNOWN
    talk_hash: str = ""
    asked_at: float = 0
    """When the capabilities were last asked for, in Unix seconds."""


class Conversations:
    """Fetches, and remembers which credentials Nextcloud has refused: those are not sent again unasked."""

    def __init__(
        self,
        client: NextcloudClient,
        credentials: CredentialStore,
        members: Members,
        lockout: Lockout,
        language: str,
        clock: Clock,
    ) -> None:
        """`language` is that of the sentences Nextcloud makes for members who have chosen none there."""
        self._client = client
        self._credentials = credentials
        self._members = members
        self._lockout = lockout
        self._language = language
        self._clock = clock
        self._refused: dict[str, float] = {}
        self._to_be_wiped: set[str] = set()

    def fetch(self, member_id: int, connection: Connection, asked: bool, before: Fetched) -> Fetched:
        """All conversations of the account, from Nextcloud. The capabilities are asked for again only where they
        may be others than `before`.

        A credential that was refused is sent again by Bearer only, when its member asks for it (`asked`) or an
        hour after the last refusal: a password that an administrator changed is good again once its member has
        logged in. Until then it raises AppPasswordRefused without sending anything.
        Else raises the causes of `nextcloud.talk.room_list`, and UnreadableSecretError where the stored
        credential can not be decrypted.
        """
        if connection.connection_id in self._to_be_wiped:
            self._wipe(member_id, connection.connection_id)
            raise AppPasswordRefused("wiped")
        refused_at = self._refused_at(connection)
        if refused_at is not None:
            self._wait_for_probe(member_id, connection, refused_at, asked)
        account = self._account(connection)
        try:
            rooms = self._lockout.call(account, self._request, refused=refused_at is not None)
            fetched = self._with_capabilities(account, rooms, before, refused=refused_at is not None)
        except AppPasswordRefused:
            try:  # asked before the refusal is kept: killed in between, the question comes again
                if refused_at is None and is_to_be_wiped(self._client, account):
                    self._wipe(member_id, connection.connection_id)
            finally:
                self._note(member_id, connection.connection_id, int(self._clock()))
            raise
        if refused_at is not None:
            self._note(member_id, connection.connection_id, None)
        return fetched

    def _request(self, account: Account, scheme: Scheme) -> RoomList:
        return room_list(self._client, account, scheme, self._language)

    def _with_capabilities(self, account: Account, rooms: RoomList, before: Fetched, *, refused: bool) -> Fetched:
        """Without the capabilities rows are shown all the same: their addresses then are those that always work.

        What failed once is asked again by Bearer alone: an answer that is lost each time must not cost the slots."""
        now, failed = self._clock(), bool(before.asked_at and not before.talk_hash)
        known = before.talk_hash == rooms.talk_hash and before.talk_hash
        if known or (failed and now - before.asked_at < CAPABILITIES_SECONDS):
            return _fetched(rooms, before.capabilities, before.talk_hash, before.asked_at)

        def request(account: Account, scheme: Scheme) -> Capabilities:
            return capabilities(self._client, account, scheme, before.capabilities if before.talk_hash else None)

        try:
            found = self._lockout.call(account, request, refused=refused or failed)
        except TalkUnavailable:
            raise
        except NextcloudError as error:
            if isinstance(error, AppPasswordRefused) and not failed:
                raise
            log.debug("capabilities.unknown", cause=error.code, detail=str(error))
            return _fetched(rooms, before.capabilities, "", now)
        return _fetched(rooms, found, rooms.talk_hash, now)

    def _refused_at(self, connection: Connection) -> float | None:
        here = self._refused.get(connection.connection_id)
        return here if connection.refused_at is None else max(here or 0, connection.refused_at)

    def _wait_for_probe(self, member_id: int, connection: Connection, refused_at: float, asked: bool) -> None:
        if connection.refused_at is None:  # the database did not take the mark: a restart would forget it
            self._note(member_id, connection.connection_id, int(refused_at))
        left = refused_at + PROBE_SECONDS - self._clock()
        if left > 0 and not asked:
            raise AppPasswordRefused("refused before, not asked again", retry_after=int(left) + 1)

    def _account(self, connection: Connection) -> Account:
        app_password = self._credentials.keyring.decrypt(connection.app_password)
        return Account(connection.base_url, connection.login_name, app_password, connection.user_id)

    def _wipe(self, member_id: int, connection_id: str) -> None:
        self._to_be_wiped.add(connection_id)  # where the database is away now it is done later
        self._credentials.wipe(member_id, connection_id, int(self._clock()))
        self._to_be_wiped.discard(connection_id)
        log.warning("connection.wiped", member=member_id)
        self._members.changed(member_id)

    def _note(self, member_id: int, connection_id: str, refused_at: int | None) -> None:
        # In memory too: a database that is away must not make us send a refused credential again.
        if refused_at is None:
            self._refused.pop(connection_id, None)
        else:
            self._refused[connection_id] = refused_at
        try:
            self._credentials.mark_refused(connection_id, refused_at)
        except DatabaseAwayError as error:
            log.debug("connection.not_marked", detail=str(error))
        self._members.changed(member_id)


def _fetched(rooms: RoomList, capabilities: Capabilities, talk_hash: str, asked_at: float) -> Fetched:
    return Fetched(of_known_kinds(rooms.conversations, capabilities.features), capabilities, talk_hash, asked_at)
