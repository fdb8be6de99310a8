"""What must never be in the repository, and the sizes that keep it readable."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.contract.tree import ROOT, modules, texts, tracked

FILE_LINES = 400
FUNCTION_LINES = 50

SECRETS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
    "a Fernet key": r"(?<![\w+/=-])[\w-]{43}=(?![\w=])",
    "something that Fernet encrypted": r"\bgAAAA[\w-]{40,}",
    "a JWT": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{40,}",  # the shortest signature has 43 characters
    "a password in an address": r"\w+://[^\s/:@{}<>$]+:[^\s/:@{}<>$…]+@(?!\{|([\w-]+\.)*example\.|127\.|localhost)",
}


def found(pattern: str) -> list[str]:
    """File and line of every place where `pattern` stands."""
    search = re.compile(pattern)
    return [
        f"{path}:{number}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if search.search(line)
    ]


PLANTED = {
    "a private key": "-----BEGIN " + "EC PRIVATE KEY-----",
    "a Fernet key": f'KEY="{"k" * 43}="',
    "something that Fernet encrypted": "gAAAA" + "Bq" * 30,
    "a JWT": "eyJ" + "h" * 20 + ".eyJ" + "p" * 20 + "." + "s" * 43,
    "a password in an address": "https://max" + ":geheim@cloud.feuerwehr.at/",
}


@pytest.mark.parametrize("kind", SECRETS)
def test_a_planted_secret_would_be_found(kind: str) -> None:
    assert re.search(SECRETS[kind], PLANTED[kind])


@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret(kind: str) -> None:
    assert found(SECRETS[kind]) == []


@pytest.mark.parametrize("path", ["var/secrets.env", "var/demo.env", "var/demo.db", "var/talkboard.db", ".env"])
def test_what_make_run_makes_never_gets_into_git(path: str) -> None:
    command = ["git", "-c", "safe.directory=*", "check-ignore", "--no-index", "-q", path]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    assert Path(path) not in tracked()


def test_nothing_leads_out_of_the_repository() -> None:
    assert found(re.escape("/".join(["..", "shared"]))) == []
    assert found(r"(?<![\w.-])/(?:work|root|home)/\w") == []


def test_no_lock_names_where_packages_come_from() -> None:
    for path in sorted(ROOT.glob("requirements*")):
        assert "://" not in path.read_text(encoding="utf-8"), path.name
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert {path.name for path in tracked()}.isdisjoint({".npmrc", "pip.conf", "uv.toml", "uv.lock"})


def test_no_module_hides_an_installed_one() -> None:
    own = {path.parts[0].removesuffix(".py") for path in tracked() if path.suffix == ".py"}
    assert own & (set(packages_distributions()) | set(sys.stdlib_module_names)) == set()


@pytest.mark.parametrize("path", modules(), ids=str)
def test_files_and_functions_stay_short(path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= FILE_LINES
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {node.name: (node.end_lineno or node.lineno) - node.lineno + 1 for node in functions}
    assert {name: length for name, length in lengths.items() if length > FUNCTION_LINES} == {}
