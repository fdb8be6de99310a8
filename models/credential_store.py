"""The credential store: app passwords of members, and those that must still be revoked."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr
from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from models.database import Database
from models.encrypted import Keyring, UnreadableSecretError
from models.member import Member
from models.pending_flow import FlowState, PendingFlow
from models.revocation import Revocation

GRACE_SECONDS = 25
"""How long a credential that was in use is left alone before a background job may revoke it: requests that are
under way with it would otherwise be counted as failed logins. Who ended it himself need not wait."""


@dataclass(frozen=True)
class Retired:
    """A connection that has just ended: which one, and the revocation that its app password waits in."""

    connection_id: str
    revocation_id: int


@dataclass(frozen=True)
class Connected:
    """A flow has connected its member; `replaced` is the connection that he had before, `shared_with` are the ids of
    other members who have connected the same account."""

    replaced: Retired | None
    shared_with: tuple[int, ...]


@dataclass(frozen=True)
class NewConnection:
    """A verified account, ready to become a member's. `connection_id` has never been used before."""

    connection_id: str
    base_url: str
    login_name: str
    app_password: SecretStr
    user_id: str
    display_name: str


class CredentialStore:
    """Moves credentials in single transactions, so that none is ever in two places or in none.

    Every method raises DatabaseAwayError.
    """

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self.keyring = keyring

    def connect(self, flow_id: int, new: NewConnection, now: int) -> Connected | None:
        """Gives `new` to the member of an open flow and settles the flow. A connection that the member had
        before goes to the revocations in the same transaction.

        None, and nothing changed, where the flow is no longer open or its member may no longer act.
        """
        with self._database.write() as session:
            flow = session.get(PendingFlow, flow_id)
            member = session.get(Member, flow.member_id) if flow and flow.member_id else None
            if flow is None or flow.state != FlowState.OPEN or member is None or member.disabled:
                return None
            replaced = self._replace(session, member, new, now)
            flow.state, flow.answer, flow.login_url, flow.poll_token = FlowState.CONNECTED, None, None, None
            session.add_all((flow, member))
            others = select(col(Member.id)).where(
                col(Member.nextcloud_base_url) == new.base_url,
                col(Member.nextcloud_user_id) == new.user_id,
                col(Member.id) != member.id,
            )
            return Connected(replaced, tuple(one for one in session.scalars(others.order_by(col(Member.id))) if one))

    def retire_elsewhere(self, base_url: str, now: int) -> dict[int, Retired]:
        """Moves the credentials of all connections that are for another Nextcloud than `base_url` to the
        revocations; which ones, by member id."""
        elsewhere = select(Member).where(
            col(Member.nextcloud_connection_id).is_not(None), col(Member.nextcloud_base_url) != base_url
        )
        with self._database.write() as session:
            found = {member.id or 0: retire_credentials(session, member, now) for member in session.scalars(elsewhere)}
            return {member_id: retired for member_id, retired in found.items() if retired}

    def _replace(self, session: Session, member: Member, new: NewConnection, now: int) -> Retired | None:
        retired = None
        # A member may paste an app password that he already uses: revoking the old one would revoke the new one.
        if not self._same_password(member.nextcloud_app_password, new.app_password):
            retired = retire_credentials(session, member, now)
        member.nextcloud_username = new.login_name
        member.nextcloud_app_password = self.keyring.encrypt(new.app_password)
        member.nextcloud_user_id = new.user_id
        member.nextcloud_display_name = new.display_name
        member.nextcloud_base_url = new.base_url
        member.nextcloud_connection_id = new.connection_id
        member.nextcloud_connected_at = now
        member.nextcloud_refused_at = None
        return retired

    def _same_password(self, stored: str | None, new: SecretStr) -> bool:
        if stored is None:
            return False
        try:
            return self.keyring.decrypt(stored) == new
        except UnreadableSecretError:
            return False

    def disconnect(self, member_id: int, now: int) -> Retired | None:
        """Takes the credentials from the member and puts them among the revocations.

        None where nothing was connected.
        """
        with self._database.write() as session:
            member = session.get(Member, member_id)
            if member is None:
                return None
            retired = retire_credentials(session, member, now)
            session.execute(
                delete(PendingFlow).where(
                    col(PendingFlow.member_id) == member_id, col(PendingFlow.state) == FlowState.CONNECTED
                )
            )
            session.add(member)
            return retired

    def discard_answer(
        self,
        flow_id: int,
        login_name: str,
        app_password: SecretStr,
        now: int,
        *,
        only_bearer: bool,
        cause: str | None = None,
    ) -> int | None:
        """Moves the answer of a flow that must not connect anybody to the revocations; returns their id.

        Where the flow is still open it fails with `cause`, in the same transaction."""
        with self._database.write() as session:
            flow = session.get(PendingFlow, flow_id)
            if flow is None or flow.answer is None:
                return None
            flow.answer = flow.poll_token = flow.login_url = None
            if cause is not None and flow.state == FlowState.OPEN:
                flow.state, flow.cause = FlowState.FAILED, cause
            revocation = Revocation(
                base_url=flow.base_url,
                login_name=login_name,
                app_password=self.keyring.encrypt(app_password),
                refused=only_bearer,
                member_id=flow.member_id,
                created_at=now,
                next_try_at=now,
            )
            session.add_all((flow, revocation))
            session.flush()
            return revocation.id

    def mark_refused(self, connection_id: str, now: int | None) -> None:
        """Notes that Nextcloud refused the credential of a connection, or (None) that it takes it again."""
        with self._database.write() as session:
            session.execute(
                update(Member)
                .where(col(Member.nextcloud_connection_id) == connection_id)
                .values(nextcloud_refused_at=now)
            )

    def wipe(self, member_id: int, connection_id: str, now: int) -> None:
        """Takes a connection from its member at Nextcloud's wish; that it is done is still to be reported."""
        with self._database.write() as session:
            member = session.get(Member, member_id)
            if member is None or member.nextcloud_connection_id != connection_id:
                return
            retired = retire_credentials(session, member, now)
            if retired:
                session.execute(
                    update(Revocation)
                    .where(col(Revocation.id) == retired.revocation_id)
                    .values(wiped=True, next_try_at=now)
                )
            session.add(member)

    def give_up_revocation(self, revocation_id: int) -> int | None:
        """Deletes a revocation that could not be done and notes it for its member; returns the member's id."""
        with self._database.write() as session:
            row = session.get(Revocation, revocation_id)
            member = session.get(Member, row.member_id) if row and row.member_id else None
            if row is not None:
                session.delete(row)
            if member is None:
                return None
            member.device_left_behind = True
            session.add(member)
            return member.id

    def forget_left_behind(self, member_id: int) -> None:
        """The member has read that a device was left behind."""
        with self._database.write() as session:
            session.execute(update(Member).where(col(Member.id) == member_id).values(device_left_behind=False))

    def connection_ids(self) -> set[str]:
        """The ids of all connections that exist."""
        with self._database.read() as session:
            ids = session.scalars(select(col(Member.nextcloud_connection_id)))
            return {connection_id for connection_id in ids if connection_id}

    def claim_revocation(self, revocation_id: int | None, now: float, lease: float) -> Revocation | None:
        """One revocation that is due (or that with the id, untried so far), for this caller alone until `lease`
        seconds have passed."""
        with self._database.write() as session:
            query = select(Revocation).order_by(col(Revocation.id))
            if revocation_id is None:
                query = query.where(col(Revocation.next_try_at) <= now)
            else:
                query = query.where(col(Revocation.id) == revocation_id, col(Revocation.tries) == 0)
            row = session.scalars(query.limit(1)).first()
            if row is not None:
                row.next_try_at, row.tries = now + lease, row.tries + 1
                session.add(row)
            return row

    def finish_revocation(self, revocation_id: int) -> None:
        """Deletes a revocation that is done or given up."""
        with self._database.write() as session:
            session.execute(delete(Revocation).where(col(Revocation.id) == revocation_id))

    def postpone_revocation(self, revocation_id: int, next_try_at: float) -> None:
        """Puts the next try of a revocation to `next_try_at` (Unix seconds)."""
        with self._database.write() as session:
            session.execute(
                update(Revocation).where(col(Revocation.id) == revocation_id).values(next_try_at=next_try_at)
            )


def retire_credentials(session: Session, member: Member, now: int) -> Retired | None:
    """Moves the credentials of `member` to the revocations, within the caller's transaction."""
    connection_id = member.nextcloud_connection_id
    if member.nextcloud_app_password is None or connection_id is None:
        return None
    revocation = Revocation(
        base_url=member.nextcloud_base_url or "",
        login_name=member.nextcloud_username or "",
        app_password=member.nextcloud_app_password,
        refused=member.nextcloud_refused_at is not None,
        member_id=member.id,
        created_at=now,
        next_try_at=now + GRACE_SECONDS,
    )
    session.add(revocation)
    session.flush()
    member.nextcloud_username = member.nextcloud_app_password = member.nextcloud_user_id = None
    member.nextcloud_display_name = member.nextcloud_base_url = member.nextcloud_connection_id = None
    member.nextcloud_connected_at = member.nextcloud_refused_at = None
    return Retired(connection_id, revocation.id or 0)
