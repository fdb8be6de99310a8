"""Conversations of Talk, typed. What is not shown stops here: pins, session ids, descriptions."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any

import msgspec

from nextcloud.client import UNDECODABLE, Account, NextcloudClient, Scheme, decode
from nextcloud.lenient import ID_LENGTH, TEXT_LENGTH, flag, number, text, time
from nextcloud.message import Message, last_message

ROOM_PATH = "/apps/spreed/api/v4/room"

ONE_TO_ONE = 1
PUBLIC = 3
CHANGELOG = 4
FORMER_ONE_TO_ONE = 5
NOTE_TO_SELF = 6

ALWAYS_NOTIFY, NEVER_NOTIFY = 1, 3
"""Levels of notification; between them: only when mentioned."""

NOTHING_READ = -2
"""`lastReadMessage` before the first message."""

CLASSIFIED, CHANNEL, ANNOUNCEMENT = 4, 8, 16
"""Bits of `attributes` (Talk 25; not proven against a real server, so nothing but words depends on the last two)."""

CHANNELS_FEATURE = "announcement-preset"
"""Talk's feature that gives the two bits their meaning."""

IGNORES_LOBBY = 8
"""The permission bit of those whom a lobby lets through."""

MODERATING_ROLES = frozenset({1, 2, 6})
"""Owner, moderator, guest who moderates."""

_TOKEN = re.compile(r"[a-z0-9]{4,30}")
_VERSION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Small = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]


@dataclass(frozen=True)
class Conversation:
    """One conversation of the member. Times are Unix seconds, `last_activity` and `opens_at` 0 mean never.

    `actor_type` and `actor_id` are the member himself in this conversation. `last_message` is None where there
    is none or where it must not be shown (`waiting` in the lobby, `sensitive`, `classified`).
    `object_type` and `object_id` say what the conversation belongs to; both "" for an ordinary one.
    """

    token: str
    type: int
    name: str
    unread: int
    last_activity: int
    archived: bool
    actor_type: str
    actor_id: str
    last_message: Message | None
    mentioned: bool = False
    mentioned_directly: bool = False
    favorite: bool = False
    important: bool = False
    sensitive: bool = False
    notification_level: int = 0
    read_only: bool = False
    waiting: bool = False
    opens_at: int = 0
    has_call: bool = False
    call_notifies: bool = True
    object_type: str = ""
    object_id: str = ""
    remote: bool = False
    avatar_version: str = ""
    custom_avatar: bool = False
    attributes: int = 0
    presence: str = ""
    """How the partner of a one-to-one has set himself: online, away, busy, dnd, offline; "" where it is not told."""

    @property
    def personal(self) -> bool:
        """Whether there is one partner only, who needs no name before his words."""
        return self.type in (ONE_TO_ONE, FORMER_ONE_TO_ONE)

    @property
    def muted(self) -> bool:
        """Whether its member wants to hear nothing of it."""
        return self.notification_level == NEVER_NOTIFY

    @property
    def classified(self) -> bool:
        """Whether its messages must not be shown, whatever else is said."""
        return bool(self.attributes & CLASSIFIED)


class _Room(msgspec.Struct):
    """Typed is what a row cannot do without and what keeps secrets; of the rest, what is odd counts as absent."""

    token: str
    type: _Small
    display_name: str = msgspec.field(name="displayName", default="")
    unread: _Count = msgspec.field(name="unreadMessages", default=0)
    last_activity: int = msgspec.field(name="lastActivity", default=0)
    actor_type: str = msgspec.field(name="actorType", default="")
    actor_id: str = msgspec.field(name="actorId", default="")
    last_message: Any = msgspec.field(name="lastMessage", default=None)
    archived: bool = msgspec.field(name="isArchived", default=False)
    sensitive: bool = msgspec.field(name="isSensitive", default=False)
    lobby: _Small = msgspec.field(name="lobbyState", default=0)
    attributes: _Small = 0
    participant_type: Any = msgspec.field(name="participantType", default=0)
    permissions: Any = 0
    last_read: Any = msgspec.field(name="lastReadMessage", default=0)
    favorite: Any = msgspec.field(name="isFavorite", default=False)
    important: Any = msgspec.field(name="isImportant", default=False)
    mentioned: Any = msgspec.field(name="unreadMention", default=False)
    mentioned_directly: Any = msgspec.field(name="unreadMentionDirect", default=False)
    notification_level: Any = msgspec.field(name="notificationLevel", default=0)
    notification_calls: Any = msgspec.field(name="notificationCalls", default=1)
    read_only: Any = msgspec.field(name="readOnly", default=0)
    opens_at: Any = msgspec.field(name="lobbyTimer", default=0)
    has_call: Any = msgspec.field(name="hasCall", default=False)
    object_type: Any = msgspec.field(name="objectType", default="")
    object_id: Any = msgspec.field(name="objectId", default="")
    remote_server: Any = msgspec.field(name="remoteServer", default=None)
    avatar_version: Any = msgspec.field(name="avatarVersion", default="")
    custom_avatar: Any = msgspec.field(name="isCustomAvatar", default=False)
    status: Any = None


_room = msgspec.json.Decoder(_Room, strict=False)


@dataclass(frozen=True)
class RoomList:
    """All conversations of an account, in no order. `talk_hash` changes when the capabilities may have changed."""

    conversations: list[Conversation]
    talk_hash: str


def room_list(client: NextcloudClient, account: Account, scheme: Scheme = "basic", language: str = "de") -> RoomList:
    """The conversations of `account`. Always the full list: deltas miss edits and removals.

    One broken conversation is left out, never the list. Raises the causes of `NextcloudClient.ocs`.
    """
    params = {"noStatusUpdate": "1", "includeStatus": "true"}
    answer = client.ocs("GET", ROOM_PATH, account, scheme=scheme, params=params, language=language)
    rooms: list[msgspec.Raw] = decode(answer.data, list[msgspec.Raw], ROOM_PATH)
    found = {conversation.token: conversation for raw in rooms if (conversation := _conversation(raw))}
    return RoomList(list(found.values()), text(answer.headers.get("x-nextcloud-talk-hash"), ID_LENGTH))


def of_known_kinds(conversations: list[Conversation], features: frozenset[str]) -> list[Conversation]:
    """Without the bits of channels and announcements where Talk's `features` do not say that there are any: there
    they would mean something else. What is classified stays so in any case."""
    if CHANNELS_FEATURE in features:
        return conversations
    return [replace(one, attributes=one.attributes & CLASSIFIED) if one.attributes else one for one in conversations]


def _conversation(raw: msgspec.Raw) -> Conversation | None:
    try:
        room = _room.decode(raw)
    except UNDECODABLE:
        return None
    if not _TOKEN.fullmatch(room.token):
        return None
    return _without_secrets(_without_phantom(_typed(room), room.last_read))


def _typed(room: _Room) -> Conversation:
    direct = room.unread > 0 and flag(room.mentioned_directly)
    version = text(room.avatar_version, ID_LENGTH)
    return Conversation(
        token=room.token,
        type=room.type,
        name=room.display_name[:TEXT_LENGTH],
        unread=room.unread,
        last_activity=time(room.last_activity),
        archived=room.archived,
        actor_type=room.actor_type[:ID_LENGTH],
        actor_id=room.actor_id[:ID_LENGTH],
        last_message=last_message(room.last_message),
        mentioned=direct or (room.unread > 0 and flag(room.mentioned)),
        mentioned_directly=direct,
        favorite=flag(room.favorite),
        important=flag(room.important),
        sensitive=room.sensitive,
        notification_level=number(room.notification_level),
        read_only=flag(room.read_only),
        waiting=_waiting(room),
        opens_at=time(room.opens_at),
        has_call=flag(room.has_call),
        call_notifies=flag(room.notification_calls),
        object_type=text(room.object_type, ID_LENGTH),
        object_id=text(room.object_id, ID_LENGTH),
        remote=bool(text(room.remote_server)),
        avatar_version=version if _VERSION.fullmatch(version) else "",
        custom_avatar=flag(room.custom_avatar),
        attributes=room.attributes,
        presence=text(room.status, ID_LENGTH) if room.type == ONE_TO_ONE else "",
    )


def _waiting(room: _Room) -> bool:
    """Whether the member stands outside: moderators, and who has the permission, walk through a lobby."""
    inside = number(room.participant_type) in MODERATING_ROLES or number(room.permissions) & IGNORES_LOBBY
    return room.lobby != 0 and not inside


def _without_phantom(conversation: Conversation, last_read: Any) -> Conversation:
    """Nextcloud says 1 where nothing was read and nothing is there, as after the history was cleared."""
    message = conversation.last_message
    cleared = message is None or message.deleted or message.system == "history_cleared"
    nothing_there = cleared and not conversation.sensitive
    if number(last_read) == NOTHING_READ and conversation.unread == 1 and nothing_there:
        return replace(conversation, unread=0, mentioned=False, mentioned_directly=False)
    return conversation


def _without_secrets(conversation: Conversation) -> Conversation:
    """What must not be shown goes here, so that nothing behind can show it."""
    if conversation.sensitive or conversation.classified or conversation.waiting:
        return replace(conversation, last_message=None)
    return conversation
