"""The face of a conversation without its picture: letters and a colour."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dash import html
from flask import Flask
from flask_babel import Babel

from components.face import COLOURS, face, initials
from services.conversation_line import ConversationLine
from services.preview import Preview
from tests.unit.test_talk_card_picture import walk

STYLES = Path(__file__).parents[2] / "assets"
GROUND = re.compile(r"\.face-(\d) \{ background: (#[0-9a-f]{6}); \}")
READABLE = 4.5
LINE = ConversationLine("abcd1234", "Einsatzgruppe 1", Preview("Hallo"), 0, None, "https://cloud.example/call/abcd1234")


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    server = Flask(__name__)
    Babel(server, default_locale="en", locale_selector=lambda: "en")
    with server.test_request_context():
        yield


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Einsatzgruppe 1", "E1"),
        ("Max Mustermann", "MM"),
        ("Anna von der Au", "AA"),
        ("Kommando", "K"),
        ("kommando", "K"),
        ("Öffentliche Sprechstunde", "ÖS"),
        ("O\u0308ffentlich", "O\u0308"),
        ("ßtrange ñame", "ßÑ"),
        ("(intern) Zug", "IZ"),
        ("„Zug 2“", "Z2"),
        ("112", "1"),
        ("🚒 Löschzug", "🚒"),
        ("👩‍🚒 Frauen", "👩‍🚒"),
        ("👍🏽", "👍🏽"),
        ("🇦🇹 Österreich", "🇦🇹"),
        ("❤️ Herz", "❤️"),
        ("1️⃣ Zug", "1️⃣"),
        ("Löschzug 🚒", "L"),
        ("© Presse", "P"),
        ("消防隊", "消"),
        ("إطفاء الحريق", "إا"),
        ("Lösch-Zug", "L"),
        ("---", "-"),
        ("…", "…"),
        ("", ""),
    ],
)
def test_one_or_two_letters_stand_for_a_name(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_colour_belongs_to_a_conversation_and_not_to_its_name() -> None:
    colours = {
        token: colour(face(replace(LINE, token=token))) for token in (f"room{number:04}" for number in range(200))
    }

    assert set(colours.values()) == set(range(COLOURS))
    assert colour(face(replace(LINE, token="room0007", name="Umbenannt"))) == colours["room0007"]


def test_white_letters_can_be_read_on_every_colour_and_none_is_missing() -> None:
    grounds = dict(GROUND.findall((STYLES / "talk_face.css").read_text()))

    assert sorted(grounds) == [str(number) for number in range(COLOURS)]
    assert {name: contrast(ground) for name, ground in grounds.items() if contrast(ground) < READABLE} == {}


def test_without_a_version_there_is_nothing_to_load() -> None:
    assert not [part for part in walk(face(LINE)) if isinstance(part, html.Img)]


def test_a_face_is_not_for_the_ear() -> None:
    there = face(replace(LINE, presence="online"))

    assert getattr(there, "aria-hidden", None) == "true"
    assert [part.title for part in walk(there) if "talk-presence" in getattr(part, "className", "")] == ["online"]


@pytest.mark.parametrize("status", ["offline", "invisible", "", "etwas Neues"])
def test_who_is_not_there_has_no_dot(status: str) -> None:
    there = face(replace(LINE, presence=status))

    assert not [part for part in walk(there) if "talk-presence" in getattr(part, "className", "")]


def colour(shown: Any) -> int:
    return int(shown.className.split("face-")[-1])


def contrast(ground: str) -> float:
    """Of white on it, as WCAG counts."""
    parts = [int(ground[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
