"""The database does not answer: who is known goes on for ten minutes, everybody else is told."""

import pytest

from tests.conftest import WRITTEN
from tests.world import CONNECT, PASSWORD, REVOKE, ROOMS, TOKEN, World, code, database_away, eventually, names


def test_known_sign_ins_go_on_for_ten_minutes(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    max_.tick()

    with database_away(world):
        for _turn in range(11):
            world.clock.advance(50)
            assert names(max_.get(ROOMS)) == ["Einsatzgruppe 1"]
            assert max_.card() == "connected"
            assert max_.get("/").status_code == 200


def test_after_ten_minutes_everybody_is_told_in_one_sentence(world: World) -> None:
    max_ = world.connected("max")
    max_.tick()

    with database_away(world):
        world.clock.advance(601)
        page, call, callback = max_.get("/"), max_.get(ROOMS), max_.tick()

    assert page.status_code == 503
    assert "Datenbank" in page.get_data(as_text=True)
    assert page.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert code(call) == (503, "unavailable")
    assert callback.status_code == 503
    assert "<html" not in callback.get_data(as_text=True)


def test_once_it_is_back_everything_goes_on(world: World) -> None:
    max_ = world.connected("max")
    with database_away(world):
        world.clock.advance(601)
        assert max_.get(ROOMS).status_code == 503

    assert max_.get(ROOMS).status_code == 200
    assert max_.get("/").status_code == 200


def test_nobody_signs_in_meanwhile(world: World) -> None:
    world.member("max")
    client = world.app.test_client()
    page = client.get("/login").get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]

    with database_away(world):
        form = client.post("/login", data={"username": "max", "password": PASSWORD, "csrf_token": token})
        call = client.post(TOKEN, json={"username": "max", "password": PASSWORD})

    assert form.status_code == 503
    assert code(call) == (503, "unavailable")


def test_a_stranger_still_sees_the_sign_in_page_and_the_health_check_answers(world: World) -> None:
    with database_away(world):
        assert world.app.test_client().get("/login").status_code == 200
        assert world.app.test_client().get("/healthz").status_code == 200


def test_a_cookie_that_nobody_knows_yet_is_told_too(world: World) -> None:
    max_ = world.sign_in("max")
    world.restart(max_)

    with database_away(world):
        assert max_.get("/").status_code == 503
        assert max_.get("/login").status_code == 503
        assert code(max_.get(ROOMS)) == (503, "unavailable")


def test_the_first_page_after_it_came_back_needs_no_new_sign_in(world: World) -> None:
    max_ = world.sign_in("max")
    world.restart(max_)
    with database_away(world):
        max_.get("/")

    assert max_.get("/").status_code == 200


def test_bearer_tokens_of_known_members_go_on_too(world: World) -> None:
    world.connected("max")
    program = world.bearer("max")
    program.get(ROOMS)

    with database_away(world):
        world.clock.advance(500)
        within = program.get(ROOMS)
        world.clock.advance(200)
        after = program.get(ROOMS)

    assert within.status_code == 200
    assert code(after) == (503, "unavailable")


def test_a_database_that_only_refuses_to_write_costs_nobody_his_sign_in(world: World) -> None:
    max_ = world.sign_in("max")
    world.clock.advance(4000)

    with database_away(world, only="UPDATE sign_ins"):
        answer = max_.get("/")

    assert answer.status_code == 200


def test_the_work_in_the_background_survives_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.housekeeping.LOOK_SECONDS", 0.02)
    max_ = world.connected("max")
    world.simulator.faults.drop(REVOKE, times=1)
    max_.delete(CONNECT)
    world.clock.advance(120)
    before = WRITTEN.getvalue().count("database.away")

    with database_away(world):
        world.wired.housekeeping.start()
        eventually(lambda: WRITTEN.getvalue().count("database.away") > before)

    eventually(lambda: not world.simulator.app_passwords("max"))
