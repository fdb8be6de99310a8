"""What a message carries: a file, a poll, a place. Which it is, and what it is called."""

from __future__ import annotations

import regex

from nextcloud.message import VOICE_TYPE, Message, RichObject
from services.words import Words

PLACEHOLDER = regex.compile(r"\{([A-Za-z0-9_-]+)\}")

MENTIONED = frozenset({"user", "guest", "email", "call", "user-group", "circle"})
"""Objects that somebody addresses when he names them."""

_CALL = "call"
_RECORDINGS = {"record-audio": "audio", "record-video": "video"}
_NO_THINGS = MENTIONED | {"group", "highlight"}
_READABLE_IDS = frozenset({"user", "user-group", "group"})
_CONTACTS = frozenset({"text/vcard", "text/x-vcard", "text/directory"})
_MEDIA = frozenset({"image", "audio", "video"})
_ICONS = {
    "talk-poll": "poll",
    "geo-location": "location",
    "deck-card": "card",
    "deck-board": "card",
    "calendar": "calendar",
    "calendar-event": "calendar",
    "addressbook": "contact",
    "addressbook-contact": "contact",
    "open-graph": "link",
}


def shared_thing(message: Message) -> RichObject | None:
    """The thing that `message` carries, with a caption or alone; None for one that is words."""
    if message.system or message.deleted:
        return None
    found = message.objects.get("file") or message.objects.get("object") or _alone(message)
    return found if found and found.type not in _NO_THINGS else None


def is_alone(message: Message) -> bool:
    """Whether the message is nothing but what it carries."""
    return _alone(message) is not None


def icon_of(message: Message, thing: RichObject | None) -> str:
    """The name of its icon, a key of `Words.things`; "" for words alone."""
    if thing is None:
        return "thread" if message.thread and not message.system else ""
    if message.kind == VOICE_TYPE:
        return "microphone"
    return _RECORDINGS.get(message.kind) or _icon(thing)


def name_alone(message: Message, thing: RichObject, words: Words) -> str:
    """What stands for a thing that came without a word: a recording's file name says nothing."""
    if message.kind == VOICE_TYPE:
        return words.voice_message
    return words.call_recording if message.kind in _RECORDINGS else name_of(thing, words)


def name_of(thing: RichObject, words: Words, *, addressed: bool = False) -> str:
    """Its name, else its id where people can read that, else what it is. `addressed` puts the @ before a mention."""
    if not addressed or thing.type not in MENTIONED:
        return _name(thing, words)
    return f"@{words.everyone if thing.type == _CALL else _name(thing, words)}"


def _name(thing: RichObject, words: Words) -> str:
    if thing.name and (thing.named or thing.type in _READABLE_IDS):
        return thing.name
    match thing.type:
        case "guest" | "email":
            return words.guest
        case "circle":
            return words.team
        case "call":
            return words.unnamed
    if thing.type in _ICONS or thing.type == "file":
        return words.things[_icon(thing)]
    return thing.name or words.nameless


def _icon(thing: RichObject) -> str:
    if thing.type != "file":
        return _ICONS.get(thing.type, "attachment")
    if thing.mimetype in _CONTACTS:
        return "contact"
    media = thing.mimetype.partition("/")[0]
    return media if media in _MEDIA else "file"


def _alone(message: Message) -> RichObject | None:
    placeholder = PLACEHOLDER.fullmatch(message.text.strip())
    return message.objects.get(placeholder[1]) if placeholder else None
