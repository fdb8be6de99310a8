"""Whatever somebody writes: a line is one line, bounded, and plain."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from services.message_text import PREVIEW_LENGTH
from services.plain_text import LONGEST_GRAPHEME, MOST_MARKS, one_line
from tests.unit.hostile_texts import HOSTILE, NORMAL, PIECES
from tests.unit.lines import line_of, said

BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
UNSEEN = BIDI | set("\u00ad\u200b\u2060\u2028\u2029\ufeff\u3164\u115f")

pieces = st.lists(st.sampled_from(PIECES) | st.text(max_size=5) | st.just("{mention-user1}"), max_size=60)
texts = pieces.map("".join) | st.text() | st.sampled_from(list(HOSTILE.values()))


def named(name: str) -> dict[str, Any]:
    return {"mention-user1": {"type": "user", "id": "x", "name": name}}


def assert_plain(line: str, length: int) -> None:
    graphemes = regex.findall(r"\X", line)
    assert len(graphemes) <= length
    assert max(map(len, graphemes), default=0) <= LONGEST_GRAPHEME
    assert not set(line) & UNSEEN
    assert {unicodedata.category(character) for character in line}.isdisjoint({"Cc", "Cs", "Zl", "Zp"})
    assert line == line.strip()
    assert "  " not in line
    assert not regex.search(rf"\p{{M}}{{{MOST_MARKS + 1}}}", line)
    tags = regex.sub(r"\U0001F3F4[\U000E0030-\U000E007A]{1,6}\U000E007F", "", line)
    assert not regex.search(r"[\U000E0000-\U000E00FF]", tags)


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("markdown", [True, False])
def test_every_hostile_text_is_one_plain_line(kind: str, markdown: bool) -> None:
    line = line_of(said(HOSTILE[kind], named(HOSTILE[kind]), markdown=markdown, actorDisplayName=HOSTILE[kind]))

    assert line.text
    assert_plain(line.text, PREVIEW_LENGTH)
    assert_plain(line.author, PREVIEW_LENGTH)


@given(text=texts, name=texts, markdown=st.booleans())
def test_whatever_is_written_is_one_plain_line(text: str, name: str, markdown: bool) -> None:
    text, name = without_surrogates(text), without_surrogates(name)

    line = line_of(said(text, named(name), markdown=markdown, actorDisplayName=name))

    assert line.text
    assert_plain(line.text, PREVIEW_LENGTH)
    assert_plain(line.author, PREVIEW_LENGTH)


@given(text=texts, length=st.integers(min_value=1, max_value=130), more=st.booleans())
def test_a_line_that_was_made_stays_as_it_is(text: str, length: int, more: bool) -> None:
    once = one_line(text, length, more=more)

    assert_plain(once, length)
    assert one_line(once, length) == once


def test_marks_on_marks_are_bounded_and_their_letters_stay() -> None:
    assert one_line("".join(letter + "\u0301" * 50 for letter in "Zalgo"), 120) == "".join(
        letter + "\u0301" * MOST_MARKS for letter in "Zalgo"
    )


def test_no_joiner_hangs_before_the_ellipsis() -> None:
    assert one_line("می\u200cخو", 3) == "می…"


def test_what_lies_beyond_any_line_is_not_even_read() -> None:
    assert one_line("\u200b" * (10 * LONGEST_GRAPHEME) + "x", 10) == "…"


@given(text=st.text(st.characters(categories=("L", "N", "P", "Zs"), max_codepoint=0x24F), max_size=100))
def test_a_plain_text_loses_nothing_but_blanks(text: str) -> None:
    visible = " ".join(text.replace("\u00ad", "").split())

    assert one_line(text, 120) == visible
    assert line_of(said(text, markdown=False)).text == (visible or "…")


@given(name=st.text(st.sampled_from("ab*_`~[]()<>{}!#-+|&;\\"), min_size=1, max_size=20).filter(str.strip))
def test_a_name_is_never_read_as_markdown(name: str) -> None:
    line = line_of(said("**Hallo** {mention-user1} und _{mention-user1}_ :)", named(f"x{name}x")))

    assert line.text == f"Hallo @x{name}x und @x{name}x :)"


def test_a_normal_message_is_read_as_it_was_meant() -> None:
    assert line_of(said(NORMAL, named("Max"))).text == "Hallo @Max, Übung am Samstag um 19 Uhr, siehe Plan 🚒"


def without_surrogates(text: str) -> str:
    """JSON cannot carry halves of characters, nor does Nextcloud send them."""
    return text.encode("utf-8", "ignore").decode()
