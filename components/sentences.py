"""Sentences of the catalogues with components in their places, and moments as the browser wants them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from dash.development.base_component import Component

Words = list[Component | str]

_PLACE = re.compile(r"%\((\w+)\)s")


def filled(sentence: str, **parts: Words) -> Words:
    """`sentence` with `parts` in its places, in the order that the language wants."""
    pieces = _PLACE.split(sentence)
    return [one for at, piece in enumerate(pieces) for one in (parts[piece] if at % 2 else [piece] if piece else [])]


def iso_time(unix_seconds: int) -> str:
    """The moment as the `datetime` attribute of a time element wants it, in UTC."""
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
