"""How it stands with all connections, for whoever runs the server: no password, no conversation."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from models.database import Database
from models.member import Member
from models.pending_flow import FlowState, PendingFlow
from models.revocation import Revocation

_USERS = Member.__table__.c  # type: ignore[attr-defined]
_FLOWS = PendingFlow.__table__.c  # type: ignore[attr-defined]
_MEMBERS = (
    select(
        _USERS.display_name,
        _USERS.nextcloud_connection_id,
        _USERS.nextcloud_user_id,
        _USERS.nextcloud_base_url,
        _USERS.nextcloud_connected_at,
        _USERS.nextcloud_refused_at,
        _USERS.device_left_behind,
    )
    .where(_USERS.disabled.is_(False))
    .order_by(_USERS.name)
)


@dataclass(frozen=True)
class MemberConnection:
    """A member who may act, and his connection; the latter's fields are None without one. Times are Unix seconds."""

    display_name: str
    connection_id: str | None
    user_id: str | None
    base_url: str | None
    connected_at: int | None
    refused_at: int | None
    left_behind: bool


@dataclass(frozen=True)
class Overview:
    """All members, the revocations that are still to be done, and the flows under way."""

    members: tuple[MemberConnection, ...]
    revocations: int
    flows: int


class OverviewStore:
    """Reads the tables that the other stores write."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def look(self, now: float) -> Overview:
        """How it stands now. Raises DatabaseAwayError."""
        under_way = select(func.count()).where(_FLOWS.state == FlowState.OPEN, _FLOWS.expires_at > now)
        with self._database.read() as session:
            members = tuple(MemberConnection(*row) for row in session.execute(_MEMBERS))
            revocations = session.scalar(select(func.count()).select_from(Revocation)) or 0
            flows = session.scalar(under_way) or 0
        return Overview(members, revocations, flows)
