"""What a person starts in a terminal, as a process: what it says, what it has started, and its end."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

READY = "Ctrl-C stops everything."


class Start:
    """One `python run.py`, as `make run` does it, with what it says; or another script."""

    patience_seconds = 40

    def __init__(self, checkout: Path, settings: dict[str, str], script: str = "run.py") -> None:
        environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **settings}
        self.output = checkout / f"output-{time.monotonic_ns()}"
        with self.output.open("w") as out:
            # In a terminal Ctrl-C counts; what a script has put into the background would ignore it, and hand that on.
            command = ["env", "--default-signal=INT", sys.executable, script]
            self.process = subprocess.Popen(
                command, cwd=checkout, env=environment, stdout=out, stderr=subprocess.STDOUT
            )

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def until(self, words: str) -> str:
        """Waits until it says `words`."""
        end = time.monotonic() + self.patience_seconds
        while words not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, self.said
            time.sleep(0.05)
        return self.said

    def ended(self) -> int:
        """Waits for the end; the exit status."""
        return self.process.wait(self.patience_seconds)

    def children(self) -> set[int]:
        """Everything that was started by it, however far down."""
        parents = {int(stat.split()[0]): int(stat.rsplit(")", 1)[1].split()[1]) for stat in _stats()}
        family = {self.process.pid}
        for _generation in range(4):
            family |= {pid for pid, parent in parents.items() if parent in family}
        return family - {self.process.pid}


def _stats() -> Iterator[str]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield (folder / "stat").read_text()
        except OSError:
            continue  # ended meanwhile


def running(pids: set[int]) -> set[int]:
    """Those that still run; who has ended and waits to be collected does not."""
    return {int(stat.split()[0]) for stat in _stats() if stat.rsplit(")", 1)[1].split()[0] != "Z"} & pids


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def passwords(said: str) -> dict[str, str]:
    """Who may sign in at the demo, and how."""
    return dict(re.findall(r"^(max|anna|peter)  (\S+)$", said, re.MULTILINE))
