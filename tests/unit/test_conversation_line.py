"""What a row shows beside its words: which marks, which picture, when it opens, where it leads."""

from __future__ import annotations

from typing import Any

import pytest

from nextcloud.talk import ANNOUNCEMENT, CHANNEL, CLASSIFIED
from services.conversation_line import ConversationLine, Mark, conversation_line
from services.links import Links
from tests.unit.decoded import room
from tests.unit.lines import NOON, decoded, words

OUTSIDE = {"lobbyState": 1, "participantType": 3, "permissions": 246}


def shown(**changes: Any) -> ConversationLine:
    return conversation_line(decoded(room(**changes)), Links("https://cloud.example.org"), words(), NOON)


@pytest.mark.parametrize(
    ("changes", "marks"),
    [
        ({"attributes": CHANNEL, "readOnly": 1}, (Mark.CHANNEL,)),
        ({"attributes": CHANNEL | ANNOUNCEMENT, "readOnly": 1}, (Mark.ANNOUNCEMENT,)),
        ({"attributes": CLASSIFIED, "isSensitive": True}, (Mark.CLASSIFIED,)),
        ({"attributes": CLASSIFIED, "readOnly": 1}, (Mark.READ_ONLY, Mark.CLASSIFIED)),
    ],
)
def test_R16_a_mark_says_nothing_that_another_says_already(changes: dict[str, Any], marks: tuple[Mark, ...]) -> None:
    assert shown(**changes).marks == marks


@pytest.mark.parametrize(
    ("changes", "version"),
    [
        ({"type": 1}, "v1"),
        ({"isCustomAvatar": True}, "v1"),
        ({"isCustomAvatar": False}, ""),
        ({"type": 3}, ""),
    ],
)
def test_V7_a_picture_is_wanted_only_where_it_tells_more_than_initials(changes: dict[str, Any], version: str) -> None:
    assert shown(avatarVersion="v1", **changes).avatar_version == version


@pytest.mark.parametrize(
    ("changes", "opens_at"),
    [
        (OUTSIDE | {"lobbyTimer": NOON + 60}, NOON + 60),
        (OUTSIDE | {"lobbyTimer": NOON}, None),
        (OUTSIDE | {"lobbyTimer": 0}, None),
        ({"lobbyTimer": NOON + 60}, None),
        ({"objectType": "event", "objectId": f"{NOON + 60}#{NOON + 90}"}, NOON + 60),
        ({"objectType": "event", "objectId": f"{NOON - 60}#{NOON + 90}"}, None),
    ],
)
def test_R14_what_opens_says_when_and_what_is_open_does_not(changes: dict[str, Any], opens_at: int | None) -> None:
    assert shown(**changes).opens_at == opens_at


@pytest.mark.parametrize("name", ["", "   ", "\u202e\u200b"])
def test_R23_a_conversation_without_a_name_has_a_word(name: str) -> None:
    assert shown(displayName=name).name == words().unnamed


@pytest.mark.parametrize("closed", [{"isSensitive": True}, {"attributes": CLASSIFIED}, OUTSIDE])
def test_R13_R14_what_must_not_be_shown_is_not_even_kept(closed: dict[str, Any]) -> None:
    conversation = decoded(room(**closed))

    assert conversation.last_message is None
    assert "Hallo" not in repr(conversation) + repr(shown(**closed))
