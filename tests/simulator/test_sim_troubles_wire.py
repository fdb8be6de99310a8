"""Troubles of the network and of a proxy in front: nobody is authenticated, nobody counted."""

from __future__ import annotations

import time
import zlib

import httpx
import pytest

from simulator import Simulator, wire
from tests.simulator.conftest import ROOMS, Api

INIT = ("POST", "/index.php/login/v2")
STATUS = ("GET", "/status.php")
PLACES = [("GET", ROOMS), INIT, STATUS, ("GET", "/apps/spreed/")]
HTML = "text/html"


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_unreachable_closes_the_connection(sim: Simulator, api: Api, method: str, path: str) -> None:
    sim.faults.trouble("unreachable")
    with pytest.raises(httpx.RemoteProtocolError):
        api.ask(method, path)
    sim.faults.end("unreachable")
    assert api.ask(method, path).status_code < 500


def test_slow_takes_29_seconds_unless_told_otherwise(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("slow")
    with pytest.raises(httpx.ReadTimeout):
        api.rooms("max", secret, timeout=0.3)
    sim.faults.trouble("slow", delay=0.4)
    began = time.monotonic()
    assert api.rooms("max", secret).status_code == 200
    assert 0.4 <= time.monotonic() - began < 20


def test_a_drip_has_good_headers_and_no_end_until_it_is_over(sim: Simulator) -> None:
    sim.faults.trouble("drip")
    with httpx.stream("GET", sim.url + ROOMS) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/json")
        drops = answer.iter_raw()
        began = time.monotonic()
        assert (next(drops), next(drops)) == (b"{", b" ")
        assert 0.8 < time.monotonic() - began < 20
        sim.faults.clear()
        assert list(drops) in ([], [b" "])


@pytest.mark.parametrize(
    ("name", "status"),
    [("wrong_path", 404), ("sso_page", 200), ("proxy_502", 502), ("proxy_503", 503), ("proxy_504", 504)],
)
@pytest.mark.parametrize(("method", "path"), PLACES)
def test_a_page_of_something_else(sim: Simulator, api: Api, name: str, status: int, method: str, path: str) -> None:
    sim.faults.trouble(name)
    answer = api.ask(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith(HTML)
    assert answer.text.startswith("<!doctype html>")
    assert not {"set-cookie", "x-user-id", "x-nextcloud-maintenance-mode", "retry-after"} & set(answer.headers)
    assert sim.failures() == 0


def test_redirects_go_to_https_and_to_a_login_page_in_turn(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("redirect")
    moved, found = api.rooms("max", secret), api.rooms("max", secret)
    assert (moved.status_code, found.status_code) == (301, 302)
    assert moved.headers["location"] == f"https://{sim.origin.removeprefix('http://')}{ROOMS}"
    assert found.headers["location"].endswith("/login")


def test_100_megabytes_of_good_json_flow(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "HUGE_MEGABYTES", 3)
    sim.faults.trouble("huge", times=1)
    answer = httpx.get(sim.url + ROOMS)
    assert len(answer.content) > 3_000_000
    assert len(answer.json()["ocs"]["data"]) > 2000
    assert "content-length" not in answer.headers


def test_huge_goes_on_for_100_megabytes(sim: Simulator) -> None:
    sim.faults.trouble("huge")
    with httpx.stream("GET", sim.url + ROOMS) as answer:
        size = sum(len(block) for block in answer.iter_raw(chunk_size=1_000_000))
    assert size >= 100_000_000


def test_a_bomb_is_small_until_it_is_unpacked(sim: Simulator) -> None:
    sim.faults.trouble("gzip_bomb")
    with httpx.stream("GET", sim.url + ROOMS, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        raw = b"".join(answer.iter_raw())
    assert len(raw) < 1_000_000
    unpack, size = zlib.decompressobj(16 + zlib.MAX_WBITS), 0
    first = block = unpack.decompress(raw, 100_000)
    while block:
        size, last = size + len(block), block
        block = unpack.decompress(unpack.unconsumed_tail, 10_000_000)
    assert size >= 200_000_000
    assert unpack.eof
    assert first.startswith(b'{"ocs":')
    assert last.endswith(b"]}}")


def test_without_authorization_the_401_does_not_ask_for_it(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("authorization_lost")
    for answer in (api.rooms("max", secret), api.bearer(secret), api.rooms("max", "wrong")):
        assert answer.status_code == 401
        assert answer.json()["ocs"]["meta"]["statuscode"] == 997
        assert answer.json()["ocs"]["meta"]["message"] == "Current user is not logged in"
        assert "www-authenticate" not in answer.headers
    assert sim.failures() == 0


def test_only_bearer_may_be_lost(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("bearer_lost")
    assert not sim.faults.takes_bearer
    assert api.rooms("max", secret).status_code == 200
    assert api.bearer(secret).status_code == 401
    assert sim.failures() == 0
