"""How much and how long the client listens to a Nextcloud that is broken or hostile."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr

from nextcloud.client import MAX_BYTES, Account, NextcloudClient
from nextcloud.errors import Misconfigured, NextcloudError, Unreachable
from nextcloud.talk import conversations

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-User-Id: max\r\n"
Speak = Callable[[socket.socket, threading.Event], None]


@contextmanager
def raw_server(speak: Speak) -> Iterator[str]:
    """A server that says exactly what `speak` says. The address of it."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _address = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                try:
                    connection.recv(65536)
                    speak(connection, over)
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        thread.join()
        listener.close()


@pytest.fixture
def client() -> Iterator[NextcloudClient]:
    made = NextcloudClient("Talkboard")
    yield made
    made.close()


def ask(client: NextcloudClient, base_url: str) -> None:
    conversations(client, Account(base_url, "max", SecretStr("geheim"), "max"))


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
