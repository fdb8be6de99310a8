"""Who said it, in words: by what a member calls him, or by what he is where he has no name."""

from __future__ import annotations

import regex

from nextcloud.message import Message
from services.plain_text import one_line
from services.words import Words

FULL_LENGTH = 200
SHORT_LENGTH = 40
"""Graphemes of a name: before a text it must leave room for that."""

MEMBERS = frozenset({"users", "federated_users"})
"""Actors with an account, whom others call by their first names. A guest may call himself anything."""

_TITLE = regex.compile(r"\S*[.(]\S*|\p{Lu}{2,4}|\p{Lu}\p{Ll}*\p{Lu}\p{L}?")
_LETTER = regex.compile(r"\p{L}")


def full_name(message: Message, words: Words) -> str:
    """The author's whole name, or a word for what he is; "" for the system and for whom nobody knows."""
    if message.system:
        return ""
    return one_line(message.author, FULL_LENGTH) or _nameless(message, words)


def short_name(message: Message, words: Words) -> str:
    """What the author is called in a conversation of many: a first name, for those who have an account."""
    name = full_name(message, words)
    return one_line(first_name(name) if message.actor_type in MEMBERS else name, SHORT_LENGTH)


def first_name(name: str) -> str:
    """„Max“ out of „Max Weber“, „Weber, Max“, „Dr. Max Weber“ and „OBI Max Weber“.

    Of an address it is what stands before the @. A name that leaves nothing over stays whole.
    """
    if " " not in name and "@" in name.strip("@"):
        return name.split("@")[0] or name
    family, _comma, given = name.partition(",")
    shouted = name.isupper()
    candidates = [*_proper(given, shouted), *_proper(family, shouted)]
    return candidates[0].strip(",") if candidates else name


def _proper(part: str, shouted: bool) -> list[str]:
    """The words of a part of a name without titles, ranks and pictures. In capitals, a rank looks like a name."""
    named = [word for word in part.split() if _LETTER.search(word)]
    return [word for word in named if shouted or not _TITLE.fullmatch(word.strip(","))]


def _nameless(message: Message, words: Words) -> str:
    match message.actor_type:
        case "guests" | "emails":
            return words.guest
        case "deleted_users":
            return words.deleted_account
        case "phones":
            return words.telephone
        case "bots":
            return words.bot
        case "users" | "federated_users":
            return one_line(message.actor_id, FULL_LENGTH)
    return ""
