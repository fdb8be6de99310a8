"""`make run`: makes what is missing, starts everything, says where it is, stops everything on Ctrl-C.

Without NEXTCLOUD_URL it is the demo: the bundled Nextcloud simulator beside the app, members and a database of
their own. With NEXTCLOUD_URL the same app talks to the real one. It imports little, because it is started often.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shlex
import socket
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TextIO

from dotenv import dotenv_values

from processes import Processes
from settings import Settings, SettingsError, load_settings

ROOT = Path(__file__).parent
VAR = ROOT / "var"
SECRETS_FILE = VAR / "secrets.env"
DEMO_FILE = VAR / "demo.env"
DEMO_MEMBERS = ("max", "anna", "peter")
LOOPBACK = "127.0.0.1"
START_SECONDS = 60
FIRST_MEMBER = ".venv/bin/flask --app app members add NAME"

Beside = Callable[[Processes, Settings], str]
"""Starts what shall run beside Talkboard. Raises CanNotStartError."""


class CanNotStartError(Exception):
    """The text is the sentence to say."""


def main(beside: Beside | None = None) -> int:
    """Runs until Ctrl-C or until one of the processes ends; returns the exit status.

    `beside` is called once everything is up: it may start more, and returns the line that says where that is.
    """
    os.chdir(ROOT)
    os.umask(0o077)  # what is made here holds secrets
    processes = Processes()
    try:
        _make_secrets()
        demo = not os.environ.get("NEXTCLOUD_URL")
        if demo:
            _prepare_demo()
        settings = load_settings()
        with _listen(settings.host, settings.port, "PORT") as listener:
            if demo:
                _start_simulator(processes)
            _start_app(processes, listener)
        if not _wait_until_up(processes, settings):
            return 0 if processes.asked_to_stop else 1
        _say_where(settings, demo, beside(processes, settings) if beside else "")
        if not demo:
            _say_how_to_begin(os.environ.get("DATABASE_URL", ""))
        return processes.wait()
    except (CanNotStartError, SettingsError) as error:
        _say(f"Talkboard can not start.\n{error}", sys.stderr)
        return 1
    finally:
        processes.stop()


def _make_secrets() -> None:
    """The real environment over `.env` over the development secrets."""
    given = {name: value for name, value in dotenv_values(ROOT / ".env").items() if value}
    given |= {name: value for name, value in os.environ.items() if value}
    os.environ.update(_kept(SECRETS_FILE, {"SECRET_KEY": _key, "CREDENTIAL_KEYS": _key}) | given | {"DEMO": "0"})


def _prepare_demo() -> None:
    passwords = _kept(DEMO_FILE, {f"{name.upper()}_PASSWORD": _password for name in DEMO_MEMBERS})
    os.environ.update(
        passwords,
        DEMO="1",
        HOST=LOOPBACK,  # everybody knows the demo's members: nobody else may reach it
        NEXTCLOUD_URL=f"http://{LOOPBACK}:{_simulator_port()}",
        NEXTCLOUD_ALLOW_HTTP="1",
        DATABASE_URL=f"sqlite:///{VAR / 'demo.db'}",
    )


def _simulator_port() -> int:
    port = os.environ.get("SIMULATOR_PORT", "8051")
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise CanNotStartError("SIMULATOR_PORT must be a number from 1 to 65535.")
    return int(port)


def _kept(file: Path, makers: dict[str, Callable[[], str]]) -> dict[str, str]:
    """The values in `file`; what is missing is made once. Only the owner may read it."""
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        opened = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CanNotStartError(f"{file} can not be written: {error.strerror}.") from None
    with open(opened, "r+", encoding="utf-8") as kept_file:
        os.fchmod(kept_file.fileno(), 0o600)
        fcntl.flock(kept_file, fcntl.LOCK_EX)  # a second start at the same moment must read what this one makes
        kept = {name: value for name, value in dotenv_values(stream=kept_file).items() if value}
        missing = {name: make() for name, make in makers.items() if name not in kept}
        kept_file.write("".join(f"{name}={value}\n" for name, value in missing.items()))
    return kept | missing


def _key() -> str:
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _password() -> str:
    return secrets.token_urlsafe(9)


def _listen(host: str, port: int, setting: str) -> socket.socket:
    """The place where we are reached, taken before anything is started that would have to be stopped again."""
    try:
        return socket.create_server((host, port), backlog=256)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            problem = f"Port {port} is taken. Is Talkboard running already? {setting}=… chooses another port."
        else:
            why = str(error.strerror).split(" (")[0]
            problem = f"Nothing can listen on {host}, port {port}: {why}."
        raise CanNotStartError(problem) from None


def _start_simulator(processes: Processes) -> None:
    port = _simulator_port()
    _listen(LOOPBACK, port, "SIMULATOR_PORT").close()
    command = [sys.executable, "-m", "simulator", "--port", str(port), "--demo"]
    command += ["--members-file", str(DEMO_FILE), "--state-file", str(VAR / "simulator.json")]
    processes.start("The simulator", command, quiet=True)


def _start_app(processes: Processes, listener: socket.socket) -> None:
    number = listener.fileno()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{number}", "app:server"]
    processes.start("The app", command, keep_open=[number])


def _wait_until_up(processes: Processes, settings: Settings) -> bool:
    places = [(settings.host, settings.port, "/healthz")]
    if settings.demo:
        places.append((LOOPBACK, _simulator_port(), "/status.php"))
    until = time.monotonic() + START_SECONDS
    while processes.all_run() and time.monotonic() < until:
        if all(answers(*place) for place in places):
            return True
        time.sleep(0.05)
    return False


def answers(host: str, port: int, path: str) -> bool:
    """Whether somebody there answers with 200."""
    connection = HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _say_where(settings: Settings, demo: bool, more: str) -> None:
    lines = ["", *([more] if more else []), f"Talkboard  {settings.address}"]
    if demo:
        lines += [f"Nextcloud  {settings.nextcloud_url}  (simulator; what happens there: /_control)", ""]
        lines += [f"{name}  {os.environ[name.upper() + '_PASSWORD']}" for name in DEMO_MEMBERS]
    else:
        lines += [f"Nextcloud  {settings.nextcloud_url}"]
    _say("\n".join([*lines, "", "Ctrl-C stops everything."]))


def _say_how_to_begin(database_url: str) -> None:
    """Says how the first member is added, if there is none. Asks only now: nobody waits for it."""
    command = [sys.executable, "-m", "flask", "--app", "app", "members", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if listed.returncode == 0 and not listed.stdout.strip():
        _say(
            f"\nNobody can sign in yet. This adds the first member:\n\n  {_same_database(database_url)}{FIRST_MEMBER}\n"
        )


def _same_database(database_url: str) -> str:
    """What a command in another window needs before it, if the database is named in this window only."""
    if not database_url or dotenv_values(ROOT / ".env").get("DATABASE_URL") == database_url:
        return ""
    return "DATABASE_URL=… " if "@" in database_url else f"DATABASE_URL={shlex.quote(database_url)} "


def _say(text: str, where: TextIO | None = None) -> None:
    print(text, file=where, flush=True)


if __name__ == "__main__":
    sys.exit(main())
