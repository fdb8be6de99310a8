"""schemathesis calls the API as the document says, and as it forbids: nothing comes that the document does not name.

It takes some 25 seconds. For more: TALKBOARD_FUZZ_SECONDS=600 .venv/bin/python -m pytest -n 0 this file.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from simulator import Simulator
from tests.browser.served import Served
from tests.http.running import running
from tests.world import PASSWORD, TOKEN

SECONDS = int(os.environ.get("TALKBOARD_FUZZ_SECONDS", "24"))
SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"

UNLINKED = ["--phases", "examples,coverage,fuzzing"]
RUNS = {
    "max": (1, ["--include-operation-id", "listRooms", *UNLINKED]),
    "anna": (2, ["--exclude-operation-id", "listRooms", *UNLINKED]),
    "peter": (1, ["--phases", "stateful"]),
}
"""Which member calls what, in how many quarters of the time: Max stays connected that way."""


@pytest.fixture
def app(tmp_path: Path, simulator: Simulator) -> Iterator[Served]:
    with running(tmp_path, simulator) as served:
        simulator.member("max").joins("Einsatzgruppe 1").post("peter", "Treffpunkt Gerätehaus")
        served.connect("max")
        yield served


def token(app: Served, name: str) -> str:
    answer = httpx.post(app.url.rstrip("/") + TOKEN, json={"username": name, "password": PASSWORD})
    return str(answer.json()["data"]["accessToken"])


@pytest.mark.parametrize("name", RUNS)
def test_nothing_comes_that_the_document_does_not_name(app: Served, tmp_path: Path, name: str) -> None:
    share, options = RUNS[name]
    command = [SCHEMATHESIS, "run", f"{app.url}api/openapi.json", "-H", f"Authorization: Bearer {token(app, name)}"]
    bounds = ["--max-time", str(max(1, SECONDS * share // 4)), "--generation-database", "none", "--no-color"]
    steady = [] if "TALKBOARD_FUZZ_SECONDS" in os.environ else ["--seed", "1"]

    done = subprocess.run(
        [*command, *bounds, *steady, *options], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 generated" not in done.stdout
    assert "Test cases:" in done.stdout
