"""What the server does by itself: flows that nobody looks after, revocations that are due, counts, tidying."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from models.database import DatabaseAwayError
from models.flow_store import FlowStore
from services.clock import Clock
from services.connecting import Connecting
from services.ending import Ending
from services.invitations import Invitations
from services.members import Members
from services.observations import FLUSH_SECONDS
from services.operations import Operations
from services.sign_ins import SignIns

LOOK_SECONDS = 5
"""How often the server looks for work; what is due is decided by the rows, not by this pace."""

ENDING_LOOK_SECONDS = 2
"""How often it looks for flows about to expire. An app password granted later than the last look, so in the last
two seconds or so of the twenty minutes, stays unknown here; its member sees it in Nextcloud's list of devices."""

TIDY_SECONDS = 3600

log = structlog.get_logger()


class Housekeeping:
    """Runs in a thread of the serving process, and once by hand with the command `tidy`."""

    def __init__(
        self,
        connecting: Connecting,
        ending: Ending,
        sign_ins: SignIns,
        members: Members,
        flows: FlowStore,
        invitations: Invitations,
        operations: Operations,
        clock: Clock,
    ) -> None:
        self._connecting = connecting
        self._ending = ending
        self._sign_ins = sign_ins
        self._members = members
        self._flows = flows
        self._invitations = invitations
        self._operations = operations
        self._clock = clock
        self._scheduler: BackgroundScheduler | None = None

    def start(self) -> None:
        """Starts the thread. To be called in the process that serves: a thread does not survive a fork."""
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._every(LOOK_SECONDS, self._connecting.look_after_unattended)
        self._every(ENDING_LOOK_SECONDS, self._connecting.look_after_ending)
        self._every(LOOK_SECONDS, self._ending.revoking.due)
        self._every(LOOK_SECONDS, self._ending.drop_ended_elsewhere)
        self._every(FLUSH_SECONDS, self._operations.record)
        self._every(TIDY_SECONDS, self.tidy)
        self._scheduler.start()

    def stop(self) -> None:
        """Stops the thread and waits for what it is doing."""
        if self._scheduler:
            self._scheduler.shutdown(wait=True)
            self._scheduler = None

    def once(self) -> None:
        """Does everything once, in the caller's thread. Raises DatabaseAwayError."""
        self._connecting.look_after_unattended()
        self._connecting.look_after_ending()
        self._ending.revoking.due()
        self._operations.record()
        self.tidy()

    def tidy(self) -> None:
        """Deletes what has ended (sign-ins, flows, invitations) and old counts; gives back the accesses to a former
        Nextcloud.

        Raises DatabaseAwayError."""
        self._ending.retire_former(self._connecting.base_url)
        self._sign_ins.tidy()
        self._members.tidy()
        self._flows.tidy(int(self._clock()))
        self._invitations.tidy()
        self._operations.tidy()

    def _every(self, seconds: int, work: Callable[[], object]) -> None:
        def job() -> None:
            try:
                work()
            except DatabaseAwayError as error:  # the database itself says so in the log, once
                log.debug("housekeeping.put_off", work=work.__name__, detail=str(error))

        if self._scheduler:
            self._scheduler.add_job(job, "interval", seconds=seconds, coalesce=True, max_instances=1)
