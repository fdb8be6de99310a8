"""Other people's text made fit for one line: no line breaks, no control characters, cut by what a reader sees."""

from __future__ import annotations

import itertools

import regex

LONGEST_GRAPHEME = 24
"""Code points of one grapheme. Families and flags have a dozen; what has more only wants to grow out of its line."""

MOST_MARKS = 6
"""Combining marks upon one another: Hebrew and Vietnamese need four."""

_GRAPHEME = regex.compile(r"\X")
_CONTROL = regex.compile(r"[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]")
# Direction marks would turn the text around them; the others are there only to be not seen. What stays: the joiners,
# which Persian and emoji need; the selectors of a picture's form; the tags of a flag such as Scotland's.
_INVISIBLE = regex.compile(
    r"(?V1)(?:\U0001F3F4[\U000E0030-\U000E007A]{1,6}\U000E007F)(*SKIP)(*FAIL)"
    r"|[[\p{Cf}\p{Default_Ignorable_Code_Point}]--[\u200C\u200D\p{Variation_Selector}\p{Prepended_Concatenation_Mark}]]"
)
_STRAY_JOINER = regex.compile(
    r"(?<![\p{L}\p{M}\p{So}\p{Emoji_Modifier}])[\u200C\u200D]+"
    r"|[\u200C\u200D]+(?![\p{L}\p{M}\p{Extended_Pictographic}])"
    r"|(?<=[\u200C\u200D])[\u200C\u200D]+"
)
_TOO_MANY_MARKS = regex.compile(rf"(\p{{M}}{{{MOST_MARKS}}})\p{{M}}+")
_BLANK = regex.compile(r"[\s\u2800]+")


def one_line(text: str, length: int, *, more: bool = False) -> str:
    """`text` without control characters and line breaks, cut after `length` graphemes with an ellipsis.

    `more` says that the text goes on behind what is given: then it ends with an ellipsis in any case.
    """
    head = text[: length * LONGEST_GRAPHEME]  # whatever comes, the work has an end
    shown = [_bounded(match.group()) for match in itertools.islice(_GRAPHEME.finditer(_flat(head)), length + 1)]
    if more or len(shown) > length or len(head) < len(text):
        return "".join(shown[: length - 1]).rstrip(" \u200c\u200d") + "…"
    return "".join(shown)


def _flat(text: str) -> str:
    visible = _STRAY_JOINER.sub("", _INVISIBLE.sub("", _CONTROL.sub(" ", text)))
    return _BLANK.sub(" ", _TOO_MANY_MARKS.sub(r"\1", visible)).strip()


def _bounded(grapheme: str) -> str:
    return grapheme if len(grapheme) <= LONGEST_GRAPHEME else "\N{REPLACEMENT CHARACTER}"
