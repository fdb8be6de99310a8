"""The contracts about imports turn red where they should."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.contract.tree import BIN, PACKAGES, ROOT, copy_to, tracked

PLANTED = {
    "services/clock.py": "import flask",
    "models/member.py": "import dash",
    "nextcloud/talk.py": "import sqlmodel",
    "nextcloud/errors.py": "import services.clock",
    "models/sign_in.py": "import nextcloud.errors",
    "web/csrf.py": "import components.shell",
    "components/marks.py": "import pages.dashboard",
    "components/shell.py": "import settings",
    "web/gate.py": "import app",
    "pages/preferences.py": "import wiring",
    "services/causes.py": "import simulator",
    "simulator/clock.py": "import services.clock",
    "simulator/ocs.py": "import settings",
}
TOP = {"app", "commands", "run"}
"""Nobody imports these: they make everything else. `commands` is the app's own."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_to(tmp_path_factory.mktemp("layers"))


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONIOENCODING": "utf-8"}
    command = [BIN / "lint-imports", "--no-cache"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_tree_as_it_is_keeps_all(copy: Path) -> None:
    answer = lint_imports(copy)
    assert answer.returncode == 0, answer.stdout
    assert "0 broken" in answer.stdout


@pytest.mark.parametrize("path", PLANTED)
def test_a_planted_import_is_found(copy: Path, path: str) -> None:
    module = copy / path
    with module.open("a", encoding="utf-8") as out:
        out.write(f"\n{PLANTED[path]}\n")
    try:
        answer = lint_imports(copy)
    finally:
        shutil.copy2(ROOT / path, module)
    assert answer.returncode == 1, answer.stdout
    assert "1 broken" in answer.stdout or "2 broken" in answer.stdout


def test_nothing_imports_the_top() -> None:
    allowed = {("app.py", "commands")}
    imports = set()
    for path in tracked():
        if path.suffix == ".py" and (path.parts[0] in PACKAGES or len(path.parts) == 1):
            for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                imports |= {(str(path), name.split(".")[0]) for name in names}
    assert {(path, name) for path, name in imports if name in TOP} - allowed == set()
