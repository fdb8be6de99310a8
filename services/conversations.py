"""The conversations of a connected account, asked for with the credential that is kept for it."""

from __future__ import annotations

import structlog

from models.credential_store import CredentialStore
from models.database import DatabaseAwayError
from models.member_store import Connection
from nextcloud.client import Account, NextcloudClient, Scheme
from nextcloud.errors import AppPasswordRefused
from nextcloud.talk import Conversation, conversations
from services.clock import Clock
from services.lockout import Lockout
from services.members import Members

log = structlog.get_logger()


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
        self._refused: set[str] = set()

    def fetch(self, member_id: int, connection: Connection, asked: bool) -> list[Conversation]:
        """All conversations of the account, from Nextcloud.

        Raises AppPasswordRefused, without sending anything, where the credential was refused before and the
        member has not just asked for another try (`asked`); the causes of `nextcloud.talk.conversations`;
        UnreadableSecretError where the stored credential can not be decrypted.
        """
        refused = connection.refused_at is not None or connection.connection_id in self._refused
        if refused and not asked:
            if connection.refused_at is None:  # the database did not take the mark: a restart would forget it
                self._note(member_id, connection.connection_id, refused=True)
            raise AppPasswordRefused("refused before, not asked again")

        def request(account: Account, scheme: Scheme) -> list[Conversation]:
            return conversations(self._client, account, scheme, self._language)

        try:
            found = self._lockout.call(self._account(connection), request, refused=refused)
        except AppPasswordRefused:
            self._note(member_id, connection.connection_id, refused=True)
            raise
        if refused:
            self._note(member_id, connection.connection_id, refused=False)
        return found

    def _account(self, connection: Connection) -> Account:
        app_password = self._credentials.keyring.decrypt(connection.app_password)
        return Account(connection.base_url, connection.login_name, app_password, connection.user_id)

    def _note(self, member_id: int, connection_id: str, refused: bool) -> None:
        # In memory too: a database that is away must not make us send a refused credential again.
        (self._refused.add if refused else self._refused.discard)(connection_id)
        try:
            self._credentials.mark_refused(connection_id, int(self._clock()) if refused else None)
        except DatabaseAwayError as error:
            log.warning("connection.not_marked", detail=str(error))
        self._members.changed(member_id)
