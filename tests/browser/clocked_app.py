"""What gunicorn serves in the browser tests: the app itself, with a clock that a test can set forward."""

from __future__ import annotations

import os
import time
from pathlib import Path

from app import create_app
from settings import load_settings
from web import logs

_AHEAD = Path(os.environ["TALKBOARD_TEST_AHEAD"])


def clock() -> float:
    """Real time plus what the test wrote into the file: it lives through a restart of the server."""
    return time.time() + float(_AHEAD.read_text() or 0)


settings = load_settings()
logs.init(settings.log_level)
server = create_app(settings, clock)
