"""How much and how long the client listens to a Nextcloud that is broken or hostile."""

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from pydantic import SecretStr

from nextcloud.account import revoke
from nextcloud.client import MAX_BYTES, Account, Answer, NextcloudClient, retry_after
from nextcloud.errors import AppPasswordRefused, Locked, Misconfigured, NextcloudError, Unreachable
from nextcloud.talk import room_list
from tests.http.sockets import listening

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-User-Id: max\r\n"
Speak = Callable[[socket.socket, threading.Event], None]


@contextmanager
def raw_server(speak: Speak) -> Iterator[str]:
    """A server that says exactly what `speak` says. The address of it."""

    def handle(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        speak(connection, over)

    with listening(handle) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def client() -> Iterator[NextcloudClient]:
    made = NextcloudClient("Talkboard")
    yield made
    made.close()


def ask(client: NextcloudClient, base_url: str) -> None:
    room_list(client, Account(base_url, "max", SecretStr("geheim"), "max"))


def drip(head: bytes) -> Speak:
    """One byte every 50 ms for ten seconds: each single read is quick."""

    def speak(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(head)
        for _byte in range(200):
            if over.wait(0.05):
                break
            connection.sendall(b" ")

    return speak


@pytest.mark.parametrize(
    "head",
    [HEAD + b"Content-Length: 100000\r\n\r\n", HEAD + b"X-Endless: ", b"HTTP/1.1 200 ", b""],
    ids=["body", "headers", "status", "nothing"],
)
def test_the_deadline_covers_the_whole_answer_however_slowly_it_drips(
    client: NextcloudClient, monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    monkeypatch.setattr("nextcloud.client.CALL_SECONDS", 0.5)
    begun = time.monotonic()

    with raw_server(drip(head)) as base_url, pytest.raises(Unreachable):
        ask(client, base_url)

    assert time.monotonic() - begun < 5


def test_silence_ends_at_the_deadline(client: NextcloudClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nextcloud.client.CALL_SECONDS", 0.3)

    with raw_server(lambda _connection, over: over.wait(5) and None) as base_url, pytest.raises(Unreachable):
        ask(client, base_url)


def test_an_answer_that_never_ends_is_cut_off(client: NextcloudClient) -> None:
    def flood(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        block = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        while not over.is_set():
            connection.sendall(block)

    with raw_server(flood) as base_url, pytest.raises(Unreachable, match="too large"):
        ask(client, base_url)


def test_F17_A30_what_counts_is_the_size_after_unpacking(client: NextcloudClient) -> None:
    bomb = gzip.compress(b" " * (MAX_BYTES + 1))

    def speak(connection: socket.socket, _over: threading.Event) -> None:
        head = HEAD + f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
        connection.sendall(head + bomb)

    with raw_server(speak) as base_url, pytest.raises(Unreachable, match="too large"):
        ask(client, base_url)


GOOD = b'{"ocs":{"meta":{"statuscode":200},"data":[]}}'


def packed(encoding: str, body: bytes) -> Speak:
    """Answers with `body`, said to be packed in this way."""

    def speak(connection: socket.socket, _over: threading.Event) -> None:
        head = HEAD + f"Content-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        connection.sendall(head + body)

    return speak


def test_A30_a_bomb_of_gzip_never_lies_unpacked_in_the_memory(client: NextcloudClient) -> None:
    bomb = gzip.compress(bytes(16 * MAX_BYTES))
    tracemalloc.start()

    with raw_server(packed("gzip", bomb)) as base_url, pytest.raises(Unreachable, match="too large"):
        ask(client, base_url)

    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 4 * MAX_BYTES


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        pytest.param("deflate", zlib.compress(GOOD), id="deflate"),
        pytest.param("br", GOOD, id="br"),
        pytest.param("zstd", GOOD, id="zstd"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(GOOD, mtime=0)), id="gzip_in_gzip"),
    ],
)
def test_A30_what_is_packed_otherwise_than_asked_is_not_unpacked(
    client: NextcloudClient, encoding: str, body: bytes
) -> None:
    with raw_server(packed(encoding, body)) as base_url, pytest.raises(Unreachable, match="packed otherwise"):
        ask(client, base_url)


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(GOOD, mtime=0)[:-9],
        gzip.compress(GOOD, mtime=0)[:-1],
        gzip.compress(GOOD, mtime=0) + b"more",
        gzip.compress(GOOD, mtime=0) * 2,
    ],
    ids=["cut_off", "no_checksum", "goes_on", "two_members"],
)
def test_F17_gzip_that_ends_early_or_goes_on_is_no_answer(client: NextcloudClient, body: bytes) -> None:
    with raw_server(packed("gzip", body)) as base_url, pytest.raises(Unreachable, match="gzip"):
        ask(client, base_url)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("gzip", gzip.compress(GOOD, mtime=0)), ("identity", GOOD), ("GZIP", gzip.compress(GOOD, mtime=0))],
)
def test_what_is_packed_as_asked_is_read(client: NextcloudClient, encoding: str, body: bytes) -> None:
    with raw_server(packed(encoding, body)) as base_url:
        ask(client, base_url)


@pytest.mark.parametrize("value", [b"9" * 5000, b"9" * 11])
def test_an_endless_retry_after_is_an_hour(client: NextcloudClient, value: bytes) -> None:
    head = HEAD.replace(b"200 OK", b"429 Odd") + b"Retry-After: " + value + b"\r\nContent-Length: 0\r\n\r\n"

    with raw_server(lambda connection, _over: connection.sendall(head)) as base_url, pytest.raises(Locked) as caught:
        ask(client, base_url)

    assert caught.value.retry_after == 3600


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Date": "Wed, 21 Oct 2026 07:26:00 GMT", "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 120),
        ({"Date": "Wed, 21 Oct 2026 07:26:00 GMT", "Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}, 3600),
        ({"Date": "Wed, 21 Oct 2026 07:26:00 GMT", "Retry-After": "Wed, 21 Oct 2026 07:26:00 GMT"}, None),
        ({"Date": "yesterday", "Retry-After": "Fri, 21 Oct 2199 07:26:00 GMT"}, 3600),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, None),
        ({"Retry-After": "Wed, 99 Oct 99999999999999999999 07:28:00 GMT"}, None),
        ({"Retry-After": "Wed, 1 Jan 0001 00:00:00 +2359"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
def test_a_retry_after_may_be_a_date_by_the_clock_that_names_it(headers: dict[str, str], expected: int | None) -> None:
    assert retry_after(Answer(503, httpx.Headers(headers), b"")) == expected


@pytest.mark.parametrize(
    "data", [b"[" * 50000 + b"]" * 50000, b'[{"a":' + b'{"a":' * 50000 + b"1" + b"}" * 50001 + b"]"]
)
def test_F17_json_that_is_nested_without_end_is_no_answer(client: NextcloudClient, data: bytes) -> None:
    body = b'{"ocs":{"meta":{"statuscode":200},"data":' + data + b"}}"

    with (
        raw_server(packed("gzip", gzip.compress(body, mtime=0))) as base_url,
        pytest.raises(Unreachable, match="shape"),
    ):
        ask(client, base_url)


def test_an_app_password_that_no_header_can_carry_counts_as_refused(client: NextcloudClient) -> None:
    with pytest.raises(AppPasswordRefused):
        revoke(client, Account("http://127.0.0.1:1", "max", SecretStr("schlüssel")), "bearer")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        HEAD + b"Content-Length: 100\r\n\r\n{",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        HEAD + b"Content-Length: 2\r\n\r\n[]",
        HEAD.replace(b"200 OK", b"299 Odd") + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    ],
    ids=["hung_up", "no_http", "cut_off", "broken_gzip", "no_envelope", "odd_status", "upgrade"],
)
def test_whatever_is_no_answer_is_unreachable(client: NextcloudClient, answer: bytes) -> None:
    with raw_server(lambda connection, _over: connection.sendall(answer)) as base_url, pytest.raises(NextcloudError):
        ask(client, base_url)


def test_A26_a_redirect_is_not_followed_and_carries_the_credential_nowhere(client: NextcloudClient) -> None:
    met: list[bytes] = []
    with raw_server(lambda connection, _over: met.append(b"met")) as elsewhere:
        head = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere}/x\r\nContent-Length: 0\r\n\r\n".encode()
        with raw_server(lambda connection, _over: connection.sendall(head)) as base_url, pytest.raises(Misconfigured):
            ask(client, base_url)

    assert met == []


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:1", "http://gibt-es-nicht.invalid", "https://127.0.0.1:1"])
def test_nobody_there_is_unreachable(client: NextcloudClient, base_url: str) -> None:
    with pytest.raises(Unreachable):
        ask(client, base_url)


def test_a_proxy_in_the_environment_counts_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would see every credential of an http address, and could not be told from Nextcloud."""
    met: list[bytes] = []
    with raw_server(lambda _connection, _over: met.append(b"met")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("ALL_PROXY", proxy)
        client = NextcloudClient("Talkboard")
        with pytest.raises(Unreachable):
            ask(client, "http://127.0.0.1:1")
        client.close()

    assert met == []


def test_the_text_of_an_error_holds_no_credential(client: NextcloudClient) -> None:
    with pytest.raises(Unreachable) as caught:
        ask(client, "http://127.0.0.1:1")

    assert "geheim" not in repr(caught.value)
    assert caught.value.__cause__ is None
