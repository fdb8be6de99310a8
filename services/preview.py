"""From a conversation to the line under its name. Pure: no clock, no language but the words given."""

from __future__ import annotations

from dataclasses import dataclass

from nextcloud.message import Message
from nextcloud.talk import CHANGELOG, Conversation
from services.authors import short_name
from services.message_text import message_text
from services.shared_things import icon_of, shared_thing
from services.words import Words


@dataclass(frozen=True)
class Preview:
    """The line under a conversation's name. Plain text on one line; never HTML.

    `author` is who says it, "" where nobody needs to be named; `icon` names what the message is where it is not
    text alone, a key of `Words.things`, else ""; `icon_words` says the same for the ear, "" where the text does;
    `quiet` says that the words are about the message, not of it; `own` that the member himself said it.
    """

    text: str
    author: str = ""
    icon: str = ""
    quiet: bool = False
    icon_words: str = ""
    own: bool = False


def preview(conversation: Conversation, words: Words, now: float) -> Preview:
    """The line of `conversation` at `now` (Unix seconds)."""
    if conversation.waiting:
        return Preview(words.waiting, quiet=True)
    if conversation.sensitive or conversation.classified:
        return Preview(words.hidden, quiet=True)
    if conversation.last_message is None:
        return Preview(words.no_messages, quiet=True)
    message = living_message(conversation, now)
    return _of_message(conversation, message, words) if message else Preview(words.expired, quiet=True)


def living_message(conversation: Conversation, now: float) -> Message | None:
    """The last message, unless it has expired by `now` (Unix seconds), which nobody announces."""
    message = conversation.last_message
    return None if message is None or 0 < message.expires_at <= now else message


def _of_message(conversation: Conversation, message: Message, words: Words) -> Preview:
    text, icon = message_text(message, words), icon_of(message, shared_thing(message))
    spoken = words.things.get(icon, "")
    return Preview(
        text,
        author=_author(conversation, message, words),
        icon=icon,
        quiet=message.deleted,
        icon_words="" if spoken == text else spoken,
        own=_own(conversation, message),
    )


def _author(conversation: Conversation, message: Message, words: Words) -> str:
    """„Du“, the author's name, or nothing: in a one-to-one everybody knows who speaks."""
    if _own(conversation, message):
        return words.you
    return "" if conversation.personal or conversation.type == CHANGELOG else short_name(message, words)


def _own(conversation: Conversation, message: Message) -> bool:
    return not message.system and message.by(conversation.actor_type, conversation.actor_id)
