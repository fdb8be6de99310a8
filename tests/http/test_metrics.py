"""Numbers for Prometheus, and the id that every request carries through the log."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.logged import log_lines
from tests.world import PASSWORD, ROOM_LIST, ROOMS, World, database_away, private, submit_sign_in

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"
TOKEN = private("geheim-fuer-prometheus")
REFRESH = 31

Labels = frozenset[tuple[str, str]]


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world(metrics_token=TOKEN)


def scraped(world: World) -> dict[tuple[str, Labels], float]:
    """Every number, by its name and labels."""
    answer = world.app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {(sample.name, frozenset(sample.labels.items())): sample.value for one in families for sample in one.samples}


def number(world: World, name: str, **labels: str) -> float:
    return scraped(world).get((f"talkboard_{name}", frozenset(labels.items())), 0)


def test_without_a_token_in_the_settings_there_is_nothing(make_world: Callable[..., World]) -> None:
    client = make_world().app.test_client()

    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer ü"]
)
def test_who_does_not_know_the_token_gets_no_number(world: World, given: str) -> None:
    answer = world.app.test_client().get("/metrics", headers={"Authorization": given} if given else {})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "talkboard_" not in answer.text


def test_a_member_who_is_signed_in_needs_the_token_as_well(world: World) -> None:
    world.member("max", operator=True)

    assert world.sign_in("max").get("/metrics").status_code == 401


def test_questions_to_nextcloud_are_counted_by_route_and_cause(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    max_.get(ROOMS)
    route = "/apps/spreed/api/v4/room"
    assert number(world, "upstream_requests_total", route=route, outcome="ok") == 1

    world.simulator.faults.maintenance = True
    world.clock.advance(REFRESH)
    max_.get(ROOMS)

    assert number(world, "upstream_requests_total", route=route, outcome="nextcloud_maintenance") == 1
    assert number(world, "upstream_seconds_count", route=route) == 2
    assert number(world, "http_requests_total", method="GET", route=ROOMS, status="503") == 1


def test_each_question_is_counted_once(world: World) -> None:
    """Whatever layers it goes through on its way."""
    world.simulator.member("max").joins("Einsatzgruppe 1")
    world.connected("max").get(ROOMS)

    asked = len(world.simulator.journal.entries())
    counted = [
        value for (name, _labels), value in scraped(world).items() if name == "talkboard_upstream_requests_total"
    ]

    assert sum(counted) == asked - len(world.simulator.journal.entries("/login/v2/flow")) - len(
        world.simulator.journal.entries("/login/v2/grant")
    )


def test_cards_callbacks_and_sign_ins_are_counted(world: World) -> None:
    max_ = world.sign_in("max")
    submit_sign_in(world.app.test_client(), "max", "falsch-falsch")
    world.bearer("max")
    max_.tick()

    assert number(world, "card_refreshes_total", state="not_connected", changed="changed") == 1
    assert number(world, "callbacks_total", output="talk-card.children", status="200") == 1
    assert number(world, "sign_ins_total", way="password", result="ok") == 1
    assert number(world, "sign_ins_total", way="password", result="failed") == 1
    assert number(world, "sign_ins_total", way="token", result="ok") == 1


def test_how_it_stands_is_told(world: World) -> None:
    world.member("anna")
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    max_.get(ROOMS)
    world.clock.advance(100)

    assert number(world, "connections", state="connected") == 1
    assert number(world, "connections", state="not_connected") == 1
    assert 100 <= number(world, "snapshot_age_seconds", which="oldest") < 200
    assert number(world, "threads_busy") == 1
    assert number(world, "budget_slots_taken") == 0

    world.simulator.revoke_all("max")
    max_.get(ROOMS)

    assert number(world, "connections", state="refused") == 1
    assert number(world, "budget_slots_taken") == 1


def test_a_list_that_nobody_looks_at_does_not_count_as_old(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    world.connected("max").get(ROOMS)

    world.clock.advance(3600)

    assert number(world, "snapshot_age_seconds", which="oldest") == 0


def test_whatever_callers_send_becomes_no_name(world: World) -> None:
    """Each name is memory for ever, here and at Prometheus."""
    max_ = world.sign_in("max")

    def abuse(number: int) -> None:
        max_.get(f"/nirgends/{number}")
        max_.get(f"/api/nirgends/{number}")
        max_.get(f"/avatar/raum{number}")
        max_.post("/_dash-update-component", json={"output": f"erfunden-{number}.children", "inputs": []})
        max_.post("/_dash-update-component", data="kaputt", content_type="application/json")
        world.app.test_client().open("/login", method=f"ERFUNDEN{number}")

    abuse(0)
    scraped(world)  # which is counted as well
    before = set(scraped(world))

    for turn in range(1, 20):
        abuse(turn)

    assert set(scraped(world)) == before


def test_no_name_and_no_secret_is_among_the_numbers(world: World) -> None:
    room = world.simulator.member("max").joins("Einsatzgruppe 1")
    room.post("anna", private("Streng geheim"))
    max_ = world.connected("max")
    max_.get(ROOMS)
    max_.tick()
    world.bearer("max")

    answer = world.app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text

    for word in ("max", "Mustermann", "Einsatzgruppe", "Streng geheim", TOKEN, PASSWORD, world.simulator.url):
        assert not re.search(rf"\b{re.escape(word)}\b", answer), word


def test_the_document_for_operators_names_every_number_and_no_other(world: World) -> None:
    answer = world.app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    there = set(re.findall(r"^# TYPE (talkboard_\w+) ", answer.text, re.MULTILINE))

    named = set(re.findall(r"`(talkboard_\w+)`", OPERATING.read_text(encoding="utf-8")))

    assert named == {name for name in there if not name.endswith("_created")}


def test_two_apps_in_one_process_count_for_themselves(world: World, make_world: Callable[..., World]) -> None:
    other = make_world(metrics_token=TOKEN)

    world.sign_in("max")

    assert number(world, "sign_ins_total", way="password", result="ok") == 1
    assert number(other, "sign_ins_total", way="password", result="ok") == 0


def test_while_the_database_is_away_the_rest_is_told(world: World) -> None:
    with database_away(world):
        found = {name for name, _labels in scraped(world)}

    assert "talkboard_threads_busy" in found
    assert "talkboard_connections" not in found


def test_nobody_stays_busy_after_an_error(world: World) -> None:
    max_ = world.sign_in("max")
    with database_away(world):
        world.clock.advance(3600)
        assert max_.get("/").status_code == 503
    max_.get("/nirgends")

    assert number(world, "threads_busy") == 1


def test_every_answer_has_an_id_and_every_line_of_its_request_too(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    world.simulator.faults.answer(ROOM_LIST, 502)

    with log_lines() as lines:
        answer = max_.get(ROOMS)
        other = max_.get("/healthz")

    request_id = answer.headers["X-Request-Id"]
    assert request_id != other.headers["X-Request-Id"]
    mine = [line for line in lines if "rooms.cause" in line or "rest.failed" in line]
    assert mine
    assert all(f"request_id='{request_id}'" in line for line in mine)


def test_a_poll_that_goes_on_in_another_thread_keeps_its_id(world: World) -> None:
    max_ = world.sign_in("max")
    started = max_.data(max_.post("/api/nextcloud/connect"))
    world.simulator.grant(started["loginUrl"], "max")
    world.clock.advance(3)

    with log_lines() as lines:
        answer = max_.post("/api/nextcloud/poll")

    (connected,) = [line for line in lines if "flow.connected" in line]
    assert f"request_id='{answer.headers['X-Request-Id']}'" in connected


@pytest.mark.parametrize("given", ["proxy-0123_abc", "A" * 64])
def test_the_id_of_a_proxy_is_kept(world: World, given: str) -> None:
    answer = world.app.test_client().get("/healthz", headers={"X-Request-Id": given})

    assert answer.headers["X-Request-Id"] == given


@pytest.mark.parametrize(
    "given", ["kurz", "A" * 65, "mit leerzeichen", "a='b' level='x'", "ümlaut-ümlaut", "<script>alert</script>"]
)
def test_an_id_that_could_do_harm_is_replaced(world: World, given: str) -> None:
    answer = world.app.test_client().get("/healthz", headers={"X-Request-Id": given})

    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-Id"])
