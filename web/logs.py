"""Logs: one line an event, in words and values, and no secret whatever was put in."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

REDACTED = "[redacted]"

_SECRET_NAME = re.compile(
    r"pass(word|wd)?|secret|token|authorization|cookie|credential|ticket|handle|api_?key|login_?url", re.IGNORECASE
)
_SECRET_TEXT = re.compile(
    r"(?i:\b(?:bearer|basic)\s+[\w.~+/=-]{8,})"  # authorization headers
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*"  # JWTs
    r"|\bgAAAA[\w=-]{20,}"  # Fernet tokens
    r"|(?<=://)[^/\s:@]+:[^/\s@]+@"  # user and password in an address
    r"|(?<=/login/v2/flow/)\w+"
    r"|(?<=/invite#)[\w-]+"
    r"|(?i:(?<=token=)|(?<=ticket=)|(?<=password=))[^&\s'\"]+"
    r"|\b(?:[A-Za-z0-9]{5}-){4}[A-Za-z0-9]{5}\b"  # app passwords as Nextcloud shows them
    r"|\b(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])[A-Za-z0-9]{64,256}\b"  # app passwords and tokens of the login flow
)


def init(level: str) -> None:
    """Sends the logs of this process, of libraries too, to standard error, from `level` on."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _redact,  # after the traceback became text
                structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("httpx", "httpcore", "apscheduler", "alembic", "werkzeug"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def adopt(name: str) -> None:
    """Sends what the logger `name` writes by handlers of its own the common way instead, past the redaction."""
    logger = logging.getLogger(name)
    logger.handlers.clear()
    logger.propagate = True


def scrub(text: str) -> str:
    """`text` without anything that looks like a secret."""
    return _SECRET_TEXT.sub(REDACTED, text)


def _redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if name != "event" and _SECRET_NAME.search(name):
            event[name] = REDACTED
        elif isinstance(value, str):
            event[name] = scrub(value)
        elif not isinstance(value, int | float | bool | None):
            event[name] = scrub(str(value))
    return event
