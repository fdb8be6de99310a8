"""Which conversations the card shows, in which order, and what is unread in all of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.card_choices import DEFAULT_CHOICES, MOST_ROWS, CardChoices
from nextcloud.lenient import time
from nextcloud.talk import ALWAYS_NOTIFY, CHANGELOG, Conversation

EVENT_SHOWN_SECONDS = 16 * 3600
"""How long before its start the conversation of an event is shown, as in Talk's own list."""

BREAKOUT, EVENT = "room", "event"
"""`objectType` of a breakout room, and of the conversation of a calendar's event."""


@dataclass(frozen=True)
class Counts:
    """What is unread in all conversations that count, shown or not: messages, conversations that hold any,
    those of them in which the member is mentioned, and those that concern him (as Talk's own desktop app counts)."""

    messages: int = 0
    conversations: int = 0
    mentions: int = 0
    concerning: int = 0


NOTHING_UNREAD = Counts()


def counted(conversation: Conversation) -> bool:
    """„Talk updates“ speaks to everybody, and what is archived was put away by its member."""
    return conversation.type != CHANGELOG and not conversation.archived


def counts(conversations: Iterable[Conversation]) -> Counts:
    """What is unread in those of `conversations` that count."""
    unread = [conversation for conversation in conversations if counted(conversation) and conversation.unread]
    return Counts(
        messages=sum(conversation.unread for conversation in unread),
        conversations=len(unread),
        mentions=sum(conversation.mentioned for conversation in unread),
        concerning=sum(_concerns(conversation) for conversation in unread),
    )


def selected(conversations: Iterable[Conversation], now: float) -> tuple[Conversation, ...]:
    """Those of `conversations` that may become a row at `now` (Unix seconds), whatever its member chooses: the
    first ones of each order, so that a member of hundreds of conversations costs no more memory than others."""
    shown = [conversation for conversation in conversations if _shown(conversation, now)]
    firsts = (ordered(shown, choices)[:MOST_ROWS] for choices in _ORDERS)
    chosen = {conversation.token: conversation for first in firsts for conversation in first}
    return tuple(ordered(chosen.values(), DEFAULT_CHOICES))


def ordered(conversations: Iterable[Conversation], choices: CardChoices) -> list[Conversation]:
    """The last activity first; before that mentions and favourites, where they are chosen to be."""

    def place(conversation: Conversation) -> tuple[bool, bool, int]:
        mention = choices.mentions_first and conversation.mentioned
        return mention, choices.favorites_first and conversation.favorite, conversation.last_activity

    return sorted(conversations, key=place, reverse=True)


def event_start(conversation: Conversation) -> int:
    """When the event of a conversation begins, in Unix seconds; 0 where it belongs to none."""
    return time(conversation.object_id.split("#")[0]) if conversation.object_type == EVENT else 0


_ORDERS = tuple(
    CardChoices(mentions_first=mentions, favorites_first=favorites)
    for mentions in (False, True)
    for favorites in (False, True)
)


def _shown(conversation: Conversation, now: float) -> bool:
    far_away = event_start(conversation) > now + EVENT_SHOWN_SECONDS
    return counted(conversation) and conversation.object_type != BREAKOUT and not far_away


def _concerns(conversation: Conversation) -> bool:
    if conversation.muted:
        return conversation.mentioned_directly
    always = conversation.notification_level == ALWAYS_NOTIFY
    return conversation.personal or always or conversation.mentioned
