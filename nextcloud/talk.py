"""Conversations of Talk, typed. What is not shown stops here: pins, session ids, descriptions."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from nextcloud.client import UNDECODABLE, Account, NextcloudClient, Scheme, decode

ROOM_PATH = "/apps/spreed/api/v4/room"

ONE_TO_ONE = 1
CHANGELOG = 4
FORMER_ONE_TO_ONE = 5

TEXT_LENGTH = 600
"""Characters of a message that are kept; a message may have 32,000 and one line shows about a hundred."""

ID_LENGTH = 255
"""Characters of an id, and of a kind, that are kept."""

MOST_NAMES = 200
"""Names for placeholders that are kept: a text of that length cannot hold more."""

LATEST = 4102444800
"""The year 2100: a time beyond it, or before 1970, is none."""

_TOKEN = re.compile(r"[a-z0-9]{4,30}")
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


@dataclass(frozen=True)
class Message:
    """The last message of a conversation. `text` still holds its `{placeholders}`, which `names` fills.

    `author` is the full display name, "" for guests without a name; `system` is "" for people's messages.
    """

    text: str
    names: dict[str, str]
    author: str
    actor_type: str
    actor_id: str
    system: str
    timestamp: int


@dataclass(frozen=True)
class Conversation:
    """One conversation of the member. Times are Unix seconds, `last_activity` 0 means never.

    `actor_type` and `actor_id` are the member himself in this conversation.
    `last_message` is None where there is none or where it must not be shown (lobby, sensitive).
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


class _Room(msgspec.Struct):
    token: str
    type: Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
    display_name: str = msgspec.field(name="displayName", default="")
    unread: _Count = msgspec.field(name="unreadMessages", default=0)
    last_activity: int = msgspec.field(name="lastActivity", default=0)
    archived: bool = msgspec.field(name="isArchived", default=False)
    sensitive: bool = msgspec.field(name="isSensitive", default=False)
    actor_type: str = msgspec.field(name="actorType", default="")
    actor_id: str = msgspec.field(name="actorId", default="")
    last_message: Any = msgspec.field(name="lastMessage", default=None)


class _Message(msgspec.Struct):
    message: str
    timestamp: int
    author: str = msgspec.field(name="actorDisplayName", default="")
    actor_type: str = msgspec.field(name="actorType", default="")
    actor_id: str = msgspec.field(name="actorId", default="")
    system: str = msgspec.field(name="systemMessage", default="")
    parameters: Any = msgspec.field(name="messageParameters", default=None)


_room = msgspec.json.Decoder(_Room, strict=False)


def conversations(
    client: NextcloudClient, account: Account, scheme: Scheme = "basic", language: str = "de"
) -> list[Conversation]:
    """All conversations of `account`, in no order. Always the full list: deltas miss edits and removals.

    One broken conversation is left out, never the list. Raises the causes of `NextcloudClient.ocs`.
    """
    answer = client.ocs("GET", ROOM_PATH, account, scheme=scheme, params={"noStatusUpdate": "1"}, language=language)
    rooms: list[msgspec.Raw] = decode(answer.data, list[msgspec.Raw], ROOM_PATH)
    found = {conversation.token: conversation for raw in rooms if (conversation := _conversation(raw))}
    return list(found.values())


def _conversation(raw: msgspec.Raw) -> Conversation | None:
    try:
        room = _room.decode(raw)
    except UNDECODABLE:
        return None
    if not _TOKEN.fullmatch(room.token):
        return None
    return Conversation(
        token=room.token,
        type=room.type,
        name=room.display_name[:TEXT_LENGTH],
        unread=room.unread,
        last_activity=_time(room.last_activity),
        archived=room.archived,
        actor_type=room.actor_type[:ID_LENGTH],
        actor_id=room.actor_id[:ID_LENGTH],
        last_message=None if room.sensitive else _message(room.last_message),
    )


def _message(value: Any) -> Message | None:
    """None for what Nextcloud sends where there is no message: nothing, null, [] or {}."""
    try:
        message = msgspec.convert(value, _Message, strict=False)
    except (msgspec.ValidationError, RecursionError):
        return None
    return Message(
        text=message.message[:TEXT_LENGTH],
        names=_names(message.parameters),
        author=message.author[:TEXT_LENGTH],
        actor_type=message.actor_type[:ID_LENGTH],
        actor_id=message.actor_id[:ID_LENGTH],
        system=message.system[:ID_LENGTH],
        timestamp=_time(message.timestamp),
    )


def _time(value: int) -> int:
    """`value`, or 0 where it is no time that could be shown."""
    return value if 0 <= value <= LATEST else 0


def _names(parameters: Any) -> dict[str, str]:
    """The name of each rich object, by placeholder. An empty list stands for no parameters."""
    if not isinstance(parameters, dict):
        return {}
    return {
        str(key)[:ID_LENGTH]: _name(value.get("name")) or _name(value.get("id"))
        for key, value in itertools.islice(parameters.items(), MOST_NAMES)
        if isinstance(value, dict)
    }


def _name(value: Any) -> str:
    """What may stand in a text; lists and objects, which may be nested without end, may not."""
    return str(value)[:TEXT_LENGTH] if isinstance(value, str | int) and value else ""
