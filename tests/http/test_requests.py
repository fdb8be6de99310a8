"""What the client sends to Nextcloud, and whose answers it believes."""

import http.cookiejar
import json
from typing import Any

import httpx
import pytest

from simulator import Simulator
from tests.world import (
    CAPABILITIES,
    CONNECT,
    FLOW_POLL,
    FLOW_START,
    IDENTITY,
    REVOKE,
    ROOM_LIST,
    ROOMS,
    World,
    code,
    names,
)
from tests.world import private as secret


def foreign_rooms(text: str) -> str:
    room = {"token": "abcd1234", "type": 2, "displayName": text, "unreadMessages": 7, "lastActivity": 1}
    return json.dumps({"ocs": {"meta": {"status": "ok", "statuscode": 200, "message": "OK"}, "data": [room]}})


def keep_cookies(world: World) -> None:
    """Takes the cookie guard out: the client then is as httpx makes one by default."""
    world.wired.client._http.cookies = httpx.Cookies(http.cookiejar.CookieJar())


def test_A1_a_connected_member_sees_his_conversations_on_the_card(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1").post("anna", secret("Übung um 19 Uhr am Gerätehaus"))

    answer = world.connected("max").tick()

    assert '"data-state":"connected"' in answer.get_data(as_text=True)
    assert "Einsatzgruppe 1" in answer.get_data(as_text=True)


@pytest.mark.parametrize("user_id", ["anna", "MAX", "maximilian"])
def test_A2_an_answer_for_another_account_is_thrown_away(world: World, user_id: str) -> None:
    max_ = world.connected("max")
    headers = {"Content-Type": "application/json; charset=utf-8", "X-User-Id": user_id}
    world.simulator.faults.answer(ROOM_LIST, 200, headers, foreign_rooms("Geheime Runde"))

    answer, card = max_.get(ROOMS), max_.tick()

    assert code(answer) == (502, "nextcloud_unreachable")
    assert (max_.card(card), max_.cause(card)) == ("failed", "nextcloud_unreachable")
    assert "Geheime Runde" not in card.get_data(as_text=True)


def test_A2_an_answer_that_names_no_account_is_thrown_away(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.answer(ROOM_LIST, 200, {"Content-Type": "application/json"}, foreign_rooms("Irgendwer"))

    answer = max_.get(ROOMS)

    assert code(answer) == (502, "nextcloud_unreachable")


def test_A2_rows_that_were_good_stay_while_answers_are_for_another_account(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    max_.tick()
    headers = {"Content-Type": "application/json", "X-User-Id": "anna"}
    world.simulator.faults.answer(ROOM_LIST, 200, headers, foreign_rooms("Geheime Runde"))
    world.clock.advance(31)

    card = max_.tick()

    assert max_.card(card) == "stale"
    assert "Einsatzgruppe 1" in card.get_data(as_text=True)
    assert "Geheime Runde" not in card.get_data(as_text=True)


def test_A3_without_the_cookie_guard_members_would_see_one_anothers_conversations(world: World) -> None:
    """The guard is what keeps A3: with httpx's own cookie jar the second member gets the first one's answer."""
    world.simulator.member("max").joins("Einsatzgruppe 1")
    world.simulator.member("anna").joins("Kommando")
    max_, anna = world.connected("max"), world.connected("anna")
    keep_cookies(world)

    first, second = max_.get(ROOMS), anna.get(ROOMS)

    assert names(first) == ["Einsatzgruppe 1"]
    assert code(second) == (502, "nextcloud_unreachable")  # X-User-Id is the second line of defence
    assert world.simulator.journal.cookies() != []


def test_A4_no_request_ever_carries_a_cookie(world: World) -> None:
    max_ = world.connected("max")
    for _period in range(3):
        max_.get(ROOMS)
        world.clock.advance(31)

    max_.delete(CONNECT)

    assert {path_of(entry) for entry in world.simulator.journal.entries()} == {
        FLOW_START, FLOW_POLL, IDENTITY, ROOM_LIST, CAPABILITIES, REVOKE,
    }  # fmt: skip
    assert all("cookie" not in entry.headers for entry in world.simulator.journal.entries())


def test_A5_requests_as_a_member_carry_exactly_the_headers_that_nextcloud_wants(world: World) -> None:
    world.connected("max").get(ROOMS)

    asked = [*world.simulator.journal.entries(ROOM_LIST), *world.simulator.journal.entries(IDENTITY)]

    assert len(asked) == 2
    for entry in asked:
        assert entry.headers["accept"] == "application/json"
        assert entry.headers["ocs-apirequest"] == "true"
        assert entry.headers["accept-encoding"] == "gzip"
        assert entry.headers["accept-language"] == "de"
        assert entry.user_agent == "Talkboard"
        assert (entry.auth_scheme, entry.auth_login) == ("basic", "max")


def test_A5_the_list_is_asked_for_whole_and_without_touching_presence(world: World) -> None:
    world.connected("max").get(ROOMS)

    (entry,) = world.simulator.journal.entries(ROOM_LIST)

    assert entry.query == {"noStatusUpdate": "1", "includeStatus": "true"}


def test_F20_a_flow_is_opened_with_the_members_name_and_nothing_else(world: World) -> None:
    max_ = world.sign_in("max")

    max_.post(CONNECT)

    (entry,) = world.simulator.journal.entries(FLOW_START)
    assert entry.method == "POST"
    assert entry.user_agent == "Talkboard (max)"
    assert entry.headers["content-length"] == "0"
    assert "authorization" not in entry.headers
    assert "cookie" not in entry.headers


@pytest.mark.parametrize(
    ("client_name", "member", "device"),
    [
        ("Feuerwehr-Dashboard", "max", "Feuerwehr-Dashboard (max)"),
        ("Talkboard", "jürgen", "Talkboard (jrgen)"),
        ("Talkboard", "ÄÖÜ", "Talkboard"),
        ("T" * 120, "max", "T" * 120),
    ],
)
def test_F20_the_name_of_the_device_is_ascii_and_short(
    make_world: Any, client_name: str, member: str, device: str
) -> None:
    world = make_world(nextcloud_client_name=client_name)

    world.sign_in(member).post(CONNECT)

    (entry,) = world.simulator.journal.entries(FLOW_START)
    assert entry.user_agent == device


def test_F22_a_poll_is_a_form_sent_to_the_checked_address_with_the_token_of_the_flow(world: World) -> None:
    max_ = world.sign_in("max")
    max_.post(CONNECT)

    max_.post("/api/nextcloud/poll")

    (entry,) = world.simulator.journal.entries(FLOW_POLL)
    assert (entry.method, entry.path) == ("POST", FLOW_POLL)
    assert entry.headers["content-type"] == "application/x-www-form-urlencoded"
    assert set(entry.form) == {"token"}
    assert "authorization" not in entry.headers


def test_the_conversations_of_a_nextcloud_below_a_path_link_below_that_path(tmp_path: Any) -> None:
    with Simulator("/nextcloud") as simulator:
        world = World(tmp_path, simulator)
        simulator.member("max").joins("Einsatzgruppe 1").post("anna", "Hallo")

        room = world.connected("max").get(ROOMS).get_json()["data"]["conversations"][0]

        assert room["url"] == f"{simulator.url}/call/{room['token']}"
        world.close()


def path_of(entry: Any) -> str:
    return str(entry.path.removeprefix("/index.php"))
