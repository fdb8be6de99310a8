"""What a row says to the ear: one sentence in the reader's language, with nothing shortened."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dash import html
from flask import Flask
from flask_babel import Babel, force_locale

from components.conversation_row import conversation_row
from components.row_sentence import mark_words, row_sentence
from services.conversation_line import Badge, ConversationLine, Mark
from services.preview import Preview
from tests.unit.test_talk_card_picture import walk

NOON = 1_767_265_200
LINE = ConversationLine(
    "abc", "Einsatzgruppe 1", Preview("Einsatz morgen", "Max"), 5, NOON, "https://c.example/call/abc"
)


def heard(line: ConversationLine, language: str = "de", *, compact: bool = False) -> str:
    """The sentence, with „vor 5 Minuten“ or „Mittwoch“ where the browser writes a time."""
    server = Flask(__name__)
    Babel(server, default_translation_directories="../../translations")
    with server.test_request_context(), force_locale(language):
        sentence = row_sentence(line, compact=compact)
    words = {"relative": {"de": "vor 5 Minuten", "en": "5 minutes ago"}[language], "moment": "Mittwoch"}
    said = [words[getattr(part, "data-spoken")] if isinstance(part, html.Time) else part for part in walk(sentence)]
    return "".join(part for part in said if isinstance(part, str))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Einsatzgruppe 1, 5 ungelesene Nachrichten, letzte Nachricht von Max vor 5 Minuten: Einsatz morgen"),
        ("en", "Einsatzgruppe 1, 5 unread messages, latest message from Max 5 minutes ago: Einsatz morgen"),
    ],
)
def test_a_row_is_one_good_sentence(language: str, said: str) -> None:
    assert heard(LINE, language) == said


def test_own_messages_and_those_without_author_read_as_well() -> None:
    assert heard(replace(LINE, unread=0, preview=Preview("Bin dort", "Du", own=True))) == (
        "Einsatzgruppe 1, letzte Nachricht von Ihnen vor 5 Minuten: Bin dort"
    )
    assert heard(replace(LINE, unread=1, preview=Preview("Bin dort"), badge=Badge.DIRECT)) == (
        "Einsatzgruppe 1, 1 ungelesene Nachricht, letzte Nachricht vor 5 Minuten: Bin dort"
    )


def test_icons_and_marks_are_words() -> None:
    line = replace(
        LINE,
        unread=104,
        badge=Badge.GROUP,
        mentioned=True,
        marks=(Mark.CALL, Mark.FAVORITE),
        presence="away",
        preview=Preview("Plan.pdf", "Anna", "file", icon_words="Datei"),
    )

    assert heard(line) == (
        "Einsatzgruppe 1, abwesend, Anruf läuft, Favorit, 104 ungelesene Nachrichten, Sie werden erwähnt, "
        "letzte Nachricht von Anna vor 5 Minuten: Datei: Plan.pdf"
    )


def test_words_about_a_message_are_no_message() -> None:
    waiting = replace(LINE, unread=0, opens_at=NOON + 99, preview=Preview("In der Lobby", quiet=True))

    assert heard(waiting) == "Einsatzgruppe 1, ab Mittwoch, In der Lobby, zuletzt aktiv vor 5 Minuten"
    assert heard(replace(waiting, opens_at=None, at=None)) == "Einsatzgruppe 1, In der Lobby"


def test_a_compact_row_keeps_what_was_said_to_itself() -> None:
    assert heard(LINE, compact=True) == "Einsatzgruppe 1, 5 ungelesene Nachrichten, zuletzt aktiv vor 5 Minuten"


def test_every_mark_has_words_of_its_own() -> None:
    server = Flask(__name__)
    Babel(server)
    with server.test_request_context():
        words = {mark: mark_words(mark) for mark in Mark}

    assert len(set(words.values())) == len(words) - 1  # a call is one whether it is wanted or not


def test_all_that_is_for_the_eye_is_hidden_from_the_ear() -> None:
    server = Flask(__name__)
    Babel(server)
    with server.test_request_context():
        link = conversation_row(LINE).children
    *shown, sentence = link.children

    assert [getattr(part, "aria-hidden", None) for part in shown] == ["true", "true"]
    assert sentence.className == "visually-hidden"
