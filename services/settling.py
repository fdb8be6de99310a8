"""What becomes of a granted flow: the answer is kept, verified and given to its member, or revoked."""

from __future__ import annotations

import secrets
import time

import msgspec
import structlog
from pydantic import SecretStr

from models.credential_store import CredentialStore, NewConnection
from models.database import DatabaseAwayError
from models.encrypted import Keyring, UnreadableSecretError
from models.flow_store import FlowStore
from models.pending_flow import FlowState, PendingFlow
from nextcloud import login_flow
from nextcloud.account import Identity, identify, revoke
from nextcloud.client import Account, NextcloudClient
from nextcloud.errors import (
    AppPasswordRefused,
    Broken,
    ConnectFailed,
    Misconfigured,
    NextcloudError,
    TalkNotAllowed,
    TalkUnavailable,
    WrongAccount,
)
from nextcloud.login_flow import GrantedLogin
from services.causes import OTHER_USER
from services.clock import Clock
from services.ending import Ending
from services.lockout import Lockout
from services.members import Members
from services.passwords import normalised_name

KEEP_TRIES = 30
"""Tries, a second apart, to keep the one-shot answer while the database is busy: nobody else has it."""

ASK_PAUSE_SECONDS = 2
"""Pause after the first question in a row that Nextcloud did not answer; each further one doubles it, to 32."""

LAST_QUESTION_SECONDS = 4
"""However long the pause, a flow is asked about once more this long before it expires, and then again and again."""

BROKEN_TRIES = 6
"""Questions in a row on which Nextcloud fails with a 500 before the flow is given up."""

KEY_PAUSE_SECONDS = 30
VERIFY_PAUSE_SECONDS = 15
VERIFY_GIVE_UP_SECONDS = 24 * 3600

log = structlog.get_logger()


class Settling:
    """The steps behind a claim. Each ends in a transaction, so a kill between two of them loses nothing but
    the instant between Nextcloud's answer and its commit, in which nothing else runs."""

    def __init__(
        self,
        flows: FlowStore,
        credentials: CredentialStore,
        members: Members,
        ending: Ending,
        lockout: Lockout,
        client: NextcloudClient,
        clock: Clock,
        same_user: bool = False,
    ) -> None:
        """`same_user` lets members connect only the account whose user id is their name."""
        self._flows = flows
        self._credentials = credentials
        self._members = members
        self._ending = ending
        self._lockout = lockout
        self._client = client
        self._clock = clock
        self._same_user = same_user

    @property
    def keyring(self) -> Keyring:
        """The keys with which tokens of flows are kept."""
        return self._credentials.keyring

    def ask(self, flow_id: int) -> None:
        """Asks Nextcloud once about a flow whose claim the caller holds, and keeps what it answers."""
        flow = self._flows.get(flow_id)
        if flow is None or flow.poll_token is None:
            return
        try:
            granted = login_flow.poll(self._client, flow.poll_endpoint, self.keyring.decrypt(flow.poll_token))
        except ConnectFailed as error:
            self._fail(flow, error.code)
            return
        except UnreadableSecretError:
            self._wait_for_key(flow)
            return
        except Misconfigured as error:
            self._fail(flow, error.code, collected=False)
            self._flows.release(flow_id)
            return
        except NextcloudError as error:
            self._ask_later(flow, error)
            return
        if granted is None:
            self._flows.not_yet(flow_id, self._clock())
        else:
            self._keep(flow, granted)

    def _ask_later(self, flow: PendingFlow, error: NextcloudError) -> None:
        """Survives what passes, until the flow's own clock ends it; gives up on what Nextcloud always fails on."""
        now = self._clock()
        pause = max(error.retry_after or 0, ASK_PAUSE_SECONDS * 2 ** min(flow.failures, 4))
        until = min(now + pause, flow.expires_at - LAST_QUESTION_SECONDS)
        failures = self._flows.unanswered(flow.id or 0, max(until, now + ASK_PAUSE_SECONDS))
        if failures == 1:
            log.info("flow.poll_failed", cause=error.code, detail=str(error))
        if isinstance(error, Broken) and failures >= BROKEN_TRIES:
            self._fail(flow, error.code, collected=False)

    def _wait_for_key(self, flow: PendingFlow) -> None:
        """Nothing stored is deleted because no key fits: an operator may just have mixed the keys up."""
        if self._clock() - flow.expires_at > VERIFY_GIVE_UP_SECONDS:
            self._fail(flow, ConnectFailed.code)
        else:
            self._flows.release(flow.id or 0, until=self._clock() + KEY_PAUSE_SECONDS)

    def _keep(self, flow: PendingFlow, granted: GrantedLogin) -> None:
        answer = self.keyring.encrypt(
            SecretStr(msgspec.json.encode([granted.login_name, granted.app_password.get_secret_value()]).decode())
        )
        for attempt in range(KEEP_TRIES):
            try:
                self._flows.keep_answer(flow.id or 0, answer)
            except DatabaseAwayError:
                if attempt == KEEP_TRIES - 1:
                    self._give_back(flow, granted)
                    raise
                time.sleep(1)
            else:
                return

    def _give_back(self, flow: PendingFlow, granted: GrantedLogin) -> None:
        """Revokes an app password that can not be kept: it would stay in the member's list of devices for good."""
        account = Account(flow.base_url, granted.login_name, granted.app_password)
        try:
            self._lockout.call(account, lambda who, scheme: revoke(self._client, who, scheme), refused=True)
        except NextcloudError as error:
            log.error("flow.answer_lost", cause=error.code)
        else:
            log.warning("flow.given_back")

    def settle(self, flow_id: int) -> None:
        """Verifies a kept answer whose claim the caller holds and connects the member, or has it revoked."""
        flow = self._flows.get(flow_id)
        if flow is None or flow.answer is None:
            return
        try:
            granted = self._granted(flow.answer)
        except UnreadableSecretError:
            self._wait_for_key(flow)
            return
        if flow.state != FlowState.OPEN or flow.member_id is None:
            self._discard(flow, granted)
            return
        if not granted.usable:
            self._discard(flow, granted, ConnectFailed.code)
            return
        account = Account(flow.base_url, granted.login_name, granted.app_password)
        try:
            identity = self._lockout.call(account, lambda who, scheme: identify(self._client, who, scheme))
        except AppPasswordRefused:
            self._fail(flow, ConnectFailed.code)
        except WrongAccount:
            self._discard(flow, granted, ConnectFailed.code)
        except (Misconfigured, TalkNotAllowed, TalkUnavailable) as error:
            self._discard(flow, granted, error.code)
        except NextcloudError as error:
            self._verify_later(flow, granted, error)
        else:
            self._connect(flow, flow.member_id, granted, identity)

    def _connect(self, flow: PendingFlow, member_id: int, granted: GrantedLogin, identity: Identity) -> None:
        if self._same_user and not self._is_his(member_id, identity):
            self._discard(flow, granted, OTHER_USER)
            return
        new = NewConnection(
            connection_id=secrets.token_hex(16),
            base_url=flow.base_url,
            login_name=granted.login_name,
            app_password=granted.app_password,
            user_id=identity.user_id,
            display_name=identity.display_name,
        )
        connected = self._credentials.connect(flow.id or 0, new, int(self._clock()))
        self._members.changed(member_id)
        if connected is None:  # cancelled, superseded or disabled while Nextcloud was being asked
            self._discard(flow, granted)
            return
        log.info("flow.connected", member=member_id)
        if connected.shared_with:
            others = ", ".join(str(other) for other in connected.shared_with)
            log.warning("connection.shared", member=member_id, others=others)
        if connected.replaced:
            self._ending.finish(connected.replaced)

    def _is_his(self, member_id: int, identity: Identity) -> bool:
        member = self._members.current(member_id)
        return member is None or member.name == normalised_name(identity.user_id)  # who is gone connects nothing anyway

    def _verify_later(self, flow: PendingFlow, granted: GrantedLogin, error: NextcloudError) -> None:
        if self._clock() - flow.expires_at > VERIFY_GIVE_UP_SECONDS:
            self._discard(flow, granted, error.code)
            return
        log.info("flow.verify_failed", cause=error.code, detail=str(error))
        self._flows.release(flow.id or 0, until=self._clock() + VERIFY_PAUSE_SECONDS)

    def _discard(self, flow: PendingFlow, granted: GrantedLogin, cause: str | None = None) -> None:
        """Has a granted app password revoked. The flow, if it is still open, fails with `cause`."""
        revocation_id = self._credentials.discard_answer(
            flow.id or 0,
            granted.login_name if granted.usable else "",
            granted.app_password,
            int(self._clock()),
            only_bearer=not granted.usable,
            cause=cause,
        )
        log.info("flow.discarded", state=flow.state, cause=cause)
        if flow.member_id is not None:
            self._members.changed(flow.member_id)
        if revocation_id is not None:
            self._ending.revoking.now(revocation_id)

    def _fail(self, flow: PendingFlow, cause: str, *, collected: bool = True) -> None:
        self._flows.fail(flow.id or 0, cause, collected=collected)
        if flow.state != FlowState.OPEN:
            return  # it has ended before, and only what is granted late was being waited for
        log.info("flow.failed", cause=cause)
        if flow.member_id is not None:
            self._members.changed(flow.member_id)

    def _granted(self, answer: str) -> GrantedLogin:
        login_name, app_password = msgspec.json.decode(
            self.keyring.decrypt(answer).get_secret_value(), type=tuple[str, str]
        )
        return GrantedLogin(login_name, SecretStr(app_password))
