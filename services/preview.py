"""From a conversation to the line that stands under its name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PreviewLine:
    """One conversation as one row of the card. Plain text, one line each; never HTML.

    `name` is the conversation's display name, `preview` the author's prefix and the text ("" without a
    message), `at` the time of the last activity in Unix seconds (None: never), `url` an absolute address.
    """

    token: str
    name: str
    preview: str
    unread: int
    at: int | None
    url: str
