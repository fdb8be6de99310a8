"""How gunicorn serves Talkboard: one process, many threads."""

from __future__ import annotations

import gc
from typing import Any

from settings import SettingsError, load_settings
from web import logs

gc.disable()  # until all is loaded: it would look for garbage where there is none yet, for a sixth of the time

try:
    _settings = load_settings()
except SettingsError as error:
    raise SystemExit(f"Talkboard can not start.\n{error}") from None

bind = _settings.listens_on
umask = 0o077  # nobody else reads the database
worker_class = "gthread"
workers = 1
threads = 32
keepalive = 30
timeout = 60
graceful_timeout = 45  # a poll of the login flow may take 30 s, and its answer comes only once
control_socket_disable = True
accesslog = None
loglevel = "warning"
forwarder_headers = ""  # else a header SCRIPT_NAME from this machine moves the app


def on_starting(server: Any) -> None:
    """Refuses what would break guarantees: conversations and limits are kept in one process's memory."""
    if server.cfg.workers > 1:
        raise SystemExit("Talkboard runs in one worker process; use more threads instead of more workers.")
    logs.init(_settings.log_level)
    logs.adopt("gunicorn.error")


def post_worker_init(worker: Any) -> None:
    """Starts the background work in the process that serves."""
    gc.freeze()
    gc.enable()
    worker.wsgi.extensions["talkboard-housekeeping"].start()


def worker_exit(_server: Any, worker: Any) -> None:
    """Lets running questions to Nextcloud come to their end."""
    wsgi = getattr(worker, "wsgi", None)
    if wsgi is not None:
        wsgi.extensions["talkboard-wired"].close()
