"""What is copied from npm packages is what their maintainers published, with its licence."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.contract.tree import ROOT, tracked

VENDOR = {"dependencies": ROOT / "assets" / "vendor", "devDependencies": ROOT / "tests" / "vendor"}
"""By what they are for in `package.json`."""
FOLDERS = sorted(path for place in VENDOR.values() for path in place.iterdir() if path.is_dir())


def version_file(folder: Path) -> tuple[str, str, dict[str, str]]:
    """Package, version and the hash of every file, as the folder's VERSION says."""
    first, *lines = (folder / "VERSION").read_text(encoding="utf-8").splitlines()
    package, version, _rest = first.split(maxsplit=2)
    return package, version, {name: digest for digest, name in (line.split() for line in lines if line)}


def test_something_is_vendored() -> None:
    assert {folder.parent for folder in FOLDERS} == set(VENDOR.values())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_files_are_those_of_the_version(folder: Path) -> None:
    package, version, digests = version_file(folder)
    assert folder.name == f"{package}-{version}"
    there = {path.name for path in tracked() if (ROOT / path).parent == folder} - {"VERSION"}
    assert set(digests) == there
    assert "LICENSE" in there
    for name, digest in digests.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_version_is_the_locked_one(folder: Path) -> None:
    package, version, _digests = version_file(folder)
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert lock[f"node_modules/{package}"]["version"] == version
    kind = next(kind for kind, place in VENDOR.items() if place == folder.parent)
    assert json.loads((ROOT / "package.json").read_text(encoding="utf-8"))[kind][package] == version
