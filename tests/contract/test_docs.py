"""What the documents say is still true: settings, codes, files, links, commands and tests that they name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from babel.messages.pofile import read_po

import commands
from models.database import newest_version
from nextcloud.errors import NextcloudError
from services.causes import CAUSES
from settings import Settings
from tests.contract.tree import PACKAGES, ROOT, tracked

OF_MAKE_RUN = {"SIMULATOR_PORT"}
"""Settings that the app itself does not read."""

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"[\w.-]+(/[\w.-]+)*(/|\.(py|js|css|html|po|toml|in|md|yml|json))")
PICTURE = re.compile(r"^ *```mermaid\n.*?^ *```", re.MULTILINE | re.DOTALL)
IN_PICTURE = re.compile(r"\b[\w-]+(?:/[\w-]+)+\.(?:py|js)\b")
OURS = {*PACKAGES, "assets", "docs", "migrations", "tests", "translations", "scripts"}
"""Folders whose files the documents name. Others belong to somebody else: /etc, var, Nextcloud."""
NOT_SERVING = {"tests", "simulator", "scripts", "benchmarks"}
LOGS = re.compile(r"\blog\.(info|warning|error|exception)\b|^write$")
"""What writes an event, in the log as it is delivered; `write` is one of these, chosen before."""
EVENT = re.compile(r"[a-z_]+\.[a-z_]+")
CASE = re.compile(r"^\| (?P<case>[FARMVO]\d+) \|.*\| (?P<shown>[^|]+) \|$", re.MULTILINE)
CODE_ROW = re.compile(r"^\| `(?P<code>\w+)` \| (?P<status>\d{3}) \|", re.MULTILINE)
SETTING_ROW = re.compile(r"^\| `(?P<name>[A-Z_]+)` \| (?P<default>[^|]*) \|", re.MULTILINE)
COMMAND_ROW = re.compile(r"^\| `(?P<command>[a-z]+(?: [a-z]+)?)\b[^|]*` \|", re.MULTILINE)


def documents() -> list[Path]:
    """The Markdown of the project, relative to the root."""
    return [path for path in tracked() if path.suffix == ".md"]


@cache
def text(path: str | Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def prose(path: Path) -> str:
    """A document without its blocks of code."""
    return FENCE.sub("", text(path))


@cache
def all_tests() -> frozenset[str]:
    """The name of every test there is."""
    files = (path for path in tracked() if path.parts[0] == "tests" and path.suffix == ".py")
    return frozenset(name for path in files for name in re.findall(r"def (test_\w+)\(", text(path)))


def anchors(path: Path) -> set[str]:
    """What a link into a document may name, by GitHub's rule."""
    titles = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def section(path: str, title: str) -> str:
    """The text below a title of the second order."""
    return text(path).split(f"\n## {title}\n")[1].split("\n## ")[0]


def events_in(tree: ast.Module) -> Iterator[str]:
    """What is logged in a file, at whatever condition."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and LOGS.search(ast.unparse(call.func)):
            words = (one.value for one in ast.walk(call.args[0]) if isinstance(one, ast.Constant))
            yield from (word for word in words if isinstance(word, str) and EVENT.fullmatch(word))


def test_operating_names_every_setting_and_no_other() -> None:
    named = {row["name"] for row in SETTING_ROW.finditer(section("docs/operating.md", "Settings"))}
    assert named == {name.upper() for name in Settings.model_fields} | OF_MAKE_RUN


@pytest.mark.parametrize("name", Settings.model_fields)
def test_operating_names_the_default_of_a_setting(name: str) -> None:
    table = section("docs/operating.md", "Settings")
    rows = {row["name"]: row["default"].strip("` ") for row in SETTING_ROW.finditer(table)}
    field, said = Settings.model_fields[name], rows[name.upper()]
    if field.is_required():
        assert said == "–"
    elif field.default not in (None, "", ()):
        assert said == (str(int(field.default)) if isinstance(field.default, bool) else str(field.default))


def test_operating_names_every_command_and_no_other() -> None:
    cli = commands.host().cli
    there = {f"{group} {name}" for group in ("members", "keys") for name in cli.commands[group].commands}  # type: ignore[attr-defined]
    there |= set(cli.commands) - {"members", "keys"}
    assert {row["command"] for row in COMMAND_ROW.finditer(section("docs/operating.md", "Commands"))} == there


def test_operating_shows_the_doctor_of_this_version() -> None:
    said = re.findall(r"^ok +schema +version (\d+)$", section("docs/operating.md", "Is all well?"), re.MULTILINE)
    assert said == [newest_version()]


def test_operating_explains_every_event_of_the_log_and_no_other() -> None:
    rows = re.findall(r"^\| (`[^|]+) \|", section("docs/operating.md", "Logs"), re.MULTILINE)
    sources = [path for path in tracked() if path.suffix == ".py" and path.parts[0] not in NOT_SERVING]
    logged = {event for path in sources for event in events_in(ast.parse(text(path)))}
    assert {event for row in rows for event in CODE.findall(row)} == logged


def test_api_names_every_code_with_its_status_and_no_other() -> None:
    said = {row["code"]: int(row["status"]) for row in CODE_ROW.finditer(section("docs/api.md", "Codes"))}
    assert said == {cause.code: cause.status for cause in CAUSES.values()}


def test_every_code_in_the_api_document_is_one() -> None:
    listed = "\n".join(re.findall(r"^Codes: (.+?)\n\n", text("docs/api.md"), re.MULTILINE | re.DOTALL))
    codes = {word for word in CODE.findall(listed) if "_" in word}
    assert codes
    assert codes <= set(CAUSES)


def test_every_error_of_nextcloud_is_a_cause() -> None:
    def below(kind: type[NextcloudError]) -> set[type[NextcloudError]]:
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    assert {kind.code for kind in below(NextcloudError)} <= set(CAUSES)


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_cause_has_its_sentence(language: str) -> None:
    with (ROOT / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as po_file:
        catalogue = read_po(po_file, locale=language)
    missing = [
        cause.code for cause in CAUSES.values() if not (found := catalogue.get(cause.sentence)) or not found.string
    ]
    assert missing == []


@pytest.mark.parametrize("document", documents(), ids=str)
def test_every_file_that_is_named_exists(document: Path) -> None:
    words = [word for word in CODE.findall(prose(document)) if PATH.fullmatch(word)]
    named = {word for word in words if word.split("/")[0] in OURS or word.endswith(".py")}
    named |= {word for picture in PICTURE.findall(text(document)) for word in IN_PICTURE.findall(picture)}
    assert {word for word in named if not (ROOT / word).exists()} == set()


@pytest.mark.parametrize("document", documents(), ids=str)
def test_every_link_leads_somewhere(document: Path) -> None:
    lost = []
    for found in LINK.finditer(prose(document)):
        target = next(group for group in found.groups() if group)
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _mark, anchor = target.partition("#")
        place = (ROOT / document.parent / unquote(name)).resolve() if name else ROOT / document
        if not place.exists() or (anchor and anchor not in anchors(place.relative_to(ROOT))):
            lost.append(target)
    assert lost == []


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", text("docs/nextcloud.md")))
    assert named
    assert named - all_tests() == set()


def test_no_case_is_said_to_be_without_a_test_that_has_one() -> None:
    unshown = {row["case"] for row in CASE.finditer(text("docs/nextcloud.md")) if row["shown"] == "not yet"}
    heads = {name: re.match(r"test_((?:[FARMVO]\d+_)+)", name) for name in all_tests()}
    shown = {case: name for name, head in heads.items() if head for case in head[1].split("_") if case}
    assert {case: shown[case] for case in unshown & shown.keys()} == {}, "name the test in docs/nextcloud.md §5"


def test_every_numbered_case_is_in_the_document() -> None:
    listed = {row["case"] for row in CASE.finditer(text("docs/nextcloud.md"))}
    heads = [re.match(r"test_((?:[FARMVO]\d+_)+)", name) for name in all_tests()]
    assert {case for head in heads if head for case in head[1].split("_") if case} - listed == set()


@pytest.mark.parametrize("document", documents(), ids=str)
def test_every_target_of_make_exists(document: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", text("Makefile"), re.MULTILINE))
    blocks = "\n".join(FENCE.findall(text(document))) + "\n" + "\n".join(CODE.findall(prose(document)))
    named = set(re.findall(r"(?:^|\s)make ([a-z][\w-]*)(?=\s|$)", blocks, re.MULTILINE))
    assert named - targets == set()


def test_the_readme_begins_with_the_two_commands() -> None:
    first = FENCE.findall(text("README.md"))[0]
    assert re.findall(r"^make (\w+)", first, re.MULTILINE) == ["run", "test"]
