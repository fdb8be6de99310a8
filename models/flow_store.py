"""Login flows in the database. Who asks Nextcloud is decided here, by claims, for all threads and processes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Update, delete, or_, select, update
from sqlmodel import col

from models.database import Database
from models.pending_flow import FlowState, PendingFlow

_OVERTAKEN_SECONDS = 30
"""How much later than one's own look at the clock another's may be: longer than anybody waits for the database."""

LONGEST_CLAIM_SECONDS = 3600
"""No claim and no pause is longer. What seems to be was made before the clock was set back."""

KEPT_SECONDS = 24 * 3600
"""How long a settled or expired flow is remembered after its end."""


class FlowStore:
    """Every method raises DatabaseAwayError. Times are Unix seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, flow: PendingFlow) -> int:
        """Keeps a new open flow and supersedes every other one of its member. Returns its id."""
        with self._database.write() as session:
            session.execute(
                update(PendingFlow)
                .where(
                    col(PendingFlow.member_id) == flow.member_id,
                    col(PendingFlow.state).in_((FlowState.OPEN, FlowState.FAILED)),
                )
                .values(state=FlowState.SUPERSEDED)
            )
            session.add(flow)
            session.flush()
            return flow.id or 0

    def newest(self, member_id: int) -> PendingFlow | None:
        """The newest flow of a member, whatever its state."""
        query = select(PendingFlow).where(col(PendingFlow.member_id) == member_id)
        with self._database.read() as session:
            return session.scalars(query.order_by(col(PendingFlow.id).desc()).limit(1)).first()

    def by_handle(self, member_id: int, handle_hash: str) -> PendingFlow | None:
        """The flow that a member's handle names; None for another member's too."""
        query = select(PendingFlow).where(
            col(PendingFlow.member_id) == member_id, col(PendingFlow.handle_hash) == handle_hash
        )
        with self._database.read() as session:
            return session.scalars(query).first()

    def get(self, flow_id: int) -> PendingFlow | None:
        """The flow with this id."""
        with self._database.read() as session:
            return session.get(PendingFlow, flow_id)

    def cancel(self, member_id: int) -> bool:
        """Cancels the member's open flow and dismisses a failed one. Whether there was an open one."""
        states = (FlowState.OPEN, FlowState.FAILED)
        with self._database.write() as session:
            rows = session.scalars(
                select(PendingFlow).where(col(PendingFlow.member_id) == member_id, col(PendingFlow.state).in_(states))
            ).all()
            was_open = any(row.state == FlowState.OPEN for row in rows)
            for row in rows:
                row.state = FlowState.CANCELLED
                session.add(row)
        return was_open

    def claim_poll(self, flow_id: int, now: float, quiet: float, lease: float) -> bool:
        """True for exactly one caller, who may then ask Nextcloud: if nobody did within the last `quiet`
        seconds and nobody is asking. The claim ends with `keep_answer`, `not_yet`, `release` or after `lease`
        seconds."""
        return self._took(
            update(PendingFlow)
            .where(
                col(PendingFlow.id) == flow_id,
                col(PendingFlow.poll_token).is_not(None),
                col(PendingFlow.expires_at) > now,
                _long_ago(col(PendingFlow.asked_at), now, quiet),
                _free(now),
            )
            .values(asked_at=now, claimed_until=now + lease)
        )

    def claim_answer(self, flow_id: int, now: float, lease: float) -> bool:
        """True for exactly one caller, who may then settle the kept answer of the flow."""
        return self._took(
            update(PendingFlow)
            .where(
                col(PendingFlow.id) == flow_id,
                col(PendingFlow.answer).is_not(None),
                _free(now),
            )
            .values(claimed_until=now + lease)
        )

    def keep_answer(self, flow_id: int, answer: str) -> None:
        """Keeps Nextcloud's one-shot answer (a Fernet token). The poll token is of no use any more."""
        self._set(flow_id, answer=answer, poll_token=None, claimed_until=0)

    def unanswered(self, flow_id: int, until: float) -> int:
        """Notes that Nextcloud did not answer and lets everybody wait until then (Unix seconds); returns how
        often in a row that was."""
        with self._database.write() as session:
            flow = session.get(PendingFlow, flow_id)
            if flow is None:
                return 0
            flow.failures, flow.claimed_until = flow.failures + 1, until
            session.add(flow)
            return flow.failures

    def not_yet(self, flow_id: int, now: float) -> None:
        """Gives a claim back after Nextcloud's "not granted yet" of `now`: the quiet begins with its answer."""
        self._set(flow_id, claimed_until=0, failures=0, asked_at=now)

    def release(self, flow_id: int, until: float = 0) -> None:
        """Gives a claim back, at once or (Unix seconds) later, to let others wait."""
        self._set(flow_id, claimed_until=until, failures=0)

    def fail(self, flow_id: int, cause: str, *, collected: bool) -> None:
        """Ends a flow without a connection; `cause` is the code its member will read about.

        Unless Nextcloud's answer was `collected`, the flow keeps its poll token until it expires: what is
        granted late must still be collected and revoked."""
        with self._database.write() as session:
            flow = session.get(PendingFlow, flow_id)
            if flow is None:
                return
            if flow.state == FlowState.OPEN:
                flow.state, flow.cause = FlowState.FAILED, cause
            flow.answer = flow.login_url = None
            if collected:
                flow.poll_token = None
            session.add(flow)

    def unattended(self, now: float, quiet: float, ending: float = 0) -> list[int]:
        """Flows, whatever their state, that somebody should look after: granted ones that are not settled, and
        those that expire within `ending` seconds, or some time, and that nobody opened or asked about for `quiet`
        seconds."""
        asking = (
            col(PendingFlow.poll_token).is_not(None)
            & (col(PendingFlow.expires_at) > now)
            & _long_ago(col(PendingFlow.asked_at), now, quiet)
            & _long_ago(col(PendingFlow.created_at), now, quiet)
        )
        if ending:
            asking &= col(PendingFlow.expires_at) <= now + ending
        query = select(col(PendingFlow.id)).where(_free(now), or_(col(PendingFlow.answer).is_not(None), asking))
        with self._database.read() as session:
            return [flow_id for flow_id in session.scalars(query) if flow_id is not None]

    def tidy(self, now: int) -> int:
        """Wipes the tokens of expired flows and deletes what ended a day ago; returns how many were deleted."""
        with self._database.write() as session:
            session.execute(
                update(PendingFlow)
                .where(col(PendingFlow.expires_at) < now - 60, col(PendingFlow.poll_token).is_not(None))
                .values(poll_token=None, login_url=None)
            )
            ended = delete(PendingFlow).where(
                col(PendingFlow.expires_at) < now - KEPT_SECONDS, col(PendingFlow.answer).is_(None)
            )
            return int(session.execute(ended).rowcount)  # type: ignore[attr-defined]

    def _took(self, claim: Update) -> bool:
        with self._database.write() as session:
            return bool(session.execute(claim).rowcount == 1)  # type: ignore[attr-defined]

    def _set(self, flow_id: int, **values: object) -> None:
        with self._database.write() as session:
            session.execute(update(PendingFlow).where(col(PendingFlow.id) == flow_id).values(**values))


def _long_ago(moment: Any, now: float, seconds: float) -> Any:
    # A little later than now is whoever was quicker to the database; far in the future, the clock was set back.
    return (moment <= now - seconds) | (moment > now + _OVERTAKEN_SECONDS)


def _free(now: float) -> Any:
    until = col(PendingFlow.claimed_until)
    return (until <= now) | (until > now + LONGEST_CLAIM_SECONDS)
