"""The locked sets hold what the .in files ask for, with hashes; production gets no test package."""

from __future__ import annotations

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.contract.tree import ROOT

SETS = ("requirements", "requirements-dev", "requirements-uv")
PINNED = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)


def wanted(name: str) -> list[Requirement]:
    """What an .in file and those that it includes ask for."""
    asked: list[Requirement] = []
    for line in (ROOT / f"{name}.in").read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            asked += wanted(line.removeprefix("-r ").removesuffix(".in"))
        elif line and not line.startswith("#"):
            asked.append(Requirement(line))
    return asked


def locked(name: str) -> dict[str, list[Version]]:
    """The locked versions; where they differ between platforms, all of them."""
    versions: dict[str, list[Version]] = {}
    for package, version in PINNED.findall((ROOT / f"{name}.txt").read_text(encoding="utf-8")):
        versions.setdefault(canonicalize_name(package), []).append(Version(version))
    return versions


@pytest.mark.parametrize("name", SETS)
def test_lock_holds_what_is_asked_for(name: str) -> None:
    versions = locked(name)
    for requirement in wanted(name):
        there = versions.get(canonicalize_name(requirement.name))
        assert there, f"{requirement.name} is not locked; make lock"
        assert all(requirement.specifier.contains(version) for version in there), f"{requirement}; make lock"


@pytest.mark.parametrize("name", SETS)
def test_every_package_is_held_by_its_hashes(name: str) -> None:
    blocks = re.split(r"^(?=[\w.-]+==)", (ROOT / f"{name}.txt").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert blocks
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_production_has_no_package_of_the_tests() -> None:
    only_for_tests = {canonicalize_name(one.name) for one in wanted("requirements-dev")}
    only_for_tests -= {canonicalize_name(one.name) for one in wanted("requirements")}
    assert only_for_tests & set(locked("requirements")) == set()
    assert {"pytest", "selenium", "uv"}.isdisjoint(locked("requirements"))


def test_tests_run_on_the_versions_of_production() -> None:
    production, tests = locked("requirements"), locked("requirements-dev")
    asked = {canonicalize_name(one.name) for one in wanted("requirements")}
    assert {name for name in asked if production[name] != tests[name]} == set()
