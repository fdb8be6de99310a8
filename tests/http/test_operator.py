"""The operator's page: who may see it, what stands there, and what is kept for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from components import operator
from components.operator_plots import PLOTS
from models.database import DatabaseAwayError
from models.observation_store import COARSE, FINE, KEPT_SECONDS, MOST_SERIES, OTHER
from nextcloud.routes import OK
from nextcloud.routes import ROOMS as ROOMS_ROUTE
from services.history import quantile
from services.observations import MOST_BUCKETS, Kind
from services.operations import Level, Period
from tests.world import REVOKE, ROOMS, Caller, World, at_once, counted_queries, database_away
from tests.world import private as secret

both = pytest.mark.both_databases

CONVERSATION, MESSAGE = "Nur für Eingeweihte", secret("Die Brandstiftung war es nicht")
DAY = 24 * 3600


def filled(caller: Caller, period: str = "day", theme: str = "light") -> TestResponse:
    """What the renderer asks for when the page is open."""
    outputs = [
        {"id": name, "property": "children"} for name in (operator.SUMMARY, operator.CONNECTIONS, operator.TRAFFIC)
    ]
    outputs += [{"id": plot.graph, "property": "figure"} for plot in PLOTS]
    outputs += [{"id": plot.numbers, "property": "children"} for plot in PLOTS]
    body = {
        "output": ".." + "...".join(f"{one['id']}.{one['property']}" for one in outputs) + "..",
        "outputs": outputs,
        "inputs": [
            {"id": operator.CLOCK, "property": "n_intervals", "value": 1},
            {"id": operator.PERIOD, "property": "value", "value": period},
            {"id": operator.THEME, "property": "data", "value": theme},
        ],
        "changedPropIds": [f"{operator.CLOCK}.n_intervals"],
        "state": [],
    }
    return caller.post("/_dash-update-component", json=body)


def layout(caller: Caller) -> str:
    """The page as the renderer asks for it: past its address."""
    names = ("_pages_content.children", "_pages_store.data")
    body = {
        "output": ".." + "...".join(names) + "..",
        "outputs": [dict(zip(("id", "property"), name.split("."), strict=True)) for name in names],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": "/operator"},
            {"id": "_pages_location", "property": "search", "value": ""},
        ],
        "changedPropIds": ["_pages_location.pathname"],
    }
    answer = caller.post("/_dash-update-component", json=body)
    assert answer.status_code == 200
    return answer.text


def counted(world: World, span: int = FINE, **wanted: str) -> int:
    """What the database has counted in all spans of that length."""
    rows = [row for row in world.rows("observations") if row["span"] == span]
    return sum(row["number"] for row in rows if all(row[name] == value for name, value in wanted.items()))


@pytest.fixture
def chief(world: World) -> Caller:
    """An operator without a connection."""
    world.member("chief", operator=True)
    return world.sign_in("chief")


@pytest.fixture
def max_(world: World) -> Caller:
    """A member with one conversation."""
    world.simulator.member("max").joins(CONVERSATION).post("anna", MESSAGE)
    return world.connected("max")


def test_only_operators_get_it(world: World, chief: Caller, max_: Caller) -> None:
    stranger: FlaskClient = world.app.test_client()

    assert chief.get("/operator").status_code == 200
    assert max_.get("/operator").status_code == 404
    assert stranger.get("/operator").headers["Location"].startswith("/login")


def test_nobody_else_gets_page_or_numbers_past_its_address(chief: Caller, max_: Caller) -> None:
    assert "operator-summary" in layout(chief)
    assert filled(chief).status_code == 200

    assert "operator-" not in layout(max_)
    assert filled(max_).status_code == 404


def test_who_is_no_operator_any_more_gets_nothing_any_more(world: World, chief: Caller) -> None:
    with world.wired.database.write() as session:
        session.connection().exec_driver_sql("UPDATE users SET operator = false WHERE name = 'chief'")
    world.clock.advance(11)

    assert filled(chief).status_code == 404


@pytest.mark.parametrize("period", list(Period))
def test_it_shows_how_it_stands_and_no_word_of_anybody(
    world: World, chief: Caller, max_: Caller, period: Period
) -> None:
    max_.get(ROOMS)
    max_.tick()
    world.housekeeping()

    answer = filled(chief, period)

    assert answer.status_code == 200
    page = json.dumps(answer.get_json(), ensure_ascii=False)
    assert ROOMS_ROUTE in page
    assert "Max Mustermann" in page
    for words in (CONVERSATION, MESSAGE, "app_password"):
        assert words not in page


def test_the_states_of_connections_are_told_apart(world: World, max_: Caller) -> None:
    anna = world.connected("anna")
    world.member("peter")
    world.simulator.revoke_all("anna")
    anna.get(ROOMS)

    now = world.wired.services.operations.situation()

    levels = {level: now.levels[level] for level in (Level.CONNECTED, Level.REFUSED, Level.NOT_CONNECTED)}
    assert levels == dict.fromkeys(levels, 1)
    assert {one.display_name: one.level for one in now.connections} == {
        "Max Mustermann": Level.CONNECTED,
        "Anna Schmidt": Level.REFUSED,
    }
    assert now.budget.taken == 1


def test_age_and_last_success_of_a_connection_are_known(world: World, max_: Caller) -> None:
    operations = world.wired.services.operations
    assert operations.situation().connections[0].succeeded_at is None
    max_.get(ROOMS)

    world.simulator.faults.maintenance = True
    world.clock.advance(100)
    max_.get(ROOMS)

    (one,) = operations.situation().connections
    assert one.cause == "nextcloud_maintenance"
    assert one.succeeded_at is not None
    assert world.clock() - one.succeeded_at >= 100
    assert one.connected_at <= one.succeeded_at


def test_what_could_not_be_given_back_is_counted(world: World, max_: Caller) -> None:
    world.simulator.faults.answer(REVOKE, 502)
    max_.delete("/api/nextcloud/connect")
    levels = world.wired.services.operations.situation().levels
    assert (levels[Level.REVOCATIONS], levels[Level.LEFT_BEHIND]) == (1, 0)

    world.clock.advance(25 * 3600)
    world.housekeeping()

    levels = world.wired.services.operations.situation().levels
    assert (levels[Level.REVOCATIONS], levels[Level.LEFT_BEHIND]) == (0, 1)


def test_an_account_that_two_have_connected_is_marked(world: World, max_: Caller) -> None:
    anna = world.sign_in("anna")
    started = anna.data(anna.post("/api/nextcloud/connect"))
    world.simulator.grant(started["loginUrl"], "max")
    world.clock.advance(3)
    anna.post("/api/nextcloud/poll")

    assert [one.shared for one in world.wired.services.operations.situation().connections] == [True, True]


def test_counting_costs_no_query(world: World) -> None:
    with counted_queries(world) as queries:
        for _time in range(100):
            world.wired.services.observations.count(Kind.WEB, "page", "2xx", 0.1)

    assert queries == []


@both
def test_what_was_counted_is_there_after_a_restart(world: World, max_: Caller) -> None:
    max_.get(ROOMS)

    world.restart()

    assert counted(world, kind="upstream", route=ROOMS_ROUTE, outcome=OK) == 1
    assert counted(world, COARSE, kind="upstream", route=ROOMS_ROUTE, outcome=OK) == 1


@both
def test_processes_add_to_what_others_have_counted(world: World) -> None:
    worlds = [world, *(world.beside() for _process in range(3))]

    def count(number: int) -> None:
        there = worlds[number % 4].wired.services
        for _time in range(5):
            there.observations.count(Kind.WEB, "page", "2xx", 0.2)
            there.observations.flush()

    at_once(8, count)

    (row,) = [row for row in world.rows("observations") if row["span"] == COARSE and row["kind"] == "web"
              and row["latencies"] in ([0, 0, 40, *[0] * 6], "[0, 0, 40, 0, 0, 0, 0, 0, 0]")]  # fmt: skip
    assert row["number"] == 40


def test_while_the_database_is_away_nothing_is_lost(world: World) -> None:
    observations = world.wired.services.observations
    observations.count(Kind.SIGN_IN, "password", OK)
    with database_away(world), pytest.raises(DatabaseAwayError):
        observations.flush()
    observations.count(Kind.SIGN_IN, "password", OK)

    observations.flush()

    assert counted(world, kind="sign_in") == 2


def test_while_the_database_is_away_so_much_is_kept_in_memory_and_no_more(world: World) -> None:
    observations = world.wired.services.observations
    with database_away(world):
        for number in range(MOST_BUCKETS + 10):
            observations.count(Kind.UPSTREAM, f"/erfunden/{number}", OK)
            if number % 500 == 0:
                with pytest.raises(DatabaseAwayError):
                    observations.flush()
        observations.count(Kind.UPSTREAM, "/erfunden/0", OK)
    observations.flush()

    assert MOST_BUCKETS - 10 < counted(world, kind="upstream") <= MOST_BUCKETS + 1  # the last: it was known already


@both
def test_what_is_too_old_is_deleted(world: World) -> None:
    observations = world.wired.services.observations
    observations.count(Kind.SIGN_IN, "password", OK)
    observations.flush()

    world.clock.advance(KEPT_SECONDS[FINE] + 2 * FINE)
    world.housekeeping()
    assert (counted(world, kind="sign_in"), counted(world, COARSE, kind="sign_in")) == (0, 1)

    world.clock.advance(KEPT_SECONDS[COARSE])
    world.housekeeping()
    assert counted(world, COARSE, kind="sign_in") == 0


@both
def test_a_span_has_so_many_rows_and_no_more(world: World) -> None:
    observations = world.wired.services.observations
    for number in range(3 * MOST_SERIES):
        observations.count(Kind.UPSTREAM, f"/erfunden/{number}", OK)
    observations.flush()

    rows = [row for row in world.rows("observations") if row["span"] == COARSE]
    assert len(rows) <= MOST_SERIES + len(Kind)
    assert counted(world, COARSE, kind="upstream") == 3 * MOST_SERIES
    assert counted(world, COARSE, kind="upstream", route=OTHER) >= 2 * MOST_SERIES


def test_a_level_is_the_last_one_that_was_seen(world: World, max_: Caller) -> None:
    operations = world.wired.services.operations
    operations.record()
    max_.delete("/api/nextcloud/connect")
    operations.record()

    levels = operations.history(Period.MONTH).levels(Kind.CONNECTIONS)
    assert levels["connected"][-1] == 0
    assert levels["not_connected"][-1] == 1


def test_the_plots_have_the_numbers_in_their_places(world: World, chief: Caller) -> None:
    observations = world.wired.services.observations
    for _time in range(10):
        observations.count(Kind.UPSTREAM, ROOMS_ROUTE, OK, 0.2)
    observations.count(Kind.UPSTREAM, ROOMS_ROUTE, "nextcloud_tls_expired", 3)
    observations.flush()
    world.clock.advance(FINE)

    answer: dict[str, Any] = filled(chief).get_json()["response"]

    (errors,) = answer["operator-plot-errors"]["figure"]["data"]
    assert errors["y"][-2:] == [1, 0]
    assert "nextcloud_tls_expired" in errors["name"]
    half, slow = answer["operator-plot-latency"]["figure"]["data"]
    assert 0.1 < half["y"][-2] < slow["y"][-2] <= 0.25
    assert len(half["x"]) == DAY // FINE


def test_both_themes_have_their_colours(chief: Caller) -> None:
    grounds = [
        filled(chief, theme=theme).get_json()["response"]["operator-plot-latency"]["figure"]["layout"]["template"]
        for theme in ("light", "dark")
    ]

    assert [one["layout"]["paper_bgcolor"] for one in grounds] == ["#ffffff", "#1a1d21"]


@pytest.mark.parametrize(
    ("latencies", "share", "seconds"),
    [
        ([], 0.5, None),
        ([0] * 9, 0.5, None),
        ([10, *[0] * 8], 0.5, 0.025),
        ([0, 10, *[0] * 7], 1, 0.1),
        ([50, 45, 0, 0, 0, 0, 0, 0, 5], 0.95, 0.1),
        ([0, 0, 0, 0, 0, 0, 0, 0, 4], 0.5, 20.0),
    ],
)
def test_quantiles_of_what_was_counted_by_classes(latencies: list[int], share: float, seconds: float | None) -> None:
    assert quantile(latencies, share) == (None if seconds is None else pytest.approx(seconds))
