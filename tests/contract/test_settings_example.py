"""`.env.example` and the settings say the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
from cryptography.fernet import Fernet

from settings import Settings
from tests.contract.tree import ROOT

NOT_SETTINGS = {"SIMULATOR_PORT": "8051"}
"""Read by `make run` alone."""
NOT_FOR_PEOPLE = {"demo"}
"""Set by `make run`, never by a person."""

ENTRY = re.compile(r"^# (?P<sentence>.+)\.\n(?P<default>#?)(?P<name>[A-Z_]+)=(?P<value>.*)$", re.MULTILINE)
EXAMPLE = {entry["name"]: entry for entry in ENTRY.finditer((ROOT / ".env.example").read_text(encoding="utf-8"))}
FIELDS = {name: field for name, field in Settings.model_fields.items() if name not in NOT_FOR_PEOPLE}


def written(default: Any) -> str:
    """A default as one writes it into the file."""
    if isinstance(default, bool):
        return str(int(default))
    return "" if default in (None, ()) else str(default)


def test_example_has_every_setting_and_nothing_more() -> None:
    assert set(EXAMPLE) == {name.upper() for name in FIELDS} | set(NOT_SETTINGS)


def test_every_line_of_the_example_is_read_here() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assert sum("=" in line and not line.startswith("# ") for line in lines) == len(EXAMPLE)


@pytest.mark.parametrize("name", FIELDS)
def test_example_says_sentence_and_default(name: str) -> None:
    entry, field = EXAMPLE[name.upper()], FIELDS[name]
    assert entry["sentence"] == field.description
    assert bool(entry["default"]) is not field.is_required()
    assert entry["value"] == ("" if field.is_required() else written(field.default))


def test_an_untouched_copy_of_the_example_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in EXAMPLE:
        monkeypatch.delenv(name, raising=False)
    given: dict[str, Any] = {"nextcloud_url": "https://c.example.org", "secret_key": "s" * 40}
    given["credential_keys"] = Fernet.generate_key().decode()
    with_example = Settings(_env_file=ROOT / ".env.example", **given)
    assert with_example == Settings(_env_file=None, **given)
