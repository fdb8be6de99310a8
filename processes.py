"""The processes of `make run`: they start together, and when one ends or Ctrl-C is pressed all of them end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

STOP_SECONDS = 50
"""Longer than gunicorn's own patience: a poll of a login flow may be under way."""

ORPHAN_SECONDS = 5
"""For what a process leaves behind that was killed."""


class Processes:
    """Child processes, each in a session of its own: Ctrl-C reaches them through us and in order."""

    def __init__(self) -> None:
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._signals = 0
        self._interrupts = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked)

    @property
    def asked_to_stop(self) -> bool:
        """Whether Ctrl-C was pressed or the like."""
        return self._signals > 0

    def start(self, name: str, command: Sequence[str], *, quiet: bool = False, keep_open: Sequence[int] = ()) -> None:
        """Starts `command`, with the open files `keep_open`. A `quiet` one says nothing but its errors."""
        output = subprocess.DEVNULL if quiet else None
        started = subprocess.Popen(  # noqa: S603 - our own commands
            command, stdin=subprocess.DEVNULL, stdout=output, pass_fds=keep_open, start_new_session=True
        )
        self._running.append((name, started))

    def all_run(self) -> bool:
        """Whether everything runs and nobody wants it to stop. Says which one does not."""
        if self.asked_to_stop:
            return False
        for name, process in self._running:
            if process.poll() is not None:
                _say(f"{name} has ended (status {process.returncode}), so everything is stopped.")
                return False
        return True

    def wait(self) -> int:
        """Waits for Ctrl-C (0) or for the end of a process (1)."""
        while self.all_run():
            time.sleep(0.1)
        return 0 if self.asked_to_stop else 1

    def stop(self) -> None:
        """Stops everything: the last that was started first, because it may still be asking the others something."""
        while self._running:
            _name, process = self._running.pop()
            patience = STOP_SECONDS if process.poll() is None else ORPHAN_SECONDS
            _send(process, signal.SIGTERM)
            self._wait_for_end(process, time.monotonic() + patience)
            _send(process, signal.SIGKILL, everywhere=True)
            process.wait()

    def _wait_for_end(self, process: subprocess.Popen[bytes], until: float) -> None:
        """Until the process and its children have ended, or Ctrl-C is pressed a second time."""
        while time.monotonic() < until and self._interrupts < 2:
            if process.poll() is not None and not _send(process, 0):
                return
            time.sleep(0.02)

    def _asked(self, number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        self._interrupts += number == signal.SIGINT


def _send(process: subprocess.Popen[bytes], number: int, *, everywhere: bool = False) -> bool:
    """Sends a signal to the process, or to what it left behind; tells whether there was anybody."""
    try:
        if process.poll() is None and not everywhere:
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)
    except ProcessLookupError:
        return False
    return True


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - this is what the command is for
