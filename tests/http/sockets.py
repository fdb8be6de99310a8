"""Servers that speak on the bare socket, for answers and handshakes that no library would make."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Handle = Callable[[socket.socket, threading.Event], None]
"""Gets each connection, and the event that says that the server is over."""


@contextmanager
def listening(handle: Handle, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Handles one connection after the other, in a thread; the port. Who hangs up is no failure."""
    listener = socket.create_server((host, port))
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
                    handle(connection, over)
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        thread.join()
        listener.close()
