"""Starts apps out of a process that has loaded all their modules already: importing them is most of a start."""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

from gunicorn.app.wsgiapp import run

ROOT = Path(__file__).parents[2]
_WARM = multiprocessing.get_context("forkserver")
_WARM.set_forkserver_preload(["app", "gunicorn.workers.gthread", __name__])


def start(environment: dict[str, str], log_file: Path) -> BaseProcess:
    """gunicorn as the leader of a process group of its own, with this environment and no other; both its outputs
    go to the end of `log_file`."""
    process = _WARM.Process(target=_serve, args=(environment, log_file), daemon=False)
    process.start()
    return process


def _serve(environment: dict[str, str], log_file: Path) -> None:
    os.setsid()
    os.chdir(ROOT)
    with log_file.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["gunicorn", "tests.browser.clocked_app:server"]
    run()
