"""The configurations for nginx and Caddy that docs/operating.md prints, run as they are before a real app."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from simulator import Simulator
from tests.browser.served import ROOT
from tests.http.proxies import Behind, behind
from tests.world import CONNECT, PASSWORD, POLL, ROOMS, TOKEN, private

HERE, THERE = "127.0.0.2", "127.0.0.3"
"""Two addresses of members."""
TRIES = 5
THREADS = 32
METRICS_TOKEN = private("metrics-token-of-these-tests")


@pytest.fixture(params=["nginx", "caddy"])
def proxy(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def app(proxy: str, tmp_path: Path, simulator: Simulator) -> Iterator[Behind]:
    with behind(proxy, tmp_path, simulator, METRICS_TOKEN=METRICS_TOKEN) as reached:
        yield reached


@pytest.fixture
def below(proxy: str, tmp_path: Path, simulator: Simulator) -> Iterator[Behind]:
    """The same below a path, as docs/operating.md says how."""
    ways: dict[str, Callable[[str], str]] = {
        "nginx": lambda text: text.replace("location / {", "location /talk/ {"),
        "caddy": lambda text: text.replace("reverse_proxy 127", "reverse_proxy /talk/* 127"),
    }
    with behind(proxy, tmp_path, simulator, ways[proxy], URL_PREFIX="/talk/") as reached:
        yield reached


def sign_in(visitor: httpx.Client, password: str = PASSWORD) -> httpx.Response:
    """Fills in the form as a person does."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get("login").text)
    assert token is not None
    return visitor.post("login", data={"username": "max", "password": password, "csrf_token": token[1]})


def policies(answer: httpx.Response) -> list[str]:
    """The content security policies, without what is new in each answer."""
    return [re.sub(r"'nonce-[^']+'", "", one) for one in answer.headers.get_list("Content-Security-Policy")]


def test_a_member_signs_in_and_connects(app: Behind) -> None:
    visitor = app.visitor()

    answer = sign_in(visitor)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert visitor.get("").status_code == 200
    visitor.headers["X-CSRFToken"] = visitor.cookies["_csrf_token"]
    started = visitor.post(CONNECT).json()["data"]
    app.app.simulator.grant(started["loginUrl"], "max")
    assert visitor.post(POLL, json={"token": started["poll"]["token"]}).json()["data"]["status"] == "connected"
    assert visitor.get(ROOMS).status_code == 200
    assert app.visitor().get(ROOMS).status_code == 401


def test_cookies_are_secure_and_of_this_host_alone(app: Behind) -> None:
    cookies = sign_in(app.visitor()).headers.get_list("Set-Cookie")

    session = [cookie for cookie in cookies if cookie.startswith("__Host-")]
    assert session, cookies
    assert all("Secure" in cookie for cookie in cookies)
    assert all("HttpOnly" in cookie and "Path=/" in cookie and "Domain" not in cookie for cookie in session)


def test_each_member_has_his_own_address(app: Behind) -> None:
    for _try in range(TRIES):
        sign_in(app.visitor(HERE), "falsch")

    assert sign_in(app.visitor(HERE)).status_code == 401
    assert sign_in(app.visitor(THERE)).status_code == 303


def test_a_forged_address_is_not_believed(app: Behind) -> None:
    for number in range(TRIES):
        sign_in(app.visitor(HERE, **{"X-Forwarded-For": f"{THERE}, 10.0.0.{number}"}), "falsch")

    assert sign_in(app.visitor(HERE, **{"X-Forwarded-For": "10.0.0.99", "X-Real-IP": "10.0.0.99"})).status_code == 401
    assert sign_in(app.visitor(THERE)).status_code == 303


def test_a_forged_host_or_scheme_is_not_believed(app: Behind) -> None:
    forged = {"X-Forwarded-Host": "evil.example.org", "X-Forwarded-Proto": "http", "X-Forwarded-Prefix": "/evil"}

    answer = sign_in(app.visitor(**forged))

    assert answer.status_code == 303
    assert "evil" not in str(answer.headers)
    assert "evil" not in app.visitor(**forged).get("login").text


def test_headers_arrive_once_and_as_they_were_sent(app: Behind) -> None:
    answer = app.visitor().get("login")

    direct = httpx.get(f"{app.app.url}login")
    assert policies(answer) == policies(direct)
    assert len(policies(answer)) == 1
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert answer.headers["Cache-Control"] == "no-store"


def test_plain_http_leads_to_https(app: Behind) -> None:
    answer = httpx.get(f"http://localhost:{app.http}/login?next=/preferences")

    assert answer.is_redirect
    assert re.match(r"https://localhost(:\d+)?/login\?next=/preferences$", answer.headers["Location"])


def test_numbers_need_their_token_here_too(app: Behind) -> None:
    assert app.visitor().get("metrics").status_code == 401

    answer = app.visitor(Authorization=f"Bearer {METRICS_TOKEN}").get("metrics")

    assert answer.status_code == 200
    assert "talkboard_build_info" in answer.text


def test_who_sends_slowly_holds_up_nobody(app: Behind) -> None:
    port = httpx.URL(app.url).port
    with ExitStack() as opened:
        for _number in range(THREADS + 8):
            plain = socket.create_connection(("127.0.0.1", port), timeout=20)
            slow = opened.enter_context(app.trust.wrap_socket(plain, server_hostname="localhost"))
            slow.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Len")

        assert app.visitor().get("healthz").status_code == 200


def test_the_doctor_finds_the_way_in_good_order(app: Behind) -> None:
    environment = {"PATH": "/usr/bin:/bin"} | app.app.settings
    command = [sys.executable, "-m", "flask", "--app", "app", "doctor", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    found = {one["about"]: (one["level"], one["words"]) for one in json.loads(done.stdout)["findings"]}
    for about in ("cookies", "proxies", "address", "framing", "hsts"):
        assert found[about][0] == "ok", found


def test_below_a_path_too(below: Behind) -> None:
    visitor = below.visitor()

    answer = sign_in(visitor)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/talk/")
    page = visitor.get("")
    assert page.status_code == 200
    own = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert own
    assert all(path.startswith("/talk/") for path in own)
    assert {visitor.get(f"https://localhost:{httpx.URL(below.url).port}{path}").status_code for path in own} == {200}
    body = {"username": "max", "password": PASSWORD}
    assert below.visitor().post(TOKEN, json=body).status_code == 200
    elsewhere = below.visitor().get(f"https://localhost:{httpx.URL(below.url).port}/login")
    assert "csrf_token" not in elsewhere.text
