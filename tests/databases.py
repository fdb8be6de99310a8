"""The databases that tests run on: a SQLite file, or one of a PostgreSQL server that the tests start themselves.

`TALKBOARD_TEST_DATABASE=postgresql` puts every test on PostgreSQL; tests marked `both_databases` run on both anyhow.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

SQLITE, POSTGRESQL = "sqlite", "postgresql"
USUAL = os.environ.get("TALKBOARD_TEST_DATABASE") or SQLITE


def kinds() -> Sequence[str]:
    """What a test marked `both_databases` runs on."""
    return (SQLITE, POSTGRESQL) if USUAL == SQLITE else (POSTGRESQL,)


def new_database(folder: Path, kind: str = USUAL, *, empty: bool = False) -> str:
    """The address of a database that nobody has used yet, without tables if `empty`; a SQLite file lies in `folder`."""
    if kind == SQLITE:
        return f"sqlite:///{folder / 'talkboard.db'}"
    from tests.postgresql import server

    return server().empty() if empty else server().migrated()


def discard(url: str) -> None:
    """Frees the room that a database of the server takes. A file goes with its folder."""
    if not url.startswith(SQLITE):
        from tests.postgresql import server

        server().drop(url)
