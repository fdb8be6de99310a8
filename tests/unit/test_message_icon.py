"""Every icon that a line may name is a picture and a word."""

from __future__ import annotations

import re

import pytest
from dash.development.base_component import Component

from components.message_icon import ICONS, message_icon
from services.preview import Preview
from tests.unit.lines import ROOT, words


def test_every_icon_has_a_word_and_no_other() -> None:
    assert set(ICONS) == set(words().things)


@pytest.mark.parametrize("picture", ICONS.values())
def test_every_icon_has_a_picture(picture: str) -> None:
    sheet = (ROOT / "assets/icons.css").read_text(encoding="utf-8")

    (address,) = re.findall(rf'\.icon-{picture} {{\s+--talk-icon: url\("([^"]+)"\);', sheet)

    assert (ROOT / "assets" / address).is_file()


def test_the_picture_is_for_the_eye_alone() -> None:
    picture, _blank = message_icon(Preview("Plan.pdf", icon="file", icon_words="Datei"))

    assert isinstance(picture, Component)
    assert picture.to_plotly_json()["props"]["aria-hidden"] == "true"


def test_words_alone_have_none() -> None:
    assert message_icon(Preview("Hallo")) == []
    assert len(message_icon(Preview("Standort", icon="location"))) == 2
