"""The addresses of a flow behind a proxy that Nextcloud knows nothing of: no simulator here speaks https."""

import json
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import httpx
import pytest

from nextcloud.client import Answer
from nextcloud.errors import Misconfigured
from nextcloud.login_flow import StartedFlow, start

TOKEN = "a1B2" * 32


class OneAnswer:
    """A client that has one answer to everything."""

    def __init__(self, server: str, paths: str = "") -> None:
        poll = {"token": TOKEN, "endpoint": f"{server}{paths}/login/v2/poll"}
        body = {"poll": poll, "login": f"{server}{paths}/login/v2/flow/{TOKEN}"}
        self._answer = Answer(200, httpx.Headers({"Content-Type": "application/json"}), json.dumps(body).encode())

    def observed(self, _url: str) -> AbstractContextManager[None]:
        return nullcontext()

    def send(self, *_arguments: Any, **_options: Any) -> Answer:
        return self._answer


def started(base_url: str, server: str, paths: str = "") -> StartedFlow:
    return start(OneAnswer(server, paths), base_url, "Talkboard")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "server", ["http://cloud.example.org", "https://cloud.example.org:8443", "http://CLOUD.example.org:80"]
)
def test_F6_F7_https_stays_https_whatever_nextcloud_thinks_it_is_reached_by(server: str) -> None:
    flow = started("https://cloud.example.org", server)

    assert flow.login_url == f"https://cloud.example.org/login/v2/flow/{TOKEN}"
    assert flow.poll_endpoint == "https://cloud.example.org/login/v2/poll"


@pytest.mark.parametrize("paths", ["/nextcloud", "/nextcloud/index.php"])
def test_F2_F6_below_a_path_it_stays_below_it(paths: str) -> None:
    flow = started("https://example.org/nextcloud", "http://example.org", paths)

    assert flow.poll_endpoint == f"https://example.org{paths}/login/v2/poll"


@pytest.mark.parametrize("paths", ["", "/other", "/nextcloud2", "/nextcloud/../other", "//nextcloud"])
def test_F8_outside_of_the_path_it_is_refused(paths: str) -> None:
    with pytest.raises(Misconfigured):
        started("https://example.org/nextcloud", "https://example.org", paths)


@pytest.mark.parametrize(
    "server",
    ["https://cloud.example.org.evil.net", "https://evil.net/cloud.example.org", "https://cloud.example.org@evil.net",
     "https://evil.net#cloud.example.org", "https://evil.net\\cloud.example.org", "//cloud.example.org", "",
     "https://cloud.example.org.", "https://cloud.example.org%2eevil.net", "https://cloud.example.org%00.evil.net"],
)  # fmt: skip
def test_F4_another_host_is_refused_however_alike_it_looks(server: str) -> None:
    with pytest.raises(Misconfigured):
        started("https://cloud.example.org", server)
