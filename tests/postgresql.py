"""A PostgreSQL server of the tests' own: started when the first test wants a database, gone with the tests."""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

from models.database import Database

USER = "postgres"
"""The server refuses to run as root; Debian's package makes this user."""

START_SECONDS = 60
TEMPLATE = "migrated"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "400",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "32MB",
    "autovacuum": "off",
}


class Server:
    """A running server. Its databases are made as copies of one that is migrated already."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="talkboard-postgresql-"))
        self._numbers = itertools.count()
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            shutil.chown(self.folder, USER)
        subprocess.run(
            [*_as_user(), program("initdb"), "-D", self.folder / "data", "-U", USER, "-A", "trust", "-E", "UTF8",
             "--no-sync", "--locale=C.UTF-8"],
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip
        self.start()
        atexit.register(self._remove)

    def start(self) -> None:
        """Starts it, or starts it again after `stop`."""
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [*_as_user(), program("postgres"), "-D", self.folder / "data", "-k", self.folder, *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < until, self.log()
            time.sleep(0.02)

    def stop(self) -> None:
        """Stops it at once; who is connected loses his connection."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
            self._process = None

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def url(self, database: str = USER) -> str:
        """The address of a database for `DATABASE_URL`."""
        host = {"host": str(self.folder)}
        return URL.create("postgresql+psycopg", USER, database=database, query=host).render_as_string()

    def sql(self, statement: str, database: str = USER) -> None:
        """Runs a statement as the server's own administrator."""
        with psycopg.connect(host=str(self.folder), user=USER, dbname=database, autocommit=True) as connection:
            connection.execute(statement.encode())

    def empty(self) -> str:
        """The address of a new database without tables."""
        return self._made("template1")

    def migrated(self) -> str:
        """The address of a new database with the newest schema."""
        self._template()
        return self._made(TEMPLATE)

    def copy_of(self, url: str) -> str:
        """The address of a new database like that one, to which nobody is connected."""
        return self._made(str(make_url(url).database))

    def drop(self, url: str) -> None:
        """Deletes a database, whoever is connected to it."""
        self.sql(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    @functools.cache  # noqa: B019 - there is one server
    def _template(self) -> None:
        self.sql(f"CREATE DATABASE {TEMPLATE}")
        database = Database(self.url(TEMPLATE))
        database.migrate()
        database.close()

    def _made(self, template: str) -> str:
        name = f"test_{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(name)

    def _answers(self) -> bool:
        try:
            self.sql("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@functools.cache
def server() -> Server:
    """The server of this process."""
    return Server()


def _as_user() -> list[str]:
    """What stands before a command of the server, so that it ends with us, and does not run as root."""
    if os.geteuid() != 0:
        return ["setpriv", "--pdeathsig=INT"]
    user = pwd.getpwnam(USER)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--pdeathsig=INT"]


def program(name: str) -> str:
    """Debian keeps the server's programs off the path, one folder for each version."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    where = str(found[-1]) if found else shutil.which(name)
    assert where, "PostgreSQL is not installed: scripts/install-postgresql says how"
    return where
