"""Login Flow v2: how an account is connected without anybody typing its password here.

`start` opens a flow and `poll` asks once whether it was granted; waiting is somebody else's business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec
from pydantic import SecretStr

from nextcloud.client import Answer, NextcloudClient, decode, retry_after
from nextcloud.errors import Broken, ConnectFailed, Maintenance, Misconfigured, Unreachable

FLOW_SECONDS = 1200
"""Life of a flow, counted from its start. Nextcloud answers an expired flow like a pending one, so only our
own clock tells them apart."""

START_SECONDS = 10.0
POLL_SECONDS = 30.0
"""Deadline of one poll. Nextcloud deletes the flow before it answers: hanging up early loses the password."""

INIT_PATH = "/index.php/login/v2"
_TOKEN = re.compile(r"[A-Za-z0-9]{64,256}")
_FLOW_PATH = re.compile(r"(/index\.php)?/login/v2/flow/[A-Za-z0-9]{64,256}")
_APP_PASSWORD = re.compile(r"[!-~]{1,256}")
"""What a header can carry. Nextcloud's own are 72 letters and digits, pasted ones 29 with hyphens."""

NAME_LENGTH = 255
"""Longest login name that is taken for one."""

_POLL_PATHS = ("/login/v2/poll", "/index.php/login/v2/poll")


@dataclass(frozen=True)
class StartedFlow:
    """An open flow. `login_url` is for the member's browser, the poll token stays on the server."""

    login_url: str = field(repr=False)
    poll_endpoint: str
    poll_token: SecretStr
    rebuilt: bool = False
    """Nextcloud named another scheme or port than the configured address: its proxy settings are incomplete."""


@dataclass(frozen=True)
class GrantedLogin:
    """What a granted flow yields, exactly once. `login_name` is what the member typed at Nextcloud, "" where that
    is missing."""

    login_name: str
    app_password: SecretStr

    @property
    def usable(self) -> bool:
        """F37, F39: whether Basic can carry the name, which it cannot with a colon or a control character.

        If not, all that can be done with the app password is to revoke it."""
        name = self.login_name
        return 0 < len(name) <= NAME_LENGTH and not any(ord(c) < 32 or ord(c) == 127 or c == ":" for c in name)


class _Poll(msgspec.Struct):
    token: str
    endpoint: str


class _Started(msgspec.Struct):
    poll: _Poll
    login: str


class _AppPassword(msgspec.Struct):
    app_password: str = msgspec.field(name="appPassword")


class _Granted(_AppPassword):
    server: str
    login_name: str = msgspec.field(name="loginName")


def start(client: NextcloudClient, base_url: str, device_name: str) -> StartedFlow:
    """Opens a flow at `base_url`; the app password will be called `device_name` in the member's device list.

    Raises Maintenance, Updating, Unreachable or Misconfigured; Misconfigured too where an address of the answer leads
    away from `base_url`: such an address is neither shown nor asked (F4, F5, F8, F9).
    """
    url = base_url + INIT_PATH
    with client.observed(url):
        answer = client.send(
            "POST", url, headers={"Content-Length": "0"}, user_agent=device_name, seconds=START_SECONDS
        )
        try:
            _raise_for_page(answer, "login flow start")
        except (Maintenance, Unreachable) as error:
            raise client.explained(base_url, error) from None
        if answer.status != 200:
            raise Misconfigured(f"{answer.status} on login flow start")
    started: _Started = decode(answer.body, _Started, "login flow start")
    if not _TOKEN.fullmatch(started.poll.token):
        raise Unreachable("poll token of another alphabet")
    login_path = _path_below(base_url, started.login)
    poll_path = _path_below(base_url, started.poll.endpoint)
    if not _FLOW_PATH.fullmatch(login_path) or poll_path not in _POLL_PATHS:
        raise Misconfigured("login flow leads to an unknown path")
    login_url, poll_endpoint = base_url + login_path, base_url + poll_path
    rebuilt = (login_url, poll_endpoint) != (started.login, started.poll.endpoint)
    return StartedFlow(login_url, poll_endpoint, SecretStr(started.poll.token), rebuilt)


def poll(client: NextcloudClient, endpoint: str, token: SecretStr) -> GrantedLogin | None:
    """Asks once: the credentials where the flow was granted, None while it is pending (or has expired).

    Only one caller may ask at a time; the 200 comes exactly once. Raises Maintenance and Unreachable, after
    which asking again is right; Misconfigured where this is not Nextcloud's answer, and ConnectFailed where it
    was the one answer and holds no app password.
    """
    with client.observed(endpoint):
        answer = client.send("POST", endpoint, form={"token": token.get_secret_value()}, seconds=POLL_SECONDS)
        if answer.status == 404 and answer.is_json:
            return None
        _raise_for_page(answer, "login flow poll")
        if answer.status != 200:
            raise Misconfigured(f"{answer.status} on login flow poll")
    try:
        partly: _AppPassword = decode(answer.body, _AppPassword, "login flow result")
    except Unreachable as error:
        raise ConnectFailed(str(error)) from None
    if not _APP_PASSWORD.fullmatch(partly.app_password):
        raise ConnectFailed("app password cannot be used")
    return GrantedLogin(_login_name(answer), SecretStr(partly.app_password))


def _login_name(answer: Answer) -> str:
    try:
        granted: _Granted = decode(answer.body, _Granted, "login flow result")
    except Unreachable:
        return ""
    return granted.login_name


def _raise_for_page(answer: Answer, what: str) -> None:
    if answer.status == 503 and answer.headers.get("x-nextcloud-maintenance-mode") == "1":
        raise Maintenance(f"503 on {what}", retry_after=retry_after(answer))
    if answer.status == 500:
        raise Broken(f"500 on {what}")
    if answer.status >= 500 or answer.status == 429:
        raise Unreachable(f"{answer.status} on {what}", retry_after=retry_after(answer))
    if answer.status == 200 and not answer.is_json:
        raise Unreachable(f"a page instead of JSON on {what}")


def _path_below(base_url: str, url: str) -> str:
    """The part of `url` below `base_url`. Scheme and port may differ, host and web root may not.

    Behind a proxy Nextcloud often names `http` or a wrong port; the path is right all the same, so the caller
    puts it under the configured address and never sends anything elsewhere (F6, F7).
    """
    base = urlsplit(base_url)
    try:
        parts = urlsplit(url)
        same_host = parts.hostname == base.hostname and parts.port != 0  # reading the port raises where it is none
    except ValueError:
        raise Misconfigured("login flow leads to what is no address") from None
    plain = parts.scheme in ("http", "https") and "@" not in parts.netloc and not parts.query and not parts.fragment
    if not (same_host and plain and parts.path.startswith(base.path + "/")):
        raise Misconfigured("login flow leads away from the configured address")
    return parts.path.removeprefix(base.path)
