"""The line under a name as its reader sees it, from a conversation as Nextcloud sends it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask_babel import Babel

from nextcloud.talk import Conversation
from services.preview import Preview, preview
from services.words import Words
from tests.unit.decoded import read, room
from web.words import words as words_of_request

ROOT = Path(__file__).parents[2]
NOON = 1795517107
"""When all of this is looked at."""

RECORDED: list[dict[str, Any]] = json.loads((ROOT / "tests/recordings/rooms-all-kinds.json").read_text())["response"][
    "body"
]["ocs"]["data"]


@cache
def words(language: str = "de") -> Words:
    """Those of the catalogues."""
    server = Flask(__name__, root_path=str(ROOT))
    Babel(server, default_locale=language, locale_selector=lambda: language)
    with server.test_request_context():
        return words_of_request()


def recorded(name: str) -> dict[str, Any]:
    """The conversation of that name, as it was recorded."""
    return next(one for one in RECORDED if one["displayName"] == name)


def said(text: str, parameters: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A group in which Anna Schmidt just wrote `text`; `changes` are of the message."""
    message = {
        "id": 7,
        "actorType": "users",
        "actorId": "anna",
        "actorDisplayName": "Anna Schmidt",
        "timestamp": NOON,
        "message": text,
        "messageParameters": parameters or [],
        "systemMessage": "",
        "messageType": "comment",
        "expirationTimestamp": 0,
        "markdown": True,
    }
    return room(actorType="users", actorId="max", lastMessage=message | changes)


def line_of(given: dict[str, Any], language: str = "de", now: float = NOON) -> Preview:
    """What a member reads who speaks `language`."""
    return preview(decoded(given), words(language), now)


def decoded(given: dict[str, Any]) -> Conversation:
    (found,) = read(given)
    return found


def written(line: Preview) -> str:
    """The line as one text: author, icon, words; with a mark where it is about the message."""
    author = f"{line.author}: " if line.author else ""
    icon = f"[{line.icon}] " if line.icon else ""
    return f"{'~ ' if line.quiet else ''}{author}{icon}{line.text}"
