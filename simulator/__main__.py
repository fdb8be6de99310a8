"""`python -m simulator`: an instance to develop against or to show around."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from simulator.demo import HAVE_ACCOUNTS, populate
from simulator.demo_life import Life
from simulator.remembering import recall, remember
from simulator.server import Simulator

SUFFIX = "_PASSWORD"
REMEMBER_SECONDS = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted or terminated."""
    given = _parser().parse_args(arguments)
    try:
        passwords = _passwords(given.members_file)
        simulator = Simulator(given.web_root, port=given.port, host=given.host)
    except (OSError, ValueError) as error:
        _tell(f"simulator: {error}", sys.stderr)
        return 2
    _set_up(simulator, passwords, demo=given.demo)
    if given.state_file:
        recall(simulator.state, given.state_file)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_frame: stop.set())
    with simulator:
        if given.demo:
            Life(simulator.instance).start()
        _tell(f"Simulator ready at {simulator.url} (control: {simulator.origin}/_control)")
        _wait(simulator, given.state_file, stop)
    return 0


def _wait(simulator: Simulator, state_file: Path | None, stop: threading.Event) -> None:
    """Until `stop`, remembering what must outlive a restart."""
    written = ""
    while not stop.wait(REMEMBER_SECONDS if state_file else None):
        if state_file:
            written = remember(simulator.state, state_file, written)
    if state_file:
        remember(simulator.state, state_file, written)


def read_passwords(text: str) -> dict[str, str]:
    """The `NAME_PASSWORD=…` lines of a members file, by user id. Other lines are not ours."""
    found = {}
    for line in text.splitlines():
        key, separator, value = line.strip().removeprefix("export ").partition("=")
        if separator and key.endswith(SUFFIX) and key != SUFFIX and not key.startswith("#"):
            found[key.removesuffix(SUFFIX).lower()] = value.strip().strip("\"'")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m simulator", description="A simulated Nextcloud with Talk.")
    parser.add_argument("--port", type=int, default=8051)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address; others are refused")
    parser.add_argument("--web-root", default="", help="for example /nextcloud")
    parser.add_argument("--members-file", type=Path, help="lines like MAX_PASSWORD=…")
    parser.add_argument("--state-file", type=Path, help="where app passwords outlive a restart")
    parser.add_argument("--demo", action="store_true", help="a fire brigade whose members keep writing")
    return parser


def _passwords(members_file: Path | None) -> dict[str, str]:
    return read_passwords(members_file.read_text(encoding="utf-8")) if members_file else {}


def _set_up(simulator: Simulator, passwords: dict[str, str], *, demo: bool) -> None:
    """The members with their passwords. Passwords nobody gave are shown once."""
    if demo:
        populate(simulator.state)
    for user_id in {**HAVE_ACCOUNTS, **passwords}:
        member = simulator.member(user_id, HAVE_ACCOUNTS.get(user_id, ""), passwords.get(user_id, ""))
        if user_id not in passwords:
            _tell(f"{user_id}: {member.password}")


def _tell(text: str, where: TextIO | None = None) -> None:
    print(text, file=where or sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main())
