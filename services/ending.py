"""How a connection ends: first nothing is sent for it any more, then its app password is revoked."""

from __future__ import annotations

import structlog

from models.credential_store import CredentialStore, Retired
from models.member_store import CurrentMember
from services.avatars import Avatars
from services.clock import Clock
from services.members import Members
from services.revoking import Revoking
from services.rooms import Rooms

FORMER_SECONDS = 24 * 3600
"""How long connections to a Nextcloud that is no longer configured are kept."""

log = structlog.get_logger()


class Ending:
    """Ends connections, at a member's wish or because another has taken their place."""

    def __init__(
        self,
        credentials: CredentialStore,
        members: Members,
        rooms: Rooms,
        avatars: Avatars,
        revoking: Revoking,
        clock: Clock,
    ) -> None:
        self._credentials = credentials
        self._members = members
        self._rooms = rooms
        self._avatars = avatars
        self.revoking = revoking
        self._clock = clock

    def disconnect(self, member: CurrentMember) -> bool | None:
        """Ends the member's connection. Whether Nextcloud confirmed that the app password is revoked (if not,
        it is tried again for a day); None where nothing was connected. Raises DatabaseAwayError."""
        retired = self._credentials.disconnect(member.id, int(self._clock()))
        self._members.changed(member.id)
        if retired is None:
            return None
        log.info("connection.ended", member=member.id)
        return self.finish(retired)

    def forget_left_behind(self, member: CurrentMember) -> None:
        """The member has removed the device himself. Raises DatabaseAwayError."""
        self._credentials.forget_left_behind(member.id)
        self._members.changed(member.id)

    def finish(self, retired: Retired) -> bool:
        """Waits for what is under way with a retired connection, then revokes its app password.

        Whether Nextcloud confirmed it: a request after that would be counted as a failed login."""
        self._end(retired.connection_id)
        return self.revoking.now(retired.revocation_id)

    def retire_former(self, base_url: str) -> None:
        """Gives back the accesses to other Nextclouds, once `base_url` has been the configured one for a day: until
        then it may be a slip of the operator's, which must not cost all connections. Raises DatabaseAwayError."""
        now = self._clock()
        if now - self.revoking.configured_since(base_url) < FORMER_SECONDS:
            return
        for member_id, retired in self._credentials.retire_elsewhere(base_url, int(now)).items():
            log.info("connection.ended", member=member_id, why="NEXTCLOUD_URL is another for a day")
            self._members.changed(member_id)
            self._end(retired.connection_id)

    def drop_ended_elsewhere(self) -> None:
        """Forgets the conversations of connections that another process has ended. Raises DatabaseAwayError."""
        known = self._rooms.known()  # before the question: a connection made after it must not be missed
        for connection_id in known - self._credentials.connection_ids():
            self._end(connection_id)
        self._rooms.tidy()
        self._avatars.tidy()

    def _end(self, connection_id: str) -> None:
        """The list first: without it no picture is asked for any more."""
        self._rooms.end(connection_id)
        self._avatars.end(connection_id)
