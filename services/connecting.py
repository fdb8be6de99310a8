"""Login Flow v2 of a member: start, ask, cancel, disconnect.

The flow lives in the database. Exactly one caller at a time asks Nextcloud, by a claim; its one-shot answer is
kept encrypted in the transaction that follows it, then verified, then given to the member. Whatever is killed
in between, the next caller goes on from the row.
"""

from __future__ import annotations

import hashlib
import secrets
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as WaitedTooLongError
from contextvars import copy_context
from dataclasses import dataclass, field
from enum import StrEnum

import structlog
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import SecretStr

from models.encrypted import UnreadableSecretError
from models.flow_store import FlowStore
from models.member_store import CurrentMember
from models.pending_flow import FlowState, PendingFlow
from nextcloud import login_flow
from nextcloud.client import NextcloudClient
from services.clock import Clock
from services.members import Members
from services.settling import Settling

QUIET_SECONDS = 2.0
"""A page or caller asks Nextcloud only if nobody did within this time."""

UNATTENDED_SECONDS = 15.0
"""A flow that nobody asked about for this long is looked after by the server itself."""

WAIT_SECONDS = 2.0
"""How long a page or caller waits for Nextcloud's answer to a poll. The asking goes on behind it."""

ENDING_SECONDS = 30.0
"""In its last seconds a flow is asked about as often as if its card were open: nobody can ask after its end."""

ENDING_QUIET_SECONDS = 1.5

POLL_LEASE_SECONDS = login_flow.POLL_SECONDS + 15
_HANDLE_BYTES = 32
_STARTS = RateLimitItemPerMinute(10, 10)
"""Flows a member may start in ten minutes: each costs Nextcloud the making of an RSA key."""

log = structlog.get_logger()


class FlowNotFoundError(Exception):
    """There is no such flow of this member that could still connect him."""


class TooManyStartsError(Exception):
    """The member started too many flows. `retry_after` is in seconds."""

    retry_after = 600


class FlowStatus(StrEnum):
    """What a flow's member is told. The words are those of the REST answer."""

    PENDING = "pending"
    CONNECTED = "connected"
    EXPIRED = "expired"
    FAILED = "failed"


@dataclass(frozen=True)
class OpenedFlow:
    """A flow just started. `handle` names it to its member's REST calls; the poll token stays here.

    `expires_at` is in Unix seconds."""

    handle: str = field(repr=False)
    login_url: str = field(repr=False)
    expires_at: int


@dataclass(frozen=True)
class FlowView:
    """A flow as its member may see it; `login_url` is "" once it is of no use, `cause` says why it failed."""

    flow_id: int
    status: FlowStatus
    login_url: str = field(repr=False)
    expires_at: int
    cause: str | None


class Connecting:
    """What a member does about connecting Nextcloud; every method is safe to be called by several at once."""

    def __init__(
        self,
        flows: FlowStore,
        settling: Settling,
        members: Members,
        client: NextcloudClient,
        base_url: str,
        clock: Clock,
    ) -> None:
        """New flows are opened at `base_url`; flows under way stay with the address they were opened at."""
        self._flows = flows
        self._settling = settling
        self._members = members
        self._client = client
        self.base_url = base_url
        self._clock = clock
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._workers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="login-flow")

    def close(self) -> None:
        """Lets running questions to Nextcloud come to their end: a lost answer is a lost app password."""
        self._workers.shutdown(wait=True)

    def start(self, member: CurrentMember) -> OpenedFlow:
        """Opens a flow for the member; any other flow of his is superseded, in every tab.

        Raises TooManyStartsError, DatabaseAwayError and the causes of `login_flow.start`.
        """
        if not self._limiter.hit(_STARTS, str(member.id)):
            raise TooManyStartsError
        now = int(self._clock())
        started = login_flow.start(self._client, self.base_url, self._device_name(member))
        handle = secrets.token_urlsafe(_HANDLE_BYTES)
        keyring = self._settling.keyring
        flow = PendingFlow(
            member_id=member.id,
            handle_hash=_hash(handle),
            base_url=self.base_url,
            poll_endpoint=started.poll_endpoint,
            poll_token=keyring.encrypt(started.poll_token),
            login_url=keyring.encrypt(SecretStr(started.login_url)),
            created_at=now,
            expires_at=now + login_flow.FLOW_SECONDS,
        )
        self._flows.open(flow)
        self._members.changed(member.id)
        log.info("flow.started", member=member.id)
        if started.rebuilt:
            log.warning("flow.address_rebuilt", hint="Nextcloud names another scheme or port: set overwriteprotocol")
        return OpenedFlow(handle, started.login_url, flow.expires_at)

    def view(self, member: CurrentMember) -> FlowView | None:
        """The flow that the member is in the middle of, without asking Nextcloud; None where there is none."""
        flow = self._flows.newest(member.id)
        if flow is None or flow.state not in (FlowState.OPEN, FlowState.FAILED):
            return None
        return self._seen(flow)

    def poll(self, member: CurrentMember, handle: str | None = None) -> FlowView:
        """Asks Nextcloud about a flow, if nobody did just now, and waits a moment for the answer.

        Without a `handle`: the member's newest flow. Raises FlowNotFoundError (also for another member's, a
        cancelled or a superseded one) and DatabaseAwayError; Nextcloud's troubles leave the flow pending.
        """
        flow = self._own(member, handle)
        if flow.state == FlowState.OPEN:
            self._advance_waiting(flow.id or 0)
            flow = self._own(member, handle)
        return self._seen(flow)

    def cancel(self, member: CurrentMember) -> bool:
        """Cancels the member's open flow. Granted after all, it will be collected and revoked.

        Whether there was one. Raises DatabaseAwayError."""
        cancelled = self._flows.cancel(member.id)
        self._members.changed(member.id)
        return cancelled

    def look_after_unattended(self) -> None:
        """Asks for and settles every flow that nobody looks after: its card's tab is hidden, the browser
        closed, the flow cancelled or failed. Called by the server every few seconds. Raises DatabaseAwayError."""
        self._look_after(self._flows.unattended(self._clock(), UNATTENDED_SECONDS), UNATTENDED_SECONDS)

    def look_after_ending(self) -> None:
        """The same, more often, for flows that are about to expire: of what is granted later than the last
        question nobody would ever know. Called by the server every 2 seconds. Raises DatabaseAwayError."""
        ending = self._flows.unattended(self._clock(), ENDING_QUIET_SECONDS, ENDING_SECONDS)
        self._look_after(ending, ENDING_QUIET_SECONDS)

    def _look_after(self, flow_ids: list[int], quiet: float) -> None:
        for step in [self._workers.submit(self._advance, flow_id, quiet) for flow_id in flow_ids]:
            step.result()

    def _own(self, member: CurrentMember, handle: str | None) -> PendingFlow:
        flow = self._flows.newest(member.id) if handle is None else self._flows.by_handle(member.id, _hash(handle))
        if flow is None or flow.state in (FlowState.CANCELLED, FlowState.SUPERSEDED):
            raise FlowNotFoundError
        return flow

    def _advance_waiting(self, flow_id: int) -> None:
        future: Future[None] = self._workers.submit(copy_context().run, self._advance, flow_id, QUIET_SECONDS)
        try:
            future.result(timeout=WAIT_SECONDS)
        except WaitedTooLongError:
            log.debug("flow.slow_poll")

    def _advance(self, flow_id: int, quiet: float) -> None:
        """One step of one flow, by whoever gets the claim; for all others there is nothing to do."""
        if self._flows.claim_poll(flow_id, self._clock(), quiet, POLL_LEASE_SECONDS):
            self._settling.ask(flow_id)
        if self._flows.claim_answer(flow_id, self._clock(), POLL_LEASE_SECONDS):
            self._settling.settle(flow_id)

    def _seen(self, flow: PendingFlow) -> FlowView:
        status = self._status(flow)
        login_url = ""
        if status is FlowStatus.PENDING and flow.login_url:
            try:
                login_url = self._settling.keyring.decrypt(flow.login_url).get_secret_value()
            except UnreadableSecretError:
                status = FlowStatus.EXPIRED  # of no use without its key: the member starts again
        return FlowView(flow.id or 0, status, login_url, flow.expires_at, flow.cause)

    def _status(self, flow: PendingFlow) -> FlowStatus:
        if flow.state == FlowState.CONNECTED:
            return FlowStatus.CONNECTED
        if flow.state == FlowState.FAILED:
            return FlowStatus.FAILED
        if self._clock() >= flow.expires_at and flow.answer is None:
            return FlowStatus.EXPIRED
        return FlowStatus.PENDING

    def _device_name(self, member: CurrentMember) -> str:
        name = "".join(c for c in member.name if c.isascii() and c.isprintable())
        return f"{self._client.client_name} ({name})"[:120] if name else self._client.client_name


def _hash(handle: str) -> str:
    return hashlib.sha256(handle.encode()).hexdigest()
