"""How the two databases are reached: what is set on each connection, and how a transaction that writes begins."""

from __future__ import annotations

import contextlib
import os
import weakref
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

WAIT_SECONDS = 5
"""How long a transaction waits for another one, or for a server that does not answer."""

_POOL = {"pool_size": 16, "max_overflow": 32, "hide_parameters": True}
"""More connections than threads: none waits for one. They fit into the hundred that PostgreSQL usually allows."""

_WRITERS = 0x7A1B_0A2E
"""Number of PostgreSQL's advisory lock that whoever writes alone holds until his transaction ends."""

_POSTGRESQL = {
    "application_name": "talkboard",
    "connect_timeout": WAIT_SECONDS,
    # A server that has gone without a word: else a thread would wait for it for hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    # A process that stands still in the middle of a transaction must not hold up the others.
    "options": f"-c lock_timeout={WAIT_SECONDS}s -c statement_timeout=20s -c idle_in_transaction_session_timeout=20s",
}

_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


def engine_for(url: str) -> Engine:
    """The engine for `url`. A transaction of an engine with the execution option `write` takes its lock at its start:
    `"alone"` runs by itself, `"rows"` locks rows as it comes to them. SQLite has one lock for both.

    Raises ArgumentError, ImportError and OSError where the address is none, or its driver or its folder is missing.
    """
    if make_url(url).get_backend_name() == "sqlite":
        _make_private(Path(make_url(url).database or ""))
        engine = create_engine(url, connect_args={"check_same_thread": False}, **_POOL)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(url, connect_args=_POSTGRESQL, pool_pre_ping=True, **_POOL)
        event.listen(engine, "begin", _begin_postgresql)
        event.listen(engine, "before_cursor_execute", _without_nul, retval=True)
    event.listen(engine, "after_cursor_execute", _count_changes)
    _engines.add(engine)
    return engine


def changes(connection: Connection) -> int:
    """How many statements have changed rows on this connection in its life."""
    return int(connection.info.get("changes", 0))


def _make_private(file: Path) -> None:
    """Makes the file of a SQLite database, and its folder, where they are missing: for this user alone. What SQLite
    puts beside the file gets the same rights. A file that is there is left alone: opening and closing it here would
    take the locks of those who use it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Python's driver opens no transaction for DDL: a kill in the middle of a migration would leave it half done.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={WAIT_SECONDS}000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("write") == "alone":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")


def _without_nul(_connection: Connection, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> Any:
    """PostgreSQL's texts hold no NUL, and anybody may send one: it becomes another character that no name has."""
    return sql, [_cleaned(row) for row in values] if many else _cleaned(values)


def _cleaned(values: Any) -> Any:
    if isinstance(values, dict):
        return {name: _cleaned(value) for name, value in values.items()}
    if isinstance(values, tuple | list):
        return type(values)(_cleaned(value) for value in values)
    return values.replace("\0", "\x01") if isinstance(values, str) else values


def _count_changes(connection: Connection, cursor: Any, _sql: str, _values: Any, context: Any, _many: bool) -> None:
    if context is not None and (context.isinsert or ((context.isupdate or context.isdelete) and cursor.rowcount > 0)):
        connection.info["changes"] = changes(connection) + 1


def _forget_connections() -> None:
    """Two processes on one connection would read each other's answers: a fork begins with none."""
    for engine in list(_engines):
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_connections)
