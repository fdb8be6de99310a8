"""`doctor`: what it finds where the simulator's faults do not reach, in Nextcloud's answers, the disk and the proxy."""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from werkzeug.wrappers import Request, Response

from services.findings import Level
from tests.browser.served import free_port
from tests.http.certificates import Authority
from tests.http.test_doctor import examined, serving
from tests.world import World, private

CAPABILITIES = "/ocs/v2.php/cloud/capabilities"
STATUS = "/status.php"
CARRIED = ("OCS-APIRequest", "User-Agent", "Content-Type", "Accept")
MEGABYTE = 1_000_000
Change = Callable[[Any], object]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@contextmanager
def altered(world: World, path: str, change: Change) -> Iterator[str]:
    """The address of the same Nextcloud, whose answer at `path` is first put into the hands of `change`."""
    port = free_port()

    def relay(environ: Any, start: Any) -> Any:
        request = Request(environ)
        headers = {name: request.headers[name] for name in CARRIED if name in request.headers}
        url = world.simulator.origin + request.full_path.rstrip("?")
        answer = httpx.request(request.method, url, headers=headers, content=request.get_data())
        content = answer.content
        if request.path == path:
            body = answer.json()
            change(body)
            content = json.dumps(body).encode()
        return Response(content, answer.status_code, content_type=answer.headers["Content-Type"])(environ, start)

    with serving(relay, port):
        yield f"http://127.0.0.1:{port}"


def of_capabilities(change: Change) -> tuple[str, Change]:
    return CAPABILITIES, lambda body: change(body["ocs"]["data"]["capabilities"])


ANSWERS: dict[str, tuple[tuple[str, Change], str, Level, str]] = {
    "not installed": (
        (STATUS, lambda body: body.update(installed=False)),
        "nextcloud", Level.PROBLEM, "not installed yet",
    ),
    "Talk too old": (
        of_capabilities(lambda blocks: blocks["spreed"]["features"].remove("conversation-v4")),
        "talk", Level.PROBLEM, "too old",
    ),
    "allow-listed": (
        of_capabilities(lambda blocks: blocks["bruteforce"].update({"allow-listed": True})),
        "brute force", Level.OK, "this server is on the allow list",
    ),
    "counting": (
        of_capabilities(lambda blocks: blocks["bruteforce"].update(delay=400)),
        "brute force", Level.WARNING, "allow list of the app",
    ),
    "nothing told": (
        of_capabilities(lambda blocks: blocks.pop("bruteforce")),
        "brute force", Level.SKIPPED, "does not tell",
    ),
}  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_nextcloud_says_of_itself_is_told(world: World, answer: str) -> None:
    (path, change), about, level, words = ANSWERS[answer]

    with altered(world, path, change) as nextcloud:
        found = examined(world, nextcloud_url=nextcloud)[about]

    assert found.level is level
    assert words in str(found)


@pytest.mark.parametrize(
    ("free", "level"), [(501, Level.OK), (499, Level.WARNING), (51, Level.WARNING), (49, Level.PROBLEM)]
)
def test_a_disk_that_is_soon_full_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, free: int, level: Level
) -> None:
    usage = namedtuple("usage", "total used free")(2000 * MEGABYTE, 0, free * MEGABYTE)
    monkeypatch.setattr("services.installation_examined.shutil.disk_usage", lambda _folder: usage)

    found = examined(world, database_url=f"sqlite:///{world.folder / 'talkboard.db'}")["disk"]

    assert found.level is level
    assert found.words.startswith(f"{free} MB free")


def test_a_missing_hsts_is_told(make_world: Callable[..., World], tmp_path: Path) -> None:
    port, authority = free_port(), Authority(tmp_path)
    world = make_world(public_url=f"https://127.0.0.1:{port}", trusted_proxies=1, nextcloud_ca_file=str(authority.file))

    def proxy(environ: Any, start: Any) -> Any:
        return world.app({**environ, "HTTP_X_FORWARDED_PROTO": "https"}, start)

    with serving(proxy, port, authority.serves()):
        found = examined(world)["hsts"]

    assert found.level is Level.WARNING
    assert 'Strict-Transport-Security "max-age=31536000"' in found.advice


def test_an_address_that_leads_on_is_a_problem(world: World) -> None:
    port = free_port()
    elsewhere = Response(status=301, headers={"Location": "https://www.example.org/readyz"})

    with serving(elsewhere, port):
        found = examined(world, public_url=f"http://127.0.0.1:{port}")["address"]

    assert found.level is Level.PROBLEM
    assert found.words.endswith("leads to https://www.example.org/readyz")


def test_where_only_some_app_passwords_can_be_read_the_others_go_on(world: World) -> None:
    world.connected("max")
    other = private(Fernet.generate_key().decode())
    world.beside(credential_keys=other).connected("anna")

    found = examined(world)["keys"]

    assert found.level is Level.WARNING
    assert "1 of 2" in found.words
