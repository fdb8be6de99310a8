"""The words that services put into lines, in the language of the request."""

from __future__ import annotations

from services.words import Words
from web.language import gettext as _


def words() -> Words:
    """All of them, in the reader's language."""
    return Words(
        you=_("You"),
        unnamed=_("Conversation"),
        no_messages=_("No messages yet"),
    )
