"""`make run`: makes what is missing, starts everything, says where it is, stops everything on Ctrl-C.

Without NEXTCLOUD_URL it is the demo: the bundled Nextcloud simulator beside the app, members and a database of
their own. With NEXTCLOUD_URL the same app talks to the real one. It imports little, because it is started often.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from http.client import HTTPConnection
from pathlib import Path
from types import FrameType

from dotenv import dotenv_values

ROOT = Path(__file__).parent
VAR = ROOT / "var"
SECRETS_FILE = VAR / "secrets.env"
DEMO_FILE = VAR / "demo.env"
DEMO_MEMBERS = ("max", "anna", "peter")
START_SECONDS = 30
STOP_SECONDS = 50
"""Longer than gunicorn's own patience: a poll of a login flow may be under way."""


def main() -> int:
    """Runs until Ctrl-C or until one of the processes ends; returns the exit status."""
    os.chdir(ROOT)
    environment = _environment()
    demo = not environment.get("NEXTCLOUD_URL")
    if demo:
        environment |= _demo_environment(environment)
    address = f"http://{environment.get('HOST', '127.0.0.1')}:{environment.get('PORT', '8050')}"
    processes: list[subprocess.Popen[bytes]] = []
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if demo:
            processes.append(_start_simulator(environment))
        processes.append(_start([sys.executable, "-m", "gunicorn", "app:server"], environment))
        if not _wait_until_up(environment, processes):
            return 1
        _say_where(environment, environment.get("PUBLIC_URL", address) + environment.get("URL_PREFIX", "/"), demo)
        return _wait(processes)
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(processes)


def _environment() -> dict[str, str]:
    """The real environment over `.env` over the development secrets."""
    from_file = {name: value for name, value in dotenv_values(ROOT / ".env").items() if value}
    given = {**from_file, **{name: value for name, value in os.environ.items() if value}}
    made = _kept(SECRETS_FILE, {"SECRET_KEY": _key, "CREDENTIAL_KEYS": _key})
    return {**made, **given}


def _demo_environment(environment: dict[str, str]) -> dict[str, str]:
    passwords = _kept(DEMO_FILE, {f"{name.upper()}_PASSWORD": _password for name in DEMO_MEMBERS})
    port = environment.get("SIMULATOR_PORT", "8051")
    return {
        **passwords,
        "DEMO": "1",
        "HOST": "127.0.0.1",  # everybody knows the demo's members: nobody else may reach it
        "NEXTCLOUD_URL": f"http://127.0.0.1:{port}",
        "NEXTCLOUD_ALLOW_HTTP": "1",
        "SIMULATOR_PORT": port,
        "DATABASE_URL": f"sqlite:///{VAR / 'demo.db'}",
    }


def _kept(file: Path, makers: dict[str, Callable[[], str]]) -> dict[str, str]:
    """The values in `file`; what is missing is made once. Only the owner may read it."""
    kept = {name: value for name, value in dotenv_values(file).items() if value}
    missing = {name: make() for name, make in makers.items() if name not in kept}
    if missing:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        lines = "".join(f"{name}={value}\n" for name, value in {**kept, **missing}.items())
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(lines)
    return {**kept, **missing}


def _key() -> str:
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _password() -> str:
    return secrets.token_urlsafe(9)


def _start_simulator(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    port = environment["SIMULATOR_PORT"]
    command = [sys.executable, "-m", "simulator", "--port", port, "--members-file", str(DEMO_FILE), "--demo"]
    return _start(command, environment)


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    # A session of its own, so that Ctrl-C reaches the processes through us and in order.
    return subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603 - our own commands


def _wait_until_up(environment: dict[str, str], processes: list[subprocess.Popen[bytes]]) -> bool:
    places = [(int(environment.get("PORT", "8050")), "/healthz")]
    if environment.get("DEMO"):
        places.append((int(environment["SIMULATOR_PORT"]), "/status.php"))
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if any(process.poll() is not None for process in processes):
            return False
        if all(_answers(environment.get("HOST", "127.0.0.1"), port, path) for port, path in places):
            return True
        time.sleep(0.05)
    return False


def _answers(host: str, port: int, path: str) -> bool:
    connection = HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _say_where(environment: dict[str, str], address: str, demo: bool) -> None:
    lines = ["", f"Talkboard  {address}"]
    if demo:
        lines += [f"Nextcloud  {environment['NEXTCLOUD_URL']}  (simulator)", ""]
        lines += [f"{name}  {environment[name.upper() + '_PASSWORD']}" for name in DEMO_MEMBERS]
    lines += ["", "Ctrl-C stops everything."]
    print("\n".join(lines), flush=True)  # noqa: T201 - this is what the command is for


def _wait(processes: Iterable[subprocess.Popen[bytes]]) -> int:
    while True:
        for process in processes:
            if process.poll() is not None:
                return process.returncode or 1
        time.sleep(0.5)


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """The app before the simulator: it may still be asking it something."""
    for process in reversed(processes):
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
