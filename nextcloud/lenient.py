"""Single values of Nextcloud's answers, read forgivingly: what is odd counts as absent, nothing is endless."""

from __future__ import annotations

from typing import Any

TEXT_LENGTH = 600
"""Characters of a text that are kept; a message may have 32,000 and one line shows about a hundred."""

ID_LENGTH = 255
"""Characters of an id, and of a kind, that are kept."""

LATEST = 4102444800
"""The year 2100: a time beyond it, or before 1970, is none."""

_DIGITS = 18


def text(value: Any, length: int = TEXT_LENGTH) -> str:
    """The first `length` characters of a text or a number; "" for anything else, which may be nested without end."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    if isinstance(value, int) and abs(value) >= 10**_DIGITS:
        return ""  # thousands of digits would be an error
    return str(value)[:length] if value else ""


def number(value: Any) -> int:
    """A whole number, also one that comes as text; 0 for anything else."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if abs(value) < 10**_DIGITS else 0
    digits = value.removeprefix("-") if isinstance(value, str) else ""
    return int(value) if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS else 0


def flag(value: Any) -> bool:
    """Whether it is true, 1 or "1"."""
    return number(value) != 0


def time(value: Any) -> int:
    """Unix seconds, or 0 for what is no time that could be shown."""
    seconds = number(value)
    return seconds if 0 <= seconds <= LATEST else 0
