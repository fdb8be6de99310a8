"""Every request that came in, with its secrets replaced."""

from __future__ import annotations

import base64
import re
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulator.randoms import digest

KEPT = 5000
SECRET_KEYS = ("token", "password", "secret", "state")
LOGIN_TOKEN = re.compile(r"(?<=/login/v2/flow/)[^/]+")
API_PATH = re.compile(r"^(/index\.php)?/(ocs/|status\.php$|login/v2(/poll)?$|core/wipe/|avatar/)")


@dataclass
class Entry:
    """One request and its answer."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """Names in lower case; `authorization` and `cookie` without their secrets."""
    form: dict[str, str]
    """The fields of a form or JSON body."""
    at: float
    auth_scheme: str = ""
    auth_login: str = ""
    auth_digest: str = ""
    cookies: list[str] = field(default_factory=list)
    api: bool = False
    """Whether a program asked, not a browser for a page."""
    status: int = 0
    """0 while unanswered, and for ever if the connection was dropped."""
    user_id: str = ""

    @property
    def user_agent(self) -> str:
        """The client's name for itself."""
        return self.headers.get("user-agent", "")


@dataclass(frozen=True)
class Credentials:
    """An `Authorization` header taken apart."""

    scheme: str = ""
    login: str = ""
    secret: str = field(default="", repr=False)

    @classmethod
    def of(cls, header: str | None) -> Credentials:
        """Read from the header; what cannot be read is a scheme without credentials."""
        scheme, _, rest = (header or "").strip().partition(" ")
        if scheme.lower() == "bearer":
            return cls("bearer", secret=rest.strip())
        if scheme.lower() != "basic":
            return cls(scheme.lower())
        try:
            login, _, secret = base64.b64decode(rest, validate=True).decode().partition(":")
        except ValueError:
            return cls("basic")
        return cls("basic", login, secret)


class Journal:
    """The last requests, oldest first. Has its own lock."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        """Keep an entry; the oldest makes room."""
        with self._lock:
            self._entries.append(entry)

    def entries(self, path_contains: str = "", method: str = "") -> list[Entry]:
        """What came in, oldest first, narrowed to a path and a method."""
        with self._lock:
            kept = list(self._entries)
        return [one for one in kept if path_contains in one.path and method.upper() in ("", one.method)]

    def cookies(self) -> list[str]:
        """The names of the cookies that requests of programs carried. Browser pages do not count."""
        return [name for entry in self.entries() if entry.api for name in entry.cookies]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()


def without_secrets(fields: Mapping[str, object]) -> dict[str, str]:
    """The fields, with a digest in place of every value whose key sounds secret."""
    return {key: _masked(key, str(value)) for key, value in fields.items()}


def plain_path(path: str) -> str:
    """The path, with a digest in place of a login token."""
    return LOGIN_TOKEN.sub(lambda found: f"sha256:{digest(found[0])}", path)


def plain_headers(headers: Iterable[tuple[str, str]], credentials: Credentials, cookies: list[str]) -> dict[str, str]:
    """The headers under lower-case names, without credentials and cookie values."""
    plain = {name.lower(): value for name, value in headers}
    if "authorization" in plain:
        parts = [credentials.scheme, credentials.login]
        parts.append(f"sha256:{digest(credentials.secret)}" if credentials.secret else "")
        plain["authorization"] = " ".join(part for part in parts if part)
    if "cookie" in plain:
        plain["cookie"] = ", ".join(cookies)
    for name in plain:
        if name in ("requesttoken", "referer"):
            plain[name] = plain_path(_masked(name, plain[name]))
    return plain


def _masked(key: str, value: str) -> str:
    secret = value and any(part in key.lower() for part in SECRET_KEYS)
    return f"sha256:{digest(value)}" if secret else value
