"""Taking app passwords back at Nextcloud: the one road by which a credential leaves, whatever the reason."""

from __future__ import annotations

import structlog

from models.credential_store import CredentialStore
from models.encrypted import UnreadableSecretError
from models.revocation import Revocation
from nextcloud.account import report_wiped, revoke
from nextcloud.client import Account, NextcloudClient
from nextcloud.errors import AppPasswordRefused, InDoubt, NextcloudError, TalkNotAllowed, Unreachable
from services.clock import Clock
from services.lockout import Lockout
from services.members import Members

LEASE_SECONDS = 30
"""How long one try may take before somebody else may do it."""

GIVE_UP_SECONDS = 24 * 3600
_FIRST_PAUSE_SECONDS = 60
_LONGEST_PAUSE_SECONDS = 3600

log = structlog.get_logger()


class Revoking:
    """Revokes what lies in the table `revocations`. A kill at any point leaves the row for the next try."""

    def __init__(
        self, credentials: CredentialStore, members: Members, client: NextcloudClient, lockout: Lockout, clock: Clock
    ) -> None:
        self._credentials = credentials
        self._members = members
        self._lockout = lockout
        self._client = client
        self._clock = clock

    def configured_since(self, base_url: str) -> float:
        """Since when this Nextcloud has been the configured one, in Unix seconds. Raises DatabaseAwayError."""
        return self._lockout.configured_since(base_url)

    def now(self, revocation_id: int) -> bool:
        """Tries one revocation at once. Whether Nextcloud confirmed that the app password is gone by this.

        Never raises a NextcloudError: what did not work is tried again later. Raises DatabaseAwayError.
        """
        row = self._credentials.claim_revocation(revocation_id, self._clock(), LEASE_SECONDS)
        return self._try(row) if row else False

    def due(self) -> int:
        """Tries every revocation that is due; returns how many were confirmed. Raises DatabaseAwayError."""
        confirmed = 0
        while row := self._credentials.claim_revocation(None, self._clock(), LEASE_SECONDS):
            confirmed += self._try(row)
        return confirmed

    def _try(self, row: Revocation) -> bool:
        revocation_id = row.id or 0
        try:
            app_password = self._credentials.keyring.decrypt(row.app_password)
            account = Account(row.base_url, row.login_name, app_password)
            if row.wiped:
                report_wiped(self._client, account)
            else:
                self._revoke(row, account)
            confirmed = True
        except (AppPasswordRefused, TalkNotAllowed):
            confirmed = False  # it was no longer valid
        except NextcloudError as error:
            self._later(row, error)
            return False
        except UnreadableSecretError:
            self._later(row, Unreachable("no key fits"))  # the key may come back
            return False
        self._credentials.finish_revocation(revocation_id)
        self._told(row.member_id)
        return confirmed

    def _revoke(self, row: Revocation, account: Account) -> None:
        """Raises AppPasswordRefused only where it is certain that the app password is not lost on the way."""
        try:
            self._lockout.end(
                account,
                lambda who, scheme: revoke(self._client, who, scheme),
                refused=row.refused,
                tried=row.tries > 1,
            )
        except AppPasswordRefused:
            if row.login_name:
                raise
            # Basic can not carry it, so nobody knows whether Bearer arrived.
            raise InDoubt("refused by Bearer, and there is no login name to find out why") from None

    def _later(self, row: Revocation, error: NextcloudError) -> None:
        now = self._clock()
        if now - row.created_at > GIVE_UP_SECONDS:
            member_id = self._credentials.give_up_revocation(row.id or 0)
            log.warning("revocation.given_up", cause=error.code, member=member_id)
            self._told(member_id)
            return
        pause = min(_FIRST_PAUSE_SECONDS * 2 ** min(row.tries - 1, 10), _LONGEST_PAUSE_SECONDS)
        self._credentials.postpone_revocation(row.id or 0, now + max(pause, error.retry_after or 0))
        self._told(row.member_id)

    def _told(self, member_id: int | None) -> None:
        """Whoever looks from now on sees how it stands."""
        if member_id is not None:
            self._members.changed(member_id)
