"""Examines an installation: what is here, how members reach it, and its Nextcloud. Nothing is changed by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import make_url, select, text
from sqlalchemy.exc import ArgumentError
from sqlmodel import col

from models.database import Database, DatabaseAwayError, newest_version
from models.encrypted import Keyring, UnreadableSecretError
from models.failure_budget import FailureBudget
from models.member import Member
from nextcloud.account import Identity, identify
from nextcloud.client import Account, NextcloudClient, Scheme
from services.clock import Clock
from services.findings import Finding, ok, problem, skipped, warning
from services.installation_examined import Installation, disk, reached, secret_files
from services.keys import Keys
from services.lockout import Lockout
from services.nextcloud_examined import NextcloudExamined

TRIED_ACCOUNTS = 3
"""Of so many accounts the app password is tried as bearer token, until one is taken."""

_NO_CHANGE = "UPDATE alembic_version SET version_num = version_num WHERE 1 = 0"
"""A database that only reads refuses even this."""

FIRST_MEMBER = "flask --app app members add NAME"


@dataclass(frozen=True)
class _Known:
    """What the database tells: findings, and ways to prove accounts to Nextcloud."""

    findings: list[Finding]
    proofs: list[Callable[[], object]]


class Doctor:
    """One examination, line by line."""

    def __init__(self, here: Installation, keyring: Keyring, client: NextcloudClient, clock: Clock) -> None:
        self._here = here
        self._keyring = keyring
        self._client = client
        self._clock = clock

    def findings(self) -> Iterator[Finding]:
        """What is found, what is here first."""
        yield from secret_files()
        yield disk(self._here.database_url)
        known = self._known()
        yield from known.findings
        yield from reached(self._here, self._client)
        yield from NextcloudExamined(self._client, self._here.nextcloud_url, self._clock).findings(known.proofs)

    def _known(self) -> _Known:
        try:
            file = _file(self._here.database_url)
            if file is not None and not file.exists():  # to open it would make it
                found = warning(
                    "database", f"there is no {file} yet", "the first start makes it; is DATABASE_URL right?"
                )
                return _Known([found, *_skip("schema", "keys", "members")], [])
            database = Database(self._here.database_url)
        except (DatabaseAwayError, ArgumentError, OSError) as error:
            found = problem("database", f"it can not be used: {type(error).__name__}", "check DATABASE_URL")
            return _Known([found, *_skip("schema", "keys", "members")], [])
        try:
            return self._looked_into(database)
        finally:
            database.close()

    def _looked_into(self, database: Database) -> _Known:
        findings: list[Finding] = []
        try:
            schema = _schema(database)
            with database.write() as session:
                if database.version():
                    session.execute(text(_NO_CHANGE))
            findings += ok("database", f"{database.engine.dialect.name} reads and writes"), schema
            findings += self._members(database)
            return _Known(findings, self._proofs(database))
        except DatabaseAwayError as error:
            advice = "is the server up, the disk full, the file (and its folder) this user's own?"
            found = problem("database", f"it does not work: {error}", advice)
            return _Known([found, *_skip("schema", "keys", "members")], [])

    def _members(self, database: Database) -> Iterator[Finding]:
        if not database.is_current():
            yield from _skip("keys", "members")
            return
        unreadable = Keys(database, self._keyring).unreadable_members()
        with database.read() as session:
            rows = session.execute(
                select(col(Member.disabled), col(Member.nextcloud_app_password), col(Member.demo))
            ).all()
        connected = sum(row[1] is not None for row in rows)
        if unreadable:
            words = f"no key reads the app passwords of {len(unreadable)} of {connected} connected members"
            advice = "put the missing key into CREDENTIAL_KEYS; else they connect again (members list names them)"
            yield (problem if len(unreadable) == connected else warning)("keys", words, advice)
        else:
            yield ok("keys", "CREDENTIAL_KEYS reads every stored app password")
        active = sum(not row[0] for row in rows)
        if any(row[2] for row in rows) and not self._here.demo:
            yield problem("members", "these are the demo's: the server will not start", "DATABASE_URL of your own")
        elif not active:
            yield warning("members", "nobody can sign in", FIRST_MEMBER)
        else:
            yield ok("members", f"{active} can sign in, {connected} are connected")

    def _proofs(self, database: Database) -> list[Callable[[], object]]:
        """Asks with the app passwords of those who connected last and were not refused since."""
        if not database.is_current():
            return []
        query = (
            select(Member)
            .where(
                col(Member.nextcloud_app_password).is_not(None),
                col(Member.nextcloud_refused_at).is_(None),
                col(Member.nextcloud_base_url) == self._here.nextcloud_url,
            )
            .order_by(col(Member.nextcloud_connected_at).desc())
        )
        with database.read() as session:
            members = list(session.scalars(query.limit(TRIED_ACCOUNTS)))
        lockout = Lockout(FailureBudget(database), self._clock)
        return [
            partial(lockout.uncounted, account, self._who) for member in members if (account := self._account(member))
        ]

    def _account(self, member: Member) -> Account | None:
        try:
            password = self._keyring.decrypt(member.nextcloud_app_password or "")
        except UnreadableSecretError:
            return None
        return Account(
            member.nextcloud_base_url or "", member.nextcloud_username or "", password, member.nextcloud_user_id
        )

    def _who(self, account: Account, scheme: Scheme) -> Identity:
        return identify(self._client, account, scheme)


def _schema(database: Database) -> Finding:
    version = database.version()
    if version == newest_version():
        return ok("schema", f"version {version}")
    if version is None:
        return warning("schema", "there are no tables yet", "the first start makes them")
    if version < newest_version():
        return warning("schema", f"version {version}, this Talkboard's is {newest_version()}", "restart the server")
    return problem("schema", f"version {version} is newer than this Talkboard", "install the newer Talkboard again")


def _skip(*abouts: str) -> Iterator[Finding]:
    for about in abouts:
        yield skipped(about, "the database has to be in order first")


def _file(database_url: str) -> Path | None:
    url = make_url(database_url)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
