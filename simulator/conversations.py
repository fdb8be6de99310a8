"""Conversations, their messages, and what each member has read of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ONE_TO_ONE, GROUP, PUBLIC, CHANGELOG, FORMER, NOTE_TO_SELF = 1, 2, 3, 4, 5, 6
PERSONAL = (CHANGELOG, NOTE_TO_SELF)
NOTHING_READ = -2
OWNER, MODERATOR, USER = 1, 2, 3


@dataclass(frozen=True)
class Actor:
    """Whoever writes: a member, a guest, a bot, …"""

    kind: str
    id: str
    name: str


@dataclass
class Message:
    """One entry of a conversation, human or of the system."""

    id: int
    actor: Actor
    timestamp: int
    text: str
    parameters: dict[str, Any] = field(default_factory=dict)
    system: str = ""
    kind: str = "comment"
    expires_at: int = 0
    extra: dict[str, Any] = field(default_factory=dict)
    """Keys that only some messages have, such as `silent` or `lastEditTimestamp`."""

    @property
    def counts(self) -> bool:
        """Whether it makes a conversation unread: system and deleted messages do not."""
        return self.kind not in ("system", "comment_deleted")


@dataclass
class Attendance:
    """One member in one conversation."""

    id: int
    user_id: str
    last_read: int = NOTHING_READ
    last_mention: int = 0
    last_direct_mention: int = 0
    changed_at: float = 0.0
    role: int = USER
    settings: dict[str, Any] = field(default_factory=dict)
    """Fields of the room list that are the member's own, such as `isFavorite`."""

    @property
    def moderates(self) -> bool:
        """Whether locks and lobbies do not hold this member up."""
        return self.role in (OWNER, MODERATOR)


@dataclass
class Conversation:
    """One room."""

    id: int
    token: str
    kind: int
    name: str
    owner: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    """Fields of the room list that are the same for everybody, such as `readOnly`."""
    messages: list[Message] = field(default_factory=list)
    attendances: dict[str, Attendance] = field(default_factory=dict)
    picture: tuple[bytes, str] | None = None
    """What a moderator has chosen: the bytes and their content type."""

    def visible(self, now: float) -> list[Message]:
        """The messages that have not expired."""
        return [one for one in self.messages if not one.expires_at or one.expires_at > now]

    @property
    def last_activity(self) -> int:
        """When the last message came; 0 before the first."""
        return self.messages[-1].timestamp if self.messages else 0

    @property
    def last_id(self) -> int:
        """The newest message's id, or "before the first message"."""
        return self.messages[-1].id if self.messages else NOTHING_READ

    def listed_for(self, user_id: str) -> bool:
        """A one-to-one shows up for the other side only once something was written in it."""
        if user_id not in self.attendances:
            return False
        written = any(one.kind != "system" for one in self.messages)
        return self.kind != ONE_TO_ONE or user_id == self.owner or written

    def partner_of(self, user_id: str) -> str:
        """The other side of a one-to-one."""
        return next((other for other in self.attendances if other != user_id), user_id)

    def unread(self, attendance: Attendance, now: float) -> int:
        """Messages after the read marker. With nothing read and nothing there, the server says 1."""
        count = sum(one.id > attendance.last_read and one.counts for one in self.visible(now))
        return 1 if count == 0 and attendance.last_read == NOTHING_READ else count
