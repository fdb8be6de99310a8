"""Conversations that live: what the list says after people wrote, read, edited and left."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import Actor, Simulator
from tests.simulator.conftest import Api

DIRECT = {"mention-user1": {"type": "user", "id": "max", "name": "Max Mustermann", "mention-id": "max"}}
EVERYBODY = {"mention-call1": {"type": "call", "id": "x", "name": "Wehr", "call-type": "group", "mention-id": "all"}}


class List:
    """A member's list, fetched anew each time it is looked at."""

    def __init__(self, sim: Simulator, api: Api, user_id: str = "max") -> None:
        self._ask = lambda **more: api.rooms(user_id, secret, **more)
        secret = sim.app_password(user_id)

    def rows(self, **query: Any) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self._ask(params=query).json()["ocs"]["data"]
        return answer

    def row(self, **query: Any) -> dict[str, Any]:
        [only] = self.rows(**query)
        return only


@pytest.fixture
def rooms(sim: Simulator, api: Api) -> List:
    return List(sim, api)


def test_a_member_of_nothing_has_an_empty_list(rooms: List) -> None:
    assert rooms.rows() == []


def test_the_order_is_that_of_the_database(sim: Simulator, rooms: List) -> None:
    first, second = (sim.member("max").joins(name) for name in ("Ausbildung", "Kommando"))
    sim.clock.advance(60)
    first.post("anna", "neuer")
    assert [row["token"] for row in rooms.rows()] == [first.token, second.token]


def test_joining_twice_is_joining_once(sim: Simulator, rooms: List) -> None:
    one = sim.member("max").joins("Ausbildung")
    assert sim.member("max").joins("Ausbildung").token == one.token
    assert sim.member("anna").joins("Ausbildung").token == one.token
    assert len(rooms.rows()) == 1


def test_a_new_member_has_nothing_unread(sim: Simulator, rooms: List) -> None:
    sim.member("anna").joins("Ausbildung").post("anna", "Hallo")
    sim.member("max").joins("Ausbildung")
    row = rooms.row()
    assert (row["unreadMessages"], row["lastMessage"]["systemMessage"]) == (0, "user_added")


def test_messages_of_others_are_unread_until_read(sim: Simulator, rooms: List) -> None:
    one = sim.member("max").joins("Ausbildung")
    last = [one.post("anna", text) for text in ("eins", "zwei")][-1]
    row = rooms.row()
    assert (row["unreadMessages"], row["lastMessage"]["message"]) == (2, "zwei")
    assert row["lastActivity"] == row["lastMessage"]["timestamp"]
    one.read_by("max")
    row = rooms.row()
    assert (row["unreadMessages"], row["lastReadMessage"]) == (0, last.id)


def test_an_own_message_leaves_nothing_unread(sim: Simulator, rooms: List) -> None:
    one = sim.member("max").joins("Ausbildung")
    one.post("anna", "Kommst du?")
    one.post("max", "Ja")
    assert rooms.row()["unreadMessages"] == 0


def test_system_and_deleted_messages_do_not_count(sim: Simulator, rooms: List) -> None:
    one = sim.member("max").joins("Ausbildung")
    one.post("anna", "", system="call_started")
    assert rooms.row()["unreadMessages"] == 0
    one.post("anna", "Vertippt")
    one.delete_last()
    row = rooms.row()
    assert row["unreadMessages"] == 0
    assert (row["lastMessage"]["messageType"], row["lastMessage"]["deleted"]) == ("comment_deleted", True)


def test_with_nothing_read_and_nothing_there_the_server_says_one(sim: Simulator, rooms: List) -> None:
    one = sim.member("max").joins("Ausbildung")
    one.clear()
    one.read_by("max")
    row = rooms.row()
    assert (row["unreadMessages"], row["lastReadMessage"], row["lastActivity"]) == (1, -2, 0)
    assert "lastMessage" not in row


@pytest.mark.parametrize(
    ("parameters", "flags"), [(DIRECT, (True, True)), (EVERYBODY, (True, False)), ({}, (False, False))]
)
def test_mentions(sim: Simulator, rooms: List, parameters: dict[str, Any], flags: tuple[bool, bool]) -> None:
    one = sim.member("max").joins("Ausbildung")
    one.post("anna", "bitte lesen", parameters=parameters)
    row = rooms.row()
    assert (row["unreadMention"], row["unreadMentionDirect"]) == flags
    one.read_by("max")
    assert not rooms.row()["unreadMention"]


def test_a_deleted_mention_is_still_one_while_others_are_unread(sim: Simulator, rooms: List) -> None:
    one = sim.member("max").joins("Ausbildung")
    one.post("anna", "noch etwas")
    one.post("anna", "bitte lesen", parameters=DIRECT)
    one.delete_last()
    assert rooms.row()["unreadMentionDirect"] is True


def test_a_one_to_one_is_named_after_the_other_side(sim: Simulator, api: Api, rooms: List) -> None:
    one = sim.member("max").joins("anna", kind=1)
    annas = List(sim, api, "anna")
    assert annas.rows() == []
    one.post("max", "Hallo Anna")
    mine, hers = rooms.row(), annas.row()
    assert (mine["name"], mine["displayName"], mine["token"]) == ("anna", "Anna Schmidt", hers["token"])
    assert (hers["name"], hers["displayName"], hers["unreadMessages"]) == ("max", "Max Mustermann", 1)
    assert sim.member("anna").joins("max", kind=1).token == one.token


def test_talk_updates_belong_to_one_member_and_are_read_only(sim: Simulator, rooms: List) -> None:
    one = sim.member("max").joins("Talk updates ✅", kind=4)
    one.post(Actor("bots", "changelog", "Talk updates ✅"), "## Neu")
    assert sim.member("anna").joins("Talk updates ✅", kind=4).token != one.token
    row = rooms.row()
    assert (row["name"], row["displayName"], row["readOnly"], row["unreadMessages"]) == ("max", "Talk updates ✅", 1, 1)


def test_own_and_common_fields_can_be_set(sim: Simulator, rooms: List) -> None:
    one = sim.member("max").joins("Ausbildung", isArchived=True)
    one.set(hasCall=True, callFlag=3)
    one.set_for("max", isFavorite=True)
    row = rooms.row()
    assert (row["isArchived"], row["hasCall"], row["isFavorite"]) == (True, True, True)


def test_sensitive_conversations_show_no_message(sim: Simulator, rooms: List) -> None:
    sim.member("max").joins("Ausbildung", isSensitive=True).post("anna", "geheim")
    row = rooms.row()
    assert "lastMessage" not in row
    assert row["unreadMessages"] == 1


def test_a_lobby_hides_everything_but_itself(sim: Simulator, rooms: List) -> None:
    one = sim.member("max").joins("Ausbildung", kind=3)
    one.post("anna", "drinnen")
    one.set(lobbyState=1, hasCall=True)
    row = rooms.row()
    assert (row["unreadMessages"], row["hasCall"], row["lobbyState"]) == (0, False, 1)
    assert "lastMessage" not in row


def test_an_expired_message_is_gone(sim: Simulator, rooms: List) -> None:
    one = sim.member("max").joins("Ausbildung")
    one.post("anna", "bleibt")
    one.post("anna", "geht", expires_in=3600)
    assert rooms.row()["lastMessage"]["message"] == "geht"
    sim.clock.advance(3601)
    row = rooms.row()
    assert (row["lastMessage"]["message"], row["unreadMessages"]) == ("bleibt", 1)


def test_an_edit_moves_nothing_but_the_text(sim: Simulator, rooms: List) -> None:
    one = sim.member("max").joins("Ausbildung")
    one.post("anna", "Beginn 18 Uhr")
    before = rooms.row()
    sim.clock.advance(100)
    one.edit_last("Beginn 19 Uhr")
    after = rooms.row()
    assert after["lastMessage"]["message"] == "Beginn 19 Uhr"
    assert after["lastMessage"]["lastEditActorId"] == "anna"
    assert after["lastActivity"] == before["lastActivity"]


def test_the_delta_knows_news_and_reading_but_not_edits(sim: Simulator, rooms: List) -> None:
    one = sim.member("max").joins("Ausbildung")
    one.post("anna", "alt")
    sim.clock.advance(100)
    since = int(sim.clock.now())
    one.edit_last("neu")
    assert rooms.rows(modifiedSince=since) == []
    one.read_by("max")
    assert len(rooms.rows(modifiedSince=since)) == 1
    for harmless in ("", "-5", "abc", "0"):
        assert len(rooms.rows(modifiedSince=harmless)) == 1


def test_a_member_who_left_has_no_row(sim: Simulator, rooms: List) -> None:
    one = sim.member("max").joins("Ausbildung")
    one.remove("max")
    assert rooms.rows() == []


def test_last_messages_can_be_left_out(sim: Simulator, rooms: List) -> None:
    sim.member("max").joins("Ausbildung").post("anna", "Hallo")
    assert "lastMessage" not in rooms.row(includeLastMessage="false")


def test_presence_is_shown_if_asked_for_and_known(sim: Simulator, rooms: List) -> None:
    for partner in ("anna", "peter"):
        sim.member("max").joins(partner, kind=1)
    assert "status" not in rooms.rows(includeStatus="true")[0]
    sim.member("anna").presence("dnd", "🚒", "Im Einsatz")
    shown = [row["status"] for row in rooms.rows(includeStatus="true")]
    assert shown == ["dnd", "offline"]
    assert "status" not in rooms.rows()[0]


@pytest.mark.parametrize(("language", "word"), [("de", "aufgenommen"), ("en-GB,en;q=0.8", "let you in")])
def test_sentences_of_the_system_are_in_the_readers_language(
    sim: Simulator, api: Api, secret: str, language: str, word: str
) -> None:
    sim.member("max").joins("Ausbildung")
    answer = api.rooms("max", secret, headers={"Accept-Language": language})
    assert word in answer.json()["ocs"]["data"][0]["lastMessage"]["message"]


def test_the_members_own_language_wins(sim: Simulator, api: Api, secret: str) -> None:
    sim.member("max", language="de").joins("Ausbildung")
    answer = api.rooms("max", secret, headers={"Accept-Language": "en"})
    assert "aufgenommen" in answer.json()["ocs"]["data"][0]["lastMessage"]["message"]


def test_when_a_partner_is_deleted_the_conversation_stays_read_only(sim: Simulator, rooms: List) -> None:
    sim.member("max").joins("anna", kind=1).post("anna", "Leb wohl")
    sim.delete("anna")
    row = rooms.row()
    assert (row["type"], row["name"], row["readOnly"]) == (5, "Anna Schmidt", 1)
    assert row["lastMessage"]["message"] == "Leb wohl"
