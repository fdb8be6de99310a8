"""Other people's text made fit for one line: no line breaks, no control characters, cut by what a reader sees."""

from __future__ import annotations

import itertools

import regex

_GRAPHEME = regex.compile(r"\X")
_CONTROL = regex.compile(r"[\p{Cc}\p{Cs}]")
# Direction marks would turn the text around a name; the others are there only to be not seen.
_INVISIBLE = regex.compile(r"[\u200B\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]")
_BLANK = regex.compile(r"\s+")


def one_line(text: str, length: int) -> str:
    """`text` without control characters and line breaks, cut after `length` graphemes with an ellipsis."""
    flat = _BLANK.sub(" ", _CONTROL.sub(" ", _INVISIBLE.sub("", text))).strip()
    graphemes = [match.group() for match in itertools.islice(_GRAPHEME.finditer(flat), length + 1)]
    return flat if len(graphemes) <= length else "".join(graphemes[: length - 1]).rstrip() + "…"
