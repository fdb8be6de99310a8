"""From a conversation to what a row of the card shows. Pure: no clock, no language but the words given."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nextcloud.message import Message
from nextcloud.talk import ANNOUNCEMENT, CHANNEL, ONE_TO_ONE, PUBLIC, Conversation
from services.links import Links
from services.plain_text import one_line
from services.preview import Preview, living_message, preview
from services.selection import event_start
from services.words import Words

NAME_LENGTH = 80


class Badge(StrEnum):
    """How much an unread message concerns the member: him alone, his group, or nobody in particular."""

    DIRECT = "direct"
    GROUP = "group"
    PLAIN = "plain"


class Mark(StrEnum):
    """What is worth knowing of a conversation beside its words."""

    CALL = "call"
    QUIET_CALL = "quiet-call"
    """A call of which the member wants no notice."""
    IMPORTANT = "important"
    FAVORITE = "favorite"
    MUTED = "muted"
    LOBBY = "lobby"
    READ_ONLY = "read-only"
    CLASSIFIED = "classified"
    SENSITIVE = "sensitive"
    ANNOUNCEMENT = "announcement"
    CHANNEL = "channel"
    EVENT = "event"
    REMOTE = "remote"
    PUBLIC = "public"


@dataclass(frozen=True)
class ConversationLine:
    """One conversation as one row of the card. Plain text, one line each; never HTML.

    Times are Unix seconds: `at` is that of the last activity (None: never), `opens_at` when the lobby opens or the
    event begins (None: neither). `url` is an absolute address. `avatar_version` names the picture that is current, ""
    where there is none of its own.
    """

    token: str
    name: str
    preview: Preview
    unread: int
    at: int | None
    url: str
    badge: Badge = Badge.PLAIN
    mentioned: bool = False
    marks: tuple[Mark, ...] = ()
    muted: bool = False
    opens_at: int | None = None
    presence: str = ""
    avatar_version: str = ""


def conversation_line(conversation: Conversation, links: Links, words: Words, now: float) -> ConversationLine:
    """The row of `conversation` at `now` (Unix seconds)."""
    message = living_message(conversation, now)
    return ConversationLine(
        token=conversation.token,
        name=conversation_name(conversation, words),
        preview=preview(conversation, words, now),
        unread=conversation.unread,
        at=conversation.last_activity or None,
        url=links.conversation(conversation.token, _linked(conversation, message)),
        badge=_badge(conversation),
        mentioned=conversation.mentioned,
        marks=_marks(conversation),
        muted=conversation.muted,
        opens_at=_opens_at(conversation, now),
        presence=conversation.presence,
        avatar_version=_picture_of_its_own(conversation),
    )


def conversation_name(conversation: Conversation, words: Words) -> str:
    """Its display name on one line, or a general word."""
    return one_line(conversation.name, NAME_LENGTH) or words.unnamed


def _linked(conversation: Conversation, message: Message | None) -> int:
    """The id of the message to open at, 0 for none. In a federated conversation it would be the other server's."""
    return message.id if message and not conversation.remote else 0


def _picture_of_its_own(conversation: Conversation) -> str:
    """For all others Talk has the same icon, which tells less than their initials."""
    own = conversation.custom_avatar or conversation.type == ONE_TO_ONE
    return conversation.avatar_version if own else ""


def _badge(conversation: Conversation) -> Badge:
    if conversation.mentioned_directly or conversation.type == ONE_TO_ONE:
        return Badge.DIRECT
    return Badge.GROUP if conversation.mentioned else Badge.PLAIN


def _marks(conversation: Conversation) -> tuple[Mark, ...]:
    """Those that hold, the most pressing first."""
    announcement = bool(conversation.attributes & ANNOUNCEMENT)
    loud = conversation.call_notifies and not conversation.muted
    holds = {
        Mark.CALL: conversation.has_call and loud,
        Mark.QUIET_CALL: conversation.has_call and not loud,
        Mark.IMPORTANT: conversation.important,
        Mark.FAVORITE: conversation.favorite,
        Mark.MUTED: conversation.muted,
        Mark.LOBBY: conversation.waiting,
        Mark.READ_ONLY: conversation.read_only and not conversation.attributes & CHANNEL,
        Mark.CLASSIFIED: conversation.classified,
        Mark.SENSITIVE: conversation.sensitive and not conversation.classified,
        Mark.ANNOUNCEMENT: announcement,
        Mark.CHANNEL: bool(conversation.attributes & CHANNEL) and not announcement,
        Mark.EVENT: bool(event_start(conversation)),
        Mark.REMOTE: conversation.remote,
        Mark.PUBLIC: conversation.type == PUBLIC,
    }
    return tuple(mark for mark, does in holds.items() if does)


def _opens_at(conversation: Conversation, now: float) -> int | None:
    opens_at = conversation.opens_at if conversation.waiting else event_start(conversation)
    return opens_at if opens_at > now else None
