"""GET /api/nextcloud/talk/rooms, and that members never see one another's."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from tests.world import ROOMS, World, code, current, names
from tests.world import private as secret

RECORDED = json.loads((Path(__file__).parent.parent / "recordings" / "rooms-all-kinds.json").read_text())
RECORDED_ROOMS: list[dict[str, Any]] = RECORDED["response"]["body"]["ocs"]["data"]


def test_A1_the_newest_three_conversations_with_what_is_unread_everywhere(world: World) -> None:
    max_ = world.simulator.member("max", display_name="Max Mustermann")
    for name in ("Alt", "Ausbildung", "Kommando", "Einsatzgruppe 1"):
        max_.joins(name).post("anna", f"Neues aus {name}")
        world.simulator.clock.advance(60)

    data = world.connected("max")
    answer = data.data(data.get(ROOMS))

    assert [room["displayName"] for room in answer["conversations"]] == ["Einsatzgruppe 1", "Kommando", "Ausbildung"]
    assert answer["totalUnread"] == 4
    assert answer["stale"] is False


def test_A3_two_members_in_turn_see_only_their_own_conversations(world: World) -> None:
    """Cookies win over credentials at Nextcloud, so none may travel between members."""
    world.simulator.member("max").joins("Einsatzgruppe 1")
    world.simulator.member("anna").joins("Kommando")
    max_, anna = world.connected("max"), world.connected("anna")

    for _turn in range(3):
        assert names(max_.get(ROOMS)) == ["Einsatzgruppe 1"]
        assert names(anna.get(ROOMS)) == ["Kommando"]
        world.clock.advance(31)
    assert world.simulator.journal.cookies() == []


def test_A3_on_the_card_it_is_the_same(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    world.simulator.member("anna").joins("Kommando")
    max_, anna = world.connected("max"), world.connected("anna")

    cards = [member.tick().get_data(as_text=True) for member in (max_, anna)]

    assert ["Einsatzgruppe 1" in card for card in cards] == [True, False]
    assert ["Kommando" in card for card in cards] == [False, True]


def test_nothing_connected_says_so(world: World) -> None:
    assert code(world.sign_in("max").get(ROOMS)) == (401, "nextcloud_not_connected")


def test_a_stranger_is_told_to_sign_in(world: World) -> None:
    answer = world.app.test_client().get(ROOMS)
    assert code(answer) == (401, "unauthenticated")


def test_the_shape_is_that_of_the_interface(world: World) -> None:
    room = world.simulator.member("max").joins("Einsatzgruppe 1")
    message = room.post("anna", secret("Schlauch ist undicht, bitte melden"))
    world.simulator.member("anna", display_name="Anna Schmidt")
    max_ = world.connected("max")

    body = max_.get(ROOMS).get_json()

    assert set(body) == {"success", "data"}
    assert set(body["data"]) == {
        "totalUnread", "unreadConversations", "unreadMentions", "conversations", "fetchedAt", "stale",
    }  # fmt: skip
    (shown,) = body["data"]["conversations"]
    assert shown == {
        "token": room.token,
        "displayName": "Einsatzgruppe 1",
        "unreadMessages": 1,
        "lastActivity": message.timestamp,
        "lastMessage": {
            "text": "Schlauch ist undicht, bitte melden",
            "author": message.actor.name,
            "timestamp": message.timestamp,
        },
        "type": 2,
        "url": f"{world.simulator.url}/call/{room.token}",
    }
    assert isinstance(body["data"]["fetchedAt"], int)
    assert body["data"]["fetchedAt"] == pytest.approx(world.clock(), abs=30)


def test_a_conversation_without_a_message_has_null_in_its_place(world: World) -> None:
    world.simulator.member("max").joins("Leer").clear()
    max_ = world.connected("max")

    (room,) = max_.data(max_.get(ROOMS))["conversations"]

    assert room["lastMessage"] is None


def test_the_author_of_a_system_message_is_nobody(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1").post("anna", "", system="user_added")
    max_ = world.connected("max")

    (room,) = max_.data(max_.get(ROOMS))["conversations"]

    assert room["lastMessage"]["author"] == ""


def test_an_empty_list_is_an_answer(world: World) -> None:
    max_ = world.connected("max")

    assert max_.data(max_.get(ROOMS))["conversations"] == []
    assert max_.card() == "empty"


@pytest.mark.parametrize(("limit", "expected"), [("", 3), ("?limit=3", 3), ("?limit=7", 7), ("?limit=10", 10)])
def test_as_many_conversations_as_are_asked_for(world: World, limit: str, expected: int) -> None:
    for number in range(12):
        world.simulator.member("max").joins(f"Gruppe {number}").post("anna", "Hallo")
    max_ = world.connected("max")

    answer = max_.data(max_.get(ROOMS + limit))

    assert len(answer["conversations"]) == expected
    assert answer["totalUnread"] == 12


@pytest.mark.parametrize(
    "limit", ["2", "11", "0", "-3", "drei", "3.5", "", "3;4", "3.0", "%2B3", "1_0", "%203", "999999999999999999999"]
)
def test_another_number_of_conversations_is_an_invalid_request(world: World, limit: str) -> None:
    max_ = world.connected("max")

    assert code(max_.get(f"{ROOMS}?limit={limit}")) == (422, "invalid_request")


def test_R3_R4_unread_counts_everything_but_the_changelog_and_archived(world: World) -> None:
    max_ = world.simulator.member("max")
    rooms = [
        {"token": f"kind{kind}", "type": kind, "displayName": str(kind), "unreadMessages": 10**number}
        for number, kind in enumerate((1, 2, 3, 4, 5, 6, 99))
    ]
    rooms.append({"token": "archived", "type": 2, "displayName": "alt", "unreadMessages": 5, "isArchived": True})
    max_.has_recorded_rooms(rooms)
    caller = world.connected("max")

    answer = caller.data(caller.get(ROOMS + "?limit=10"))

    assert answer["totalUnread"] == 1110111 + 1000 - 1000  # 1 + 10 + 100 + (not 1000) + 10^4 + 10^5 + 10^6
    assert {room["type"] for room in answer["conversations"]} == {1, 2, 3, 5, 6, 99}


def test_the_total_counts_conversations_that_no_row_shows(world: World) -> None:
    for number in range(20):
        world.simulator.member("max").joins(f"Gruppe {number}").post("anna", "Hallo")
    max_ = world.connected("max")

    assert max_.data(max_.get(ROOMS))["totalUnread"] == 20
    assert '"20"' in max_.tick().get_data(as_text=True)


def test_recorded_rooms_of_all_kinds_are_read(world: World) -> None:
    world.simulator.member("max").has_recorded_rooms(RECORDED_ROOMS)
    max_ = world.connected("max")
    counted = [room for room in RECORDED_ROOMS if room["type"] != 4 and not room.get("isArchived")]

    answer = max_.data(max_.get(ROOMS + "?limit=10"))

    newest = sorted(counted, key=lambda room: -room["lastActivity"])[:10]
    assert [room["token"] for room in answer["conversations"]] == [room["token"] for room in newest]
    assert answer["totalUnread"] == sum(room["unreadMessages"] for room in counted)


def test_R33_pins_session_ids_and_descriptions_stop_at_the_parser(world: World) -> None:
    pin, session, description = secret("PIN-4711-0815"), secret("Sitzung-abcdef-123456"), secret("Nur intern, geheim")
    hidden = {"attendeePin": pin, "sessionId": session, "description": description}
    rooms = [{**room, **hidden} for room in RECORDED_ROOMS]
    world.simulator.member("max").has_recorded_rooms(rooms)
    max_ = world.connected("max")

    outputs = [max_.get(ROOMS + "?limit=10"), max_.tick(), max_.get("/"), max_.get("/_dash-layout")]

    member = current(world, "max")
    _connection, snapshot = world.wired.services.card.conversations(member)
    kept = json.dumps(dataclasses.asdict(snapshot), default=sorted)
    for value in hidden.values():
        assert value not in kept
        assert all(value not in output.get_data(as_text=True) for output in outputs)


def test_R13_a_sensitive_conversation_shows_no_message_anywhere(world: World) -> None:
    text = secret("Diagnose von Herrn Meier")
    message = {"message": text, "timestamp": 5, "actorDisplayName": "Anna"}
    room = {"token": "sens1234", "type": 2, "displayName": "Sanität", "isSensitive": True, "lastMessage": message}
    world.simulator.member("max").has_recorded_rooms([room])
    max_ = world.connected("max")

    assert max_.data(max_.get(ROOMS))["conversations"][0]["lastMessage"] is None
    assert text not in max_.tick().get_data(as_text=True)


@pytest.mark.parametrize("last", [[], {}, None, "", 5, {"message": None}, {"message": "x"}])
def test_M1_no_message_in_whatever_form_is_no_message(world: World, last: Any) -> None:
    room = {"token": "abcd1234", "type": 2, "displayName": "Leer", "lastMessage": last}
    world.simulator.member("max").has_recorded_rooms([room])
    max_ = world.connected("max")

    assert max_.data(max_.get(ROOMS))["conversations"][0]["lastMessage"] is None
    assert max_.card() == "connected"


@pytest.mark.parametrize(
    "broken",
    [
        {"token": "../../x", "type": 2},
        {"token": "GROSS", "type": 2},
        {"token": "abc", "type": 2},
        {"type": 2},
        {"token": "abcd9999", "type": "zwei"},
        {"token": "abcd9999", "type": 2, "unreadMessages": -1},
        {"token": "abcd9999", "type": 2, "displayName": {"a": 1}},
        [],
        None,
        "room",
    ],
)
def test_R22_one_broken_conversation_is_left_out_and_never_the_list(world: World, broken: Any) -> None:
    good = {"token": "good1234", "type": 2, "displayName": "Kommando", "unreadMessages": 1}
    world.simulator.member("max").has_recorded_rooms([broken, good])
    max_ = world.connected("max")

    assert names(max_.get(ROOMS)) == ["Kommando"]
    assert max_.card() == "connected"


def test_R19_R20_R21_missing_keys_unknown_keys_and_numbers_as_text_are_tolerated(world: World) -> None:
    rooms = [
        {"token": "aaaa1111", "type": 2},
        {"token": "bbbb2222", "type": 2, "displayName": "Zukunft", "neu": {"x": [1]}, "lastActivity": "1700000000"},
    ]
    world.simulator.member("max").has_recorded_rooms(rooms)
    max_ = world.connected("max")

    assert max_.get(ROOMS).status_code == 200
    assert names(max_.get(ROOMS))[0] == "Zukunft"
    assert max_.card() == "connected"


def test_R30_a_token_that_comes_twice_is_one_conversation(world: World) -> None:
    room = {"token": "abcd1234", "type": 2, "displayName": "Doppelt", "unreadMessages": 3}
    world.simulator.member("max").has_recorded_rooms([room, room])
    max_ = world.connected("max")

    answer = max_.data(max_.get(ROOMS))

    assert (len(answer["conversations"]), answer["totalUnread"]) == (1, 3)


def test_R24_five_hundred_conversations_are_answered_with_three(world: World) -> None:
    rooms = [
        {"token": f"room{number:04}", "type": 2, "displayName": f"Gruppe {number}", "lastActivity": number}
        for number in range(500)
    ]
    world.simulator.member("max").has_recorded_rooms(rooms)
    max_ = world.connected("max")

    assert names(max_.get(ROOMS)) == ["Gruppe 499", "Gruppe 498", "Gruppe 497"]


def test_R26_R27_R28_what_changed_between_two_fetches_is_seen_at_the_next(world: World) -> None:
    member = world.simulator.member("max")
    vanishing, room = member.joins("Alt"), member.joins("Einsatzgruppe 1")
    room.post("anna", "erster Text")
    vanishing.post("anna", "bald weg")
    max_ = world.connected("max")
    max_.get(ROOMS)

    vanishing.remove("max")
    room.edit_last("neuer Text")
    room.read_by("max")
    world.clock.advance(31)

    (shown,) = max_.data(max_.get(ROOMS))["conversations"]
    assert (shown["lastMessage"]["text"], shown["unreadMessages"]) == ("neuer Text", 0)


def test_M24_markup_is_text_and_nothing_else(world: World) -> None:
    text = '<script>alert(1)</script> <img src=x onerror=alert(1)> &amp; "quoted"'
    world.simulator.member("max").joins("<b>Fett</b>").post("anna", text)
    max_ = world.connected("max")

    (room,) = max_.data(max_.get(ROOMS))["conversations"]

    assert room["displayName"] == "<b>Fett</b>"
    assert room["lastMessage"]["text"] == text
    assert max_.get(ROOMS).mimetype == "application/json"


def test_a_message_is_one_line_with_its_placeholders_replaced(world: World) -> None:
    parameters = {"mention-user1": {"type": "user", "id": "anna", "name": "Anna Schmidt"}}
    world.simulator.member("max").joins("Kommando").post("anna", "Hallo {mention-user1},\n\nbis\tgleich", parameters)
    max_ = world.connected("max")

    (room,) = max_.data(max_.get(ROOMS))["conversations"]

    assert room["lastMessage"]["text"] == "Hallo @Anna Schmidt, bis gleich"


def test_the_conversations_stay_in_memory_and_never_reach_the_database(world: World) -> None:
    text = secret("Treffpunkt Zeughaus Nord")
    world.simulator.member("max").joins("Sehr Eigener Name").post("anna", text)
    world.connected("max").get(ROOMS)

    files = b"".join(path.read_bytes() for path in world.folder.iterdir())

    assert text.encode() not in files
    assert b"Sehr Eigener Name" not in files
