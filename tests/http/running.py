"""The app as gunicorn serves it, with Max, Anna and Peter, for tests that speak to it through a socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet

from simulator import Simulator
from tests.browser.served import Served, member_database
from tests.world import DISPLAY_NAMES, PASSWORD, private


@contextmanager
def running(folder: Path, simulator: Simulator, **changes: str) -> Iterator[Served]:
    """The app, up. At its end there is no traceback and no secret in what it has written."""
    keys = {"SECRET_KEY": private("s" * 40), "CREDENTIAL_KEYS": private(Fernet.generate_key().decode())}
    for name, display_name in DISPLAY_NAMES.items():
        simulator.member(name, display_name=display_name, password=PASSWORD)
    app = Served(folder, member_database(folder, keys), keys, simulator)
    app.settings |= changes
    app.start()
    try:
        app.wait_until_up()
        yield app
    finally:
        app.kill()
    log = app.log()
    assert "Traceback" not in log, log
    assert not any(secret in log for secret in (PASSWORD, *keys.values()))
