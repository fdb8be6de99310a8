"""How many more failed logins a Nextcloud would bear from this address, kept where a restart does not lose it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel, col

from models.database import Database

SLOTS = 6
"""Failed logins that may be counted at one Nextcloud within `HELD_SECONDS`. It locks the address at eleven; the
rest is left to whatever else logs in from here."""

HELD_SECONDS = 1800
"""How long Nextcloud counts a failed login, and so how long a slot stays taken after one."""

COUNTING_SECONDS = 60
"""How long after a request went out Nextcloud may still count its failure: an old one makes logins wait for 25
seconds, and a busy one works on what nobody waits for any more."""


class LoginSlot(SQLModel, table=True):
    """A row of `login_slots`. Taken before a request with a name and a password goes out, and given back only
    once it is certain that Nextcloud counted no failure: so a kill in between errs on the safe side."""

    __tablename__ = "login_slots"

    base_url: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    taken_until: float = 0
    """Unix seconds."""
    holder: str = Field(default="", max_length=32)


class NextcloudHost(SQLModel, table=True):
    """A row of `nextcloud_hosts`: what is known of one Nextcloud's doors. Times are Unix seconds."""

    __tablename__ = "nextcloud_hosts"

    base_url: str = Field(primary_key=True)
    locked_until: float = 0
    """Until then it refuses every login by name and password from this address."""
    bearer_refused_until: float = 0
    """Until then it is taken for one that does not let app passwords in as bearer tokens."""
    configured_since: float | None = None
    """Since when it has been the one that is configured; None for all others."""


@dataclass(frozen=True)
class Permit:
    """What a caller may do now. `slot` is None where no slot is free; times are Unix seconds."""

    slot: str | None
    free_at: float
    """When the next slot is free, where none is."""
    bearer_refused_until: float


@dataclass(frozen=True)
class BudgetState:
    """How it stands with one Nextcloud: `taken` of the slots, and until when (Unix seconds) its doors are shut."""

    taken: int
    locked_until: float = 0
    bearer_refused_until: float = 0


class FailureBudget:
    """Slots for logins by name and password, six for each Nextcloud. Every method raises DatabaseAwayError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, base_url: str, now: float) -> Permit:
        """A slot for one request, unless all are taken or the address is locked; the caller gives it back."""
        with self._database.write(alone=False) as session:
            host = _host(session, base_url)
            slot = session.scalars(
                select(LoginSlot)
                .where(col(LoginSlot.base_url) == base_url, col(LoginSlot.taken_until) <= now)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if slot is None or host.locked_until > now:
                first_free = session.scalar(
                    select(func.min(col(LoginSlot.taken_until))).where(col(LoginSlot.base_url) == base_url)
                )
                return Permit(None, max(first_free or 0, host.locked_until), host.bearer_refused_until)
            slot.taken_until, slot.holder = now + COUNTING_SECONDS + HELD_SECONDS, secrets.token_hex(16)
            session.add(slot)
            return Permit(slot.holder, now, host.bearer_refused_until)

    def keep(self, slot: str, until: float) -> None:
        """Keeps a slot until half an hour after its failure was, or may have been, counted."""
        with self._database.write(alone=False) as session:
            session.execute(update(LoginSlot).where(col(LoginSlot.holder) == slot).values(taken_until=until))

    def give_back(self, slot: str) -> None:
        """Frees a slot: no failure was counted."""
        with self._database.write(alone=False) as session:
            session.execute(update(LoginSlot).where(col(LoginSlot.holder) == slot).values(taken_until=0, holder=""))

    def lock(self, base_url: str, until: float) -> None:
        """Notes that this Nextcloud refuses every login by name and password from here."""
        self._note(base_url, locked_until=until)

    def refuse_bearer(self, base_url: str, until: float) -> None:
        """Notes that this Nextcloud does not let app passwords in as bearer tokens."""
        self._note(base_url, bearer_refused_until=until)

    def taken(self, base_url: str, now: float) -> int:
        """How many slots are taken: failures of the last half hour, and requests under way."""
        with self._database.read() as session:
            return (
                session.scalar(
                    select(func.count())
                    .select_from(LoginSlot)
                    .where(col(LoginSlot.base_url) == base_url, col(LoginSlot.taken_until) > now)
                )
                or 0
            )

    def configured_since(self, base_url: str, now: float) -> float:
        """Since when this Nextcloud has been the configured one without a break: since `now`, where another was."""
        with self._database.write(alone=False) as session:
            host = _host(session, base_url)
            if host.configured_since is None:
                others = update(NextcloudHost).where(col(NextcloudHost.base_url) != base_url)
                session.execute(others.values(configured_since=None))
                host.configured_since = now
                session.add(host)
            return host.configured_since

    def state(self, base_url: str, now: float) -> BudgetState:
        """How it stands; nothing is taken."""
        with self._database.read() as session:
            host = session.get(NextcloudHost, base_url)
            doors = (host.locked_until, host.bearer_refused_until) if host else (0.0, 0.0)
        return BudgetState(self.taken(base_url, now), *doors)

    def _note(self, base_url: str, **values: float) -> None:
        with self._database.write(alone=False) as session:
            host = _host(session, base_url)
            for name, value in values.items():
                setattr(host, name, value)
            session.add(host)


def _host(session: Session, base_url: str) -> NextcloudHost:
    """The row of a Nextcloud, made with its slots when it is first met, by whoever comes first."""
    host = session.get(NextcloudHost, base_url)
    if host is None:
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        for row in (NextcloudHost(base_url=base_url), *_slots(base_url)):
            session.execute(insert(type(row)).values(row.model_dump()).on_conflict_do_nothing())
        host = session.get_one(NextcloudHost, base_url)
    return host


def _slots(base_url: str) -> list[LoginSlot]:
    return [LoginSlot(base_url=base_url, number=number) for number in range(1, SLOTS + 1)]
