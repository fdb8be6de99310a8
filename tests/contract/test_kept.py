"""What is kept about a member is said in one table: the code, the operator's document and the database agree."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po
from sqlmodel import SQLModel

from models import failure_budget, observation  # noqa: F401 - their tables belong to the metadata
from models.member import Member
from models.own_data import OF_A_MEMBER
from services.my_data import KEPT, Kept
from settings import Settings
from tests.contract.test_docs import section
from tests.contract.tree import ROOT

BY_NAME = "embed_tickets"
"""A member's for a minute, before he may be one."""

OF_NOBODY = {"login_slots", "nextcloud_hosts", "observations"}
"""Tables without a member: how often a Nextcloud has refused a login, and what was counted."""


def row(kept: Kept) -> str:
    """A row of the document."""
    where = f"table `{kept.table}`" if kept.table else kept.where
    return f"| {kept.what} | {where} | {kept.how_long.replace('%(days)s', '`SESSION_DAYS`')} |"


def test_operating_says_what_the_settings_page_says() -> None:
    table = section("docs/operating.md", "What is kept, and for how long")
    rows = [line for line in table.splitlines() if line.startswith("| ") and line != "| what | where | how long |"]
    assert rows == [row(kept) for kept in KEPT]


@pytest.mark.parametrize(("document", "locale"), [("privacy-template.md", "en"), ("datenschutz-vorlage.md", "de")])
def test_the_template_for_a_privacy_notice_says_the_same(document: str, locale: str) -> None:
    with (ROOT / "translations" / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file)

    def said(words: str) -> str:
        message = catalogue.get(words)
        assert message is not None
        return str(message.string or words).replace("%(days)s", str(Settings.model_fields["session_days"].default))

    lines = (ROOT / "docs" / document).read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ")][1:]
    assert rows == [f"| {said(one.what)} | {said(one.where)} | {said(one.how_long)} |" for one in KEPT]


def test_every_table_of_a_member_is_read_for_him_and_named() -> None:
    tables = SQLModel.metadata.tables
    of_members = {
        name for name, table in tables.items() if any(key.column.table.name == "users" for key in table.foreign_keys)
    }
    assert of_members == {str(model.__tablename__) for model in OF_A_MEMBER}
    assert {kept.table for kept in KEPT if kept.table} == {*of_members, "users", BY_NAME}
    assert tables.keys() - of_members - {"users", BY_NAME} == OF_NOBODY


@pytest.mark.parametrize("model", [Member, *OF_A_MEMBER])
def test_what_is_a_secret_is_left_out_of_a_models_repr_or_is_a_hash(model: type[SQLModel]) -> None:
    """By this `models/own_data.py` knows what must not be shown."""
    shown = {name for name, field in model.model_fields.items() if field.repr and not name.endswith("_hash")}
    assert [name for name in shown if re.search(r"password|token|secret|answer|login_url", name)] == []
