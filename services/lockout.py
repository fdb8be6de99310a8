"""The one place through which a credential goes to Nextcloud, and the budget of failures it may cost.

Nextcloud counts failed logins per address, and all members share this server's: after eleven failures in half
an hour it refuses everybody. So a login by name and password (Basic) is sent only while one of six slots is
free, and a slot is given back only when it is certain that no failure was counted. Where none is free the app
password goes as Bearer token, which Nextcloud checks all the same and never counts (docs/nextcloud.md §2).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from typing import TypeVar

import structlog

from models.database import DatabaseAwayError
from models.failure_budget import COUNTING_SECONDS, HELD_SECONDS, FailureBudget, Permit
from nextcloud.client import Account, Scheme
from nextcloud.errors import (
    AppPasswordRefused,
    ForbiddenPage,
    InDoubt,
    Locked,
    Misconfigured,
    NextcloudError,
    Unreachable,
)
from services.clock import Clock

BEARER_REFUSED_SECONDS = 24 * 3600
"""How long a Nextcloud that did not take Bearer is asked by Basic alone."""

DOUBT_SECONDS = 300
"""How long an account is left alone whose Bearer token was refused while no slot was free to find out why."""

T = TypeVar("T")
Request = Callable[[Account, Scheme], T]

log = structlog.get_logger()


class Lockout:
    """Decides whether and how a request proves its account. Safe under any number of threads and processes."""

    def __init__(self, budget: FailureBudget, clock: Clock) -> None:
        self._budget = budget
        self._clock = clock
        self._doubted: set[tuple[str, str, bytes]] = set()
        self._lock = threading.Lock()

    def call(self, account: Account, request: Request[T], *, refused: bool = False) -> T:
        """What `request` returns, called with the account and the way to prove it.

        `refused` says that Nextcloud has refused this credential before: then only Bearer will do.
        Raises what `request` raises; AppPasswordRefused only where that is certain; InDoubt, with the seconds
        to wait, where neither way is open now or it can not be told yet what a refusal meant.
        """
        if refused:
            return self.uncounted(account, request)
        permit = self._permit(account)
        if permit.slot is not None:
            try:
                return self._by_basic(account, request, permit.slot)
            except Locked:
                # By Bearer, then: the lock is not about this account.
                permit = Permit(None, self._clock() + HELD_SECONDS, permit.bearer_refused_until)
        return self._by_bearer(account, request, permit)

    def end(self, account: Account, request: Request[T], *, refused: bool, tried: bool) -> T:
        """What `request`, which ends the credential at Nextcloud, returns.

        `tried` says that a try before this one may have ended it. Then, and where the account is in doubt, it goes
        by Bearer; what Bearer refuses is confirmed by Basic, in a free slot. Raises what `call` raises, and
        AppPasswordRefused only where Basic has refused the credential, be it before (`refused`).
        """
        if refused or not (tried or self._doubted_now(account)):
            return self.call(account, request, refused=refused)
        try:
            result = self.uncounted(account, request)
        except AppPasswordRefused:
            permit = self._permit(account)
        else:
            self._settle_doubt(account)
            return result
        if permit.slot is None:
            left = permit.free_at - self._clock()
            raise InDoubt("refused by Bearer, no slot is free to find out why", retry_after=_seconds(left))
        self._settle_doubt(account)  # with the credential goes the question
        return self._by_basic(account, request, permit.slot)

    def uncounted(self, account: Account, request: Request[T]) -> T:
        """What `request` returns, asked by Bearer alone: for what is not worth a slot, and may go without an answer."""
        return request(account, "bearer")

    def configured_since(self, base_url: str) -> float:
        """Since when this Nextcloud has been the configured one, in Unix seconds. Raises DatabaseAwayError."""
        return self._budget.configured_since(base_url, self._clock())

    def _permit(self, account: Account) -> Permit:
        try:
            return self._budget.take(account.base_url, self._clock())
        except DatabaseAwayError as error:
            log.debug("budget.unknown", detail=str(error))
            return Permit(None, self._clock() + DOUBT_SECONDS, 0)

    def _by_basic(self, account: Account, request: Request[T], slot: str) -> T:
        try:
            result = request(account, "basic")
        except AppPasswordRefused:
            self._keep(slot, HELD_SECONDS)
            self._settle_doubt(account)
            log.warning("budget.failure", nextcloud=account.base_url, taken=self._taken(account))
            raise
        except Locked:
            self._note(self._budget.lock, account.base_url, HELD_SECONDS)
            self._give_back(slot)
            log.warning(
                "budget.locked",
                nextcloud=account.base_url,
                hint="something else failed to log in from this address; allow-list it in Nextcloud",
            )
            raise
        except NextcloudError as error:
            if _surely_not_counted(error):
                self._give_back(slot)
            else:
                self._keep(slot, COUNTING_SECONDS + HELD_SECONDS)
            raise
        self._give_back(slot)
        if self._settle_doubt(account) and self._refuses_bearer(account, request):
            self._note(self._budget.refuse_bearer, account.base_url, BEARER_REFUSED_SECONDS)
            log.warning("budget.no_bearer", nextcloud=account.base_url)
        return result

    def _refuses_bearer(self, account: Account, request: Request[T]) -> bool:
        """Whether Bearer is refused where Basic is taken at the same time: the refusal before may have been right."""
        try:
            self.uncounted(account, request)
        except AppPasswordRefused:
            return True
        except NextcloudError as error:
            log.debug("budget.bearer_unknown", cause=error.code, detail=str(error))
        return False

    def _by_bearer(self, account: Account, request: Request[T], permit: Permit) -> T:
        now = self._clock()
        if permit.bearer_refused_until > now:
            raise InDoubt("no slot is free, and no Bearer is taken", retry_after=_seconds(permit.free_at - now))
        try:
            result = request(account, "bearer")
        except AppPasswordRefused:
            with self._lock:
                self._doubted.add(_who(account))
            raise InDoubt("refused by Bearer, no slot is free to find out why", retry_after=DOUBT_SECONDS) from None
        self._settle_doubt(account)
        return result

    def _doubted_now(self, account: Account) -> bool:
        with self._lock:
            return _who(account) in self._doubted

    def _settle_doubt(self, account: Account) -> bool:
        """Whether Bearer had been refused for an account about which Basic has now told the truth."""
        with self._lock:
            doubted = _who(account) in self._doubted
            self._doubted.discard(_who(account))
        return doubted

    def _note(self, write: Callable[[str, float], None], base_url: str, seconds: float) -> None:
        try:
            write(base_url, self._clock() + seconds)
        except DatabaseAwayError as error:  # the next request finds it out again
            log.debug("budget.not_noted", detail=str(error))

    def _keep(self, slot: str, seconds: float) -> None:
        try:
            self._budget.keep(slot, self._clock() + seconds)
        except DatabaseAwayError as error:  # it was taken for long enough to begin with
            log.debug("budget.slot_not_kept", detail=str(error))

    def _give_back(self, slot: str) -> None:
        try:
            self._budget.give_back(slot)
        except DatabaseAwayError as error:  # it comes free by itself in half an hour
            log.debug("budget.slot_kept", detail=str(error))

    def _taken(self, account: Account) -> int:
        try:
            return self._budget.taken(account.base_url, self._clock())
        except DatabaseAwayError:
            return -1


def _surely_not_counted(error: NextcloudError) -> bool:
    """Whether Nextcloud certainly counted no failed login, although the request did not succeed.

    A time-out, a broken answer or a proxy's page says nothing about what happened behind it: some lead whoever was
    refused to a page of their own.
    """
    if isinstance(error, Unreachable):
        return error.never_sent
    return not isinstance(error, ForbiddenPage) and type(error) is not Misconfigured


def _who(account: Account) -> tuple[str, str, bytes]:
    """A member who connects anew has another app password, about which there is no doubt."""
    digest = hashlib.sha256(account.app_password.get_secret_value().encode()).digest()
    return account.base_url, account.login_name, digest


def _seconds(left: float) -> int:
    return max(1, int(left) + 1)
