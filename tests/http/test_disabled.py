"""A member who is disabled: nothing any more within ten seconds, wherever he is, and his app password is revoked."""

from collections.abc import Callable

from werkzeug.test import TestResponse

from tests.http.test_avatars import picture
from tests.world import CONNECT, POLL, ROOMS, TOKEN, Caller, World, code, names
from tests.world import private as secret

TEXT = secret("Nur für die Gruppe bestimmt")
AGO = 10
"""Seconds after which another process knows."""

Way = Callable[[], TestResponse]


def in_a_room(world: World) -> tuple[Caller, Caller, str]:
    """Max' browser and program, connected, with a conversation, and its token."""
    room = world.simulator.member("max").joins("Einsatzgruppe 1")
    room.post("peter", TEXT)
    max_ = world.connected("max")
    assert max_.card() == "connected"
    return max_, world.bearer("max"), room.token


def disable_elsewhere(world: World) -> None:
    """As the command does: in a process of its own."""
    world.beside().wired.roster.disable("max")


def test_O6_card_program_picture_and_settings_know_within_ten_seconds_that_a_member_is_disabled(world: World) -> None:
    max_, program, room = in_a_room(world)
    assert names(program.get(ROOMS)) == names(max_.get(ROOMS)) == ["Einsatzgruppe 1"]
    assert picture(max_, room).status_code in (200, 404)

    disable_elsewhere(world)
    world.clock.advance(AGO)

    ways: dict[str, Way] = {
        "card": max_.tick, "action": lambda: max_.act("connect"), "page": lambda: max_.get("/"),
        "settings": lambda: max_.get("/preferences"), "file": lambda: max_.get("/preferences/my-data.json"),
        "picture": lambda: picture(max_, room), "call": lambda: max_.get(ROOMS), "program": lambda: program.get(ROOMS),
    }  # fmt: skip
    answers = {name: way() for name, way in ways.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "card": 200, "action": 200, "page": 303, "settings": 303, "file": 303, "picture": 401, "call": 401,
        "program": 403,
    }  # fmt: skip
    for name in ("card", "action"):
        assert answers[name].get_json()["sideUpdate"] == {"leave": {"href": "/login?next=%2F"}}
    assert code(answers["program"]) == (403, "unknown_member")
    for answer in answers.values():
        assert TEXT not in answer.get_data(as_text=True)
        assert "Einsatzgruppe" not in answer.get_data(as_text=True)
    again = world.app.test_client().post(TOKEN, json={"username": "max", "password": "feuer-und-flamme"})
    assert code(again) == (401, "invalid_credentials")


def test_O6_of_a_disabled_member_nothing_stays_in_memory_and_his_app_password_is_revoked(world: World) -> None:
    in_a_room(world)
    disable_elsewhere(world)

    world.wired.services.ending.drop_ended_elsewhere()
    world.clock.advance(30)
    world.housekeeping()

    assert world.wired.services.card._rooms.known() == set()
    assert world.simulator.app_passwords("max") == []
    assert world.rows("revocations") == []
    assert world.row("max")["nextcloud_app_password"] is None


def test_O6_what_a_disabled_member_has_under_way_comes_to_nothing(world: World) -> None:
    max_ = world.sign_in("max")
    started = max_.data(max_.post(CONNECT))
    disable_elsewhere(world)

    world.simulator.grant(started["loginUrl"], "max")
    world.clock.advance(20)
    refused = max_.post(POLL)
    world.housekeeping()

    assert code(refused) == (401, "unauthenticated")
    assert world.simulator.app_passwords("max") == []
    assert world.row("max")["nextcloud_app_password"] is None


def test_O6_nobody_else_notices(world: World) -> None:
    world.simulator.member("anna").joins("Kommando")
    anna = world.connected("anna")
    in_a_room(world)
    disable_elsewhere(world)
    world.clock.advance(30)
    world.housekeeping()

    assert names(anna.get(ROOMS)) == ["Kommando"]
    assert len(world.simulator.app_passwords("anna")) == 1
