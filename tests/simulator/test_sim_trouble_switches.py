"""The registry, and switching: for everything, for one account, for some requests, by the clock."""

from __future__ import annotations

import httpx
import pytest

from simulator import Simulator, gates, twists, wire
from simulator.troubles import TROUBLES, Stage, groups
from tests.simulator.conftest import Api

DEEDS = {Stage.WIRE: wire.DEEDS, Stage.GATE: gates.DEEDS, Stage.TWIST: twists.DEEDS}


def test_every_trouble_has_a_deed_and_every_deed_is_a_trouble() -> None:
    for stage, deeds in DEEDS.items():
        assert {one.name for one in TROUBLES.values() if one.stage is stage} == set(deeds)


def test_every_trouble_is_described_and_listed_once() -> None:
    listed = [one.name for troubles in groups().values() for one in troubles]
    assert sorted(listed) == sorted(TROUBLES)
    assert (
        len({one.german for one in TROUBLES.values()})
        == len({one.english for one in TROUBLES.values()})
        == len(TROUBLES)
    )


def test_an_unknown_name_is_refused(sim: Simulator) -> None:
    with pytest.raises(KeyError):
        sim.faults.trouble("flood")
    with pytest.raises(KeyError):
        sim.faults.end("flood")
    with pytest.raises(KeyError):
        sim.faults.sequence([{"name": "flood", "seconds": 1}])


@pytest.mark.parametrize("name", ["proxy_502", "talk_missing", "data_null", "server_error"])
def test_each_kind_can_be_on_for_one_account(sim: Simulator, api: Api, secret: str, name: str) -> None:
    annas = sim.app_password("anna")
    healthy = api.rooms("anna", annas).content
    sim.faults.trouble(name, "max")
    assert api.rooms("anna", annas).content == healthy
    assert api.rooms("max", secret).content != healthy
    assert api.bearer(secret).content != healthy


@pytest.mark.parametrize("name", ["proxy_502", "talk_missing", "data_null", "server_error"])
def test_each_kind_can_be_on_for_some_requests(sim: Simulator, api: Api, secret: str, name: str) -> None:
    healthy = api.rooms("max", secret).content
    sim.faults.trouble(name, times=2)
    assert [api.rooms("max", secret).content == healthy for _ in range(3)] == [False, False, True]
    assert sim.faults.overview()["troubles"] == []


def test_requests_it_does_not_concern_are_not_counted(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("revoked", "max", times=1)
    assert api.ask("GET", "/status.php").status_code == 200
    assert api.rooms("anna", sim.app_password("anna")).status_code == 200
    assert [api.rooms("max", secret).status_code for _ in range(2)] == [401, 200]


def test_ending_for_one_leaves_the_other(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("disabled", "max")
    sim.faults.trouble("disabled", "anna")
    sim.faults.end("disabled", "anna")
    assert api.rooms("anna", sim.app_password("anna")).status_code == 200
    assert api.rooms("max", secret).status_code == 401


def test_on_again_starts_counting_anew(sim: Simulator, api: Api) -> None:
    for _ in range(2):
        sim.faults.trouble("proxy_502", times=1)
    assert [api.rooms().status_code for _ in range(2)] == [502, 401]


def test_a_sequence_comes_and_goes_by_the_clock(sim: Simulator, api: Api, secret: str) -> None:
    steps = [("proxy_502", 20), ("", 10), ("locked+bearer_lost", 30), ("maintenance", 5)]
    sim.faults.sequence([{"name": name, "seconds": seconds} for name, seconds in steps])
    seen = []
    for seconds in (0, 21, 10, 29, 5):
        sim.clock.advance(seconds)
        seen.append((api.rooms("max", secret).status_code, api.bearer(secret).status_code))
    assert seen == [(502, 502), (200, 200), (429, 401), (503, 503), (200, 200)]
    assert sim.failures() == 0
    assert sim.faults.overview()["sequence"] is None


def test_a_sequence_tells_what_is_on_and_what_comes(sim: Simulator) -> None:
    sim.faults.sequence([{"name": "talk_missing", "seconds": 20}, {"name": "disabled", "seconds": 10, "user": "max"}])
    told = sim.faults.overview()
    assert (told["sequence"]["now"], told["sequence"]["next"]) == ("talk_missing", "disabled")
    assert 18 < told["sequence"]["seconds_left"] <= 20
    sim.clock.advance(25)
    told = sim.faults.overview()
    assert (told["sequence"]["place"], told["sequence"]["now"], told["sequence"]["next"]) == (1, "disabled", None)
    assert [(one["name"], one["user"]) for one in told["troubles"]] == [("disabled", "max")]


def test_a_sequence_leaves_what_was_switched_on_by_hand(sim: Simulator) -> None:
    sim.faults.trouble("maintenance")
    sim.faults.sequence([{"name": "maintenance", "seconds": 5}])
    sim.clock.advance(6)
    assert sim.faults.maintenance
    sim.faults.sequence([{"name": "updating", "seconds": 5}])
    sim.faults.sequence([])
    assert [one["name"] for one in sim.faults.overview()["troubles"]] == ["maintenance"]


def test_clearing_ends_everything_even_for_who_waits(sim: Simulator, api: Api) -> None:
    sim.faults.trouble("slow", times=1)
    sim.faults.sequence([{"name": "maintenance", "seconds": 60}])
    with pytest.raises(httpx.ReadTimeout):
        api.rooms(timeout=0.2)
    sim.faults.clear()
    assert api.rooms().status_code == 401
    assert sim.faults.overview()["troubles"] == []
    assert sim.faults.overview()["sequence"] is None
