"""The database: engine, short transactions, migrations at start."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from models.engine import changes, engine_for

MIGRATIONS = Path(__file__).parent.parent / "migrations"
_LOCK = 0x7A1B_0A2D
"""Number of PostgreSQL's advisory lock under which one process at a time migrates."""

READING, WRITING = "reading", "writing"
"""What may be away: a full disk still lets us read."""

log = structlog.get_logger()


class DatabaseAwayError(Exception):
    """The database does not answer or refuses to work. The text is for the log."""


class Database:
    """Short transactions on one engine. A `write` starts with the write lock taken, of all processes there are.

    Two transactions that read first and write later would lose one of the two changes, silently; with the lock
    taken at the start the second one waits instead.
    """

    def __init__(self, url: str) -> None:
        """`url` as SQLAlchemy takes it. The folder of a SQLite file is made where it is missing.

        Raises DatabaseAwayError where the address is none, or its driver or its folder can not be had.
        """
        try:
            self.engine = engine_for(url)
        except (ImportError, OSError) as error:
            raise DatabaseAwayError(str(error)) from None
        except SQLAlchemyError as error:
            raise DatabaseAwayError(type(error).__name__) from None
        self._alone = self.engine.execution_options(write="alone")
        self._rows = self.engine.execution_options(write="rows")
        self._away: set[str] = set()
        self._turning = threading.Lock()

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading. Raises DatabaseAwayError."""
        with self._translated(READING), Session(self.engine) as session:
            yield session
        self._turned(READING, None)

    @contextlib.contextmanager
    def write(self, *, alone: bool = True) -> Iterator[Session]:
        """A session whose changes are committed at the end, or none of them. Raises DatabaseAwayError.

        Not `alone`, it locks the rows that it reads itself, and others may write meanwhile where the database can
        do that. For what happens at every request, on tables of its own."""
        engine = self._alone if alone else self._rows
        with self._translated(WRITING), Session(engine, expire_on_commit=False) as session:
            connection = session.connection()
            before = changes(connection)
            yield session
            session.flush()
            wrote = before != changes(connection)
            session.commit()
        if wrote:  # a full disk takes what changes nothing
            self._turned(WRITING, None)

    def migrate(self) -> None:
        """Brings the schema to the newest state. Processes that start together wait for one another.

        Raises DatabaseAwayError.
        """
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        try:
            with self.engine.connect() as connection:
                config.attributes["connection"] = connection
                with _migration_lock(connection):
                    command.upgrade(config, "head")
        except SQLAlchemyError as error:
            raise DatabaseAwayError(_reason(error)) from error
        except OSError as error:
            raise DatabaseAwayError(str(error)) from None
        except CommandError:
            raise DatabaseAwayError("it was last used by a newer version of Talkboard") from None

    def version(self) -> str | None:
        """The version of the schema; None where there is none yet. Raises DatabaseAwayError."""
        with self.read() as session:
            return MigrationContext.configure(session.connection()).get_current_revision()

    def is_current(self) -> bool:
        """Whether the schema is the one that this version of Talkboard made. Raises DatabaseAwayError."""
        return self.version() == newest_version()

    @property
    def away(self) -> frozenset[str]:
        """What does not work, as far as anybody has tried: READING, WRITING."""
        return frozenset(self._away)

    def close(self) -> None:
        """Closes all connections."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            self._turned(what, _reason(error))
            raise DatabaseAwayError(_reason(error)) from error

    def _turned(self, what: str, problem: str | None) -> None:
        """Says once in the log when `what` ceases to work, and once when it works again."""
        if (problem is not None) == (what in self._away):
            return
        with self._turning:
            if problem is None and what in self._away:
                self._away.discard(what)
                log.info("database.back", what=what)
            elif problem is not None and what not in self._away:
                self._away.add(what)
                log.error("database.away", what=what, detail=problem)


@functools.cache
def newest_version() -> str:
    """The version of the schema that this version of Talkboard makes."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head() or ""


def _reason(error: SQLAlchemyError) -> str:
    """The database's own name of what is wrong, such as SQLITE_FULL or DiskFull, else the kind of error: never a
    value."""
    cause: object = getattr(error, "orig", None)
    named = type(cause if getattr(cause, "sqlstate", None) else error).__name__
    return str(getattr(cause, "sqlite_errorname", named))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextlib.contextmanager
def _migration_lock(connection: Connection) -> Iterator[None]:
    if connection.dialect.name == "postgresql":
        connection.detach()  # closed in the end, and with that the lock is free and nothing of this stays set
        for patience in ("lock_timeout", "statement_timeout"):
            connection.exec_driver_sql(f"SET {patience} = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({_LOCK})")
        connection.commit()
        yield
    else:
        with open(f"{connection.engine.url.database}.migrate", "w", opener=_private) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
