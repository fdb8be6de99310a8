"""The app in processes of its own that die by `kill -9` at marked points, on the database of a `World`.

A mark is written as `before models.flow_store:FlowStore.keep_answer`. Nothing in the app knows of marks: the process
wraps what the mark names before it makes the app. Processes are forked from one that has everything imported already.
"""

from __future__ import annotations

import multiprocessing
import os
import pkgutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
from werkzeug import Response
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app, housekeeping
from services import housekeeping as housekeeping_module
from settings import Settings
from tests.world import Caller, World
from web import csrf, logs, session
from wiring import wire

START_SECONDS = 30
PACE_SECONDS = 0.05
"""Of the housekeeping: what is due is decided by rows, so nothing depends on its pace."""

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])


class Remote(Caller):
    """A member's browser that speaks to such a process. It keeps its cookies, whichever process there is."""

    def __init__(self, caller: Caller) -> None:
        self.name, self.token = caller.name, None
        self._drawn = caller.drawn_for(caller.name)
        cookies = [caller.client.get_cookie(name) for name in (session.COOKIE, csrf.COOKIE)]
        self.cookies = {cookie.key: cookie.value for cookie in cookies if cookie}
        self.url = ""

    def again(self) -> Caller:
        raise NotImplementedError

    def drawn_for(self, name: str) -> str:
        return self._drawn

    def _send(self, method: str, path: str, **options: Any) -> Response:  # type: ignore[override]
        headers = {"X-CSRFToken": self.cookies.get(csrf.COOKIE, "")}
        with httpx.Client(base_url=self.url, cookies=self.cookies, timeout=60) as client:
            answer = client.request(method, path, headers=headers, **options)
        return Response(answer.content, answer.status_code, dict(answer.headers))


class Process:
    """One running app."""

    def __init__(self, process: Any, pipe: Connection, ahead: Path) -> None:
        self._process = process
        self._ahead = ahead
        self.url = ""
        if pipe.poll(START_SECONDS):
            with suppress(EOFError):  # it ended while it was starting
                self.url = f"http://127.0.0.1:{pipe.recv()}"

    def advance(self, seconds: float) -> None:
        """Lets time pass at once."""
        self._ahead.write_text(str(float(self._ahead.read_text()) + seconds))

    def must_die(self, work: Callable[[], object]) -> None:
        """`work` until the process dies of its mark; fails where it does not."""
        with suppress(httpx.TransportError):
            work()
        self._process.join(20)
        assert self._process.exitcode == -signal.SIGKILL, f"the mark was never met: {self._process.exitcode}"

    def kill(self) -> None:
        self._process.kill()
        self._process.join()


@contextmanager
def running(world: World, *callers: Remote, mark: str = "", busy: bool = True) -> Iterator[Process]:
    """The app on the world's database until the end of the block. `busy`: with its work in the background."""
    ahead, log = world.folder / "ahead", world.folder / "processes.log"
    if not ahead.exists():
        ahead.write_text(str(world.clock.ahead))
    here, there = _CONTEXT.Pipe(duplex=False)
    arguments = (world.settings.model_dump(), str(ahead), str(log), mark, busy, there)
    process = _CONTEXT.Process(target=_serve, args=arguments, daemon=True)
    process.start()
    there.close()
    running_ = Process(process, here, ahead)
    for caller in callers:
        caller.url = running_.url
    assert running_.url, written(world)
    try:
        yield running_
    finally:
        running_.kill()


def reencrypt(world: World, keys: str, mark: str = "") -> int:
    """Runs `keys reencrypt` in a process of its own; its exit status, which is negative after a kill."""
    settings = {**world.settings.model_dump(), "credential_keys": keys}
    process = _CONTEXT.Process(target=_reencrypt, args=(settings, str(world.folder / "processes.log"), mark))
    process.start()
    process.join()
    return int(process.exitcode)


def written(world: World) -> str:
    """What the processes wrote to their logs."""
    file = world.folder / "processes.log"
    return file.read_text() if file.exists() else ""


def _serve(settings: dict[str, Any], ahead: str, log: str, mark: str, busy: bool, pipe: Connection) -> None:
    _begin(log, mark)
    clock_file = Path(ahead)
    housekeeping_module.LOOK_SECONDS = housekeeping_module.ENDING_LOOK_SECONDS = PACE_SECONDS  # type: ignore[assignment]
    server = create_app(Settings(_env_file=None, **settings), lambda: time.time() + float(clock_file.read_text() or 0))
    if busy:
        housekeeping(server).start()
    http = make_server("127.0.0.1", 0, server, threaded=True, request_handler=_Quiet)
    pipe.send(http.server_port)
    http.serve_forever()


def _reencrypt(settings: dict[str, Any], log: str, mark: str) -> None:
    _begin(log, mark)
    wired = wire(Settings(_env_file=None, **settings))
    result = wired.keys.reencrypt()
    wired.close()
    raise SystemExit(1 if result.unreadable else 0)


def _begin(log: str, mark: str) -> None:
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    logs.init("info")
    if mark:
        _arm(mark)


def _arm(mark: str) -> None:
    """`mark` is `before` or `after`, a name, and perhaps the number of the call that is deadly."""
    when, name, *number = mark.split()
    holder_name, _dot, attribute = name.rpartition("." if "." in name.partition(":")[2] else ":")
    holder = pkgutil.resolve_name(holder_name)
    original = getattr(holder, attribute)
    left = int(number[0]) if number else 1
    counting = threading.Lock()

    def deadly(*arguments: Any, **more: Any) -> Any:
        nonlocal left
        with counting:
            left -= 1
            dies = left == 0
        if dies and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **more)
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(holder, attribute, deadly)


class _Quiet(WSGIRequestHandler):
    def log(self, *_arguments: Any, **_more: Any) -> None:
        """Nothing: addresses of requests are nobody's business."""
