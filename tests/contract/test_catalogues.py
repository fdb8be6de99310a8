"""Every sentence of the sources has its German and its English form."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from tests.contract.tree import ROOT, modules

LANGUAGES = ("de", "en")
KEYWORDS = {**DEFAULT_KEYWORDS, "N_": None}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


def sentences() -> set[str]:
    """What the sources say; of a plural its singular."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as mapping:
        method_map, options = parse_mapping_cfg(mapping)
    found = extract_from_dir(ROOT, method_map, options, KEYWORDS)
    return {message if isinstance(message, str) else message[0] for _file, _line, message, _comments, _context in found}


def catalogue(language: str) -> Catalog:
    path = Path("translations") / language / "LC_MESSAGES" / "messages.po"
    with (ROOT / path).open("rb") as po_file:
        return read_po(po_file, locale=language)


def forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    """Singular and plural, or the one form."""
    return [text] if isinstance(text, str) else list(text)


def messages(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def test_the_sources_say_something() -> None:
    assert len(sentences()) > 40


def test_no_sentence_hides_in_an_f_string() -> None:
    """There the extraction does not find it: it would stay English in every language."""
    hidden = [
        f"{path}:{call.lineno}"
        for path in modules()
        for text in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("_", "ngettext", "N_")
    ]
    assert hidden == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_has_its_form(language: str) -> None:
    there = {forms(message.id)[0] for message in messages(language) if all(forms(message.string))}
    assert sentences() - there == set(), "make translations, then write them into the .po"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_form_without_a_sentence(language: str) -> None:
    assert {forms(message.id)[0] for message in messages(language)} - sentences() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_form_is_guessed_or_loses_a_value(language: str) -> None:
    for message in messages(language):
        assert not message.fuzzy, message.id
        values = set(PLACEHOLDER.findall(" ".join(forms(message.id))))
        assert set(PLACEHOLDER.findall(" ".join(forms(message.string)))) == values, message.id
