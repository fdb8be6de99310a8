"""From a conversation to what a row of the card shows. Pure: no clock, no language but the words given."""

from __future__ import annotations

from dataclasses import dataclass

from nextcloud.talk import Conversation
from services.plain_text import one_line
from services.preview import Preview, preview
from services.words import Words

NAME_LENGTH = 80


@dataclass(frozen=True)
class ConversationLine:
    """One conversation as one row of the card. Plain text, one line each; never HTML.

    `at` is the time of the last activity in Unix seconds (None: never), `url` an absolute address.
    """

    token: str
    name: str
    preview: Preview
    unread: int
    at: int | None
    url: str


def conversation_line(conversation: Conversation, base_url: str, words: Words, now: float) -> ConversationLine:
    """The row of `conversation` at `now` (Unix seconds), with a link below `base_url`."""
    return ConversationLine(
        token=conversation.token,
        name=one_line(conversation.name, NAME_LENGTH) or words.unnamed,
        preview=preview(conversation, words, now),
        unread=conversation.unread,
        at=conversation.last_activity or None,
        url=conversation_url(base_url, conversation.token),
    )


def conversation_url(base_url: str, token: str) -> str:
    """Where a conversation opens in the browser: from our own base, never from a field of an answer."""
    return f"{base_url}/call/{token}"
