"""The last message of a conversation, typed, with the rich objects that its placeholders stand for."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import msgspec
import regex

from nextcloud.lenient import ID_LENGTH, TEXT_LENGTH, flag, number, text, time

MOST_OBJECTS = 200
"""Rich objects that are kept: a text of that length cannot name more."""

SYSTEM_TYPE = "system"
DELETED_TYPE = "comment_deleted"
VOICE_TYPE = "voice-message"

_GRAPHEME = regex.compile(r"\X")


@dataclass(frozen=True)
class RichObject:
    """What a placeholder stands for: a person, a file, a poll, … `mimetype` is that of a file, else "".

    `name` is what to show: the object's name, or its id where it has none; `named` tells which.
    """

    type: str
    name: str
    named: bool = True
    mimetype: str = ""


@dataclass(frozen=True)
class Message:
    """The last message of a conversation. `text` still holds its `{placeholders}`, which `objects` fill.

    `id` is 0 where it is not told (federated conversations). `author` is the full display name, "" for guests
    without one; `system` is "" for people's messages; `kind` is Talk's `messageType`. `expires_at` is in Unix
    seconds, 0 for never. `markdown` says that the text may be marked up, `cut` that it went on.
    """

    text: str
    objects: dict[str, RichObject]
    author: str
    actor_type: str
    actor_id: str
    system: str
    timestamp: int
    id: int = 0
    kind: str = "comment"
    expires_at: int = 0
    markdown: bool = False
    deleted: bool = False
    thread: bool = False
    cut: bool = False

    def by(self, actor_type: str, actor_id: str) -> bool:
        """Whether this actor wrote it: ids are unique only within their type. Who has no id is nobody."""
        return bool(actor_id) and (self.actor_type, self.actor_id) == (actor_type, actor_id)


class _Message(msgspec.Struct):
    message: str
    timestamp: int
    id: Any = 0
    author: Any = msgspec.field(name="actorDisplayName", default="")
    actor_type: Any = msgspec.field(name="actorType", default="")
    actor_id: Any = msgspec.field(name="actorId", default="")
    system: Any = msgspec.field(name="systemMessage", default="")
    kind: Any = msgspec.field(name="messageType", default="")
    expires_at: Any = msgspec.field(name="expirationTimestamp", default=0)
    markdown: Any = None
    deleted: Any = False
    thread: Any = msgspec.field(name="isThread", default=False)
    parameters: Any = msgspec.field(name="messageParameters", default=None)


def last_message(value: Any) -> Message | None:
    """None for what Nextcloud sends where there is no message: nothing, null, [] or {}."""
    try:
        message = msgspec.convert(value, _Message, strict=False)
    except (msgspec.ValidationError, RecursionError):
        return None
    kind, system = text(message.kind, ID_LENGTH), text(message.system, ID_LENGTH)
    return Message(
        text=_beginning(message.message),
        objects=_objects(message.parameters),
        author=text(message.author),
        actor_type=text(message.actor_type, ID_LENGTH),
        actor_id=text(message.actor_id, ID_LENGTH),
        system=system,
        timestamp=time(message.timestamp),
        id=max(0, number(message.id)),
        kind=kind,
        expires_at=time(message.expires_at),
        markdown=_marked_up(message.markdown, system),
        deleted=flag(message.deleted) or kind == DELETED_TYPE,
        thread=flag(message.thread),
        cut=len(message.message) > TEXT_LENGTH,
    )


def _beginning(said: str) -> str:
    """What is kept of a text. Where it is cut, an emoji of several characters is not cut in two."""
    head = said[:TEXT_LENGTH]
    if len(head) == len(said):
        return head
    *_others, last = _GRAPHEME.finditer(head)
    return head[: last.start()]


def _marked_up(said: Any, system: str) -> bool:
    """Whether people wrote it, where nothing is said: a federated conversation leaves it out, and its messages are."""
    return not system if said is None else flag(said)


def _objects(parameters: Any) -> dict[str, RichObject]:
    """The rich objects by placeholder. An empty list stands for none."""
    if not isinstance(parameters, dict):
        return {}
    return {
        str(key)[:ID_LENGTH]: _object(value)
        for key, value in itertools.islice(parameters.items(), MOST_OBJECTS)
        if isinstance(value, dict)
    }


def _object(value: dict[Any, Any]) -> RichObject:
    name = text(value.get("name"))
    return RichObject(
        type=text(value.get("type"), ID_LENGTH),
        name=name or text(value.get("id")),
        named=bool(name),
        mimetype=text(value.get("mimetype"), ID_LENGTH),
    )
