"""From a conversation to the line under its name. Pure: no clock, no language but the words given."""

from __future__ import annotations

from dataclasses import dataclass

import regex

from nextcloud.message import Message
from nextcloud.talk import Conversation
from services.plain_text import one_line
from services.words import Words

PREVIEW_LENGTH = 120
"""Graphemes of a line: what a reader takes for one character may be a dozen code points."""

AUTHOR_LENGTH = 80

_PLACEHOLDER = regex.compile(r"\{([A-Za-z0-9_-]+)\}")


@dataclass(frozen=True)
class Preview:
    """The line under a conversation's name. Plain text on one line; never HTML.

    `author` is who says it, "" where nobody needs to be named; `icon` names what the message is where it is not
    text alone (a file, a poll), else ""; `quiet` says that the words are about the message, not of it.
    """

    text: str
    author: str = ""
    icon: str = ""
    quiet: bool = False


def preview(conversation: Conversation, words: Words, now: float) -> Preview:
    """The line of `conversation` at `now` (Unix seconds): an expired message is none."""
    message = conversation.last_message
    if message is None:
        return Preview(words.no_messages, quiet=True)
    return Preview(message_text(message, words), _author(conversation, message, words))


def message_text(message: Message, words: Words) -> str:
    """The text of a message on one line, placeholders replaced, without its author."""
    return one_line(_filled(message), PREVIEW_LENGTH)


def _author(conversation: Conversation, message: Message, words: Words) -> str:
    """„Du“, the author's first name, or nothing: in a one-to-one everybody knows who speaks."""
    if message.system:
        return ""
    if message.by(conversation.actor_type, conversation.actor_id):
        return words.you
    if conversation.personal:
        return ""
    return one_line(message.author, AUTHOR_LENGTH).split(" ")[0]


def _filled(message: Message) -> str:
    """One pass: a name that holds braces is not looked at again, an unknown placeholder stays as typed."""

    def name(match: regex.Match[str]) -> str:
        found = message.objects.get(match.group(1))
        return found.name if found else match.group()

    return _PLACEHOLDER.sub(name, message.text)
