"""From a conversation to the line that stands under its name. Pure: no clock, no language but the words given."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import regex

from nextcloud.talk import FORMER_ONE_TO_ONE, ONE_TO_ONE, Conversation, Message

PREVIEW_LENGTH = 120
"""Graphemes of a line: what a reader takes for one character may be a dozen code points."""

NAME_LENGTH = 80

_PLACEHOLDER = regex.compile(r"\{([A-Za-z0-9_-]+)\}")
_GRAPHEME = regex.compile(r"\X")
_CONTROL = regex.compile(r"[\p{Cc}\p{Cs}]")
# Direction marks would turn the text around a name; the others are there only to be not seen.
_INVISIBLE = regex.compile(r"[\u200B\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]")
_BLANK = regex.compile(r"\s+")


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


@dataclass(frozen=True)
class Words:
    """The words of the reader's language that a line needs."""

    you: str
    unnamed: str


def preview_line(conversation: Conversation, base_url: str, words: Words) -> PreviewLine:
    """The row of `conversation`, with a link below `base_url`."""
    return PreviewLine(
        token=conversation.token,
        name=one_line(conversation.name, NAME_LENGTH) or words.unnamed,
        preview=_preview(conversation, words),
        unread=conversation.unread,
        at=conversation.last_activity or None,
        url=conversation_url(base_url, conversation.token),
    )


def conversation_url(base_url: str, token: str) -> str:
    """Where a conversation opens in the browser: from our own base, never from a field of an answer."""
    return f"{base_url}/call/{token}"


def message_text(message: Message) -> str:
    """The text of a message on one line, placeholders replaced, without its author."""
    return one_line(_filled(message), PREVIEW_LENGTH)


def one_line(text: str, length: int) -> str:
    """`text` without control characters and line breaks, cut after `length` graphemes with an ellipsis."""
    flat = _BLANK.sub(" ", _CONTROL.sub(" ", _INVISIBLE.sub("", text))).strip()
    graphemes = [match.group() for match in itertools.islice(_GRAPHEME.finditer(flat), length + 1)]
    return flat if len(graphemes) <= length else "".join(graphemes[: length - 1]).rstrip() + "…"


def _preview(conversation: Conversation, words: Words) -> str:
    message = conversation.last_message
    if message is None:
        return ""
    return one_line(_prefix(conversation, message, words) + _filled(message), PREVIEW_LENGTH)


def _prefix(conversation: Conversation, message: Message, words: Words) -> str:
    """„Du: “, the author's first name, or nothing: in a one-to-one everybody knows who speaks."""
    if message.system:
        return ""
    if (message.actor_type, message.actor_id) == (conversation.actor_type, conversation.actor_id):
        return f"{words.you}: "
    if conversation.type in (ONE_TO_ONE, FORMER_ONE_TO_ONE):
        return ""
    author = one_line(message.author, NAME_LENGTH)
    return f"{author.split(' ')[0]}: " if author else ""


def _filled(message: Message) -> str:
    """One pass: a name that holds braces is not looked at again, an unknown placeholder stays as typed."""

    def name(match: regex.Match[str]) -> str:
        return message.names.get(match.group(1), match.group())

    return _PLACEHOLDER.sub(name, message.text)
