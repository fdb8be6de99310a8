"""What a question to Nextcloud is called in numbers: a few fixed names, never an address with somebody's token."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

OK = "ok"
"""The outcome of a question that was answered; else it is the name of the cause (`nextcloud/errors.py`)."""

OTHER = "other"
ROOMS = "/apps/spreed/api/v4/room"
AVATAR = "/apps/spreed/api/v1/room/{token}/avatar"

_TEMPLATES = (
    ROOMS,
    AVATAR,
    "/cloud/capabilities",
    "/cloud/user",
    "/core/apppassword",
    "/core/wipe/check",
    "/core/wipe/success",
    "/login/v2",
    "/login/v2/poll",
    "/status.php",
)
_PATTERNS = [(name, re.compile(".*" + re.escape(name).replace(r"\{token\}", "[^/]+"))) for name in _TEMPLATES]

Observer = Callable[[str, str, float], None]
"""Is told the route of a question, its outcome, and the seconds that it took."""


def unobserved(_route: str, _outcome: str, _seconds: float) -> None:
    """The observer where nobody counts."""


def route_of(url: str) -> str:
    """The template that the path of `url` fits, `OTHER` where there is none."""
    path = urlsplit(url).path
    return next((name for name, pattern in _PATTERNS if pattern.fullmatch(path)), OTHER)
