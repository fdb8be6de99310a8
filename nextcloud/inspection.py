"""A Nextcloud seen from outside, as anybody sees it: nothing here carries a credential or leaves anything behind."""

from __future__ import annotations

import email.utils
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from nextcloud.capabilities import CAPABILITIES_PATH
from nextcloud.client import UNDECODABLE, Answer, NextcloudClient

LOOK_SECONDS = 10.0
LOOK_BYTES = 1024 * 1024
STATUS_PATH = "/status.php"

UNTRUSTED_DOMAIN = 15
"""Code in Nextcloud's answer to a host name that is none of its `trusted_domains`."""


@dataclass(frozen=True)
class Sight:
    """One answer. `leads_to` is the absolute address of a redirect without user, query and fragment, "" elsewhere;
    `body` the decoded JSON, None where it is none; `date` the other clock in Unix seconds, None where not told."""

    status: int
    leads_to: str
    body: Any
    date: float | None
    headers: dict[str, list[str]]

    def within(self, *names: str) -> Any:
        """What stands below these names in the body; None where there is nothing."""
        found = self.body
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found


def page(client: NextcloudClient, url: str, **headers: str) -> Sight:
    """What is at `url`. Raises Unreachable."""
    answer = client.send("GET", url, headers=headers, seconds=LOOK_SECONDS, limit=LOOK_BYTES, redirects=True)
    names = answer.headers.keys()
    return Sight(
        status=answer.status,
        leads_to=_plain(urljoin(url, answer.headers.get("location", ""))) if 300 <= answer.status < 400 else "",
        body=_json(answer),
        date=_date(answer.headers.get("date", "")),
        headers={name: answer.headers.get_list(name) for name in names},
    )


def status(client: NextcloudClient, base_url: str) -> Sight:
    """How Nextcloud describes itself. Raises Unreachable."""
    return page(client, base_url + STATUS_PATH)


def public_capabilities(client: NextcloudClient, base_url: str) -> Sight:
    """What it can do, and what it holds of this address, as far as it tells that to anybody. Raises Unreachable."""
    return page(client, f"{base_url}/ocs/v2.php{CAPABILITIES_PATH}", **{"OCS-APIRequest": "true"})


def _json(answer: Answer) -> Any:
    if not answer.is_json:
        return None
    try:
        return msgspec.json.decode(answer.body)
    except UNDECODABLE:
        return None


def _plain(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "what is no address"
    bracketed = f"[{host}]" if ":" in host else host
    plain = f"{parts.scheme}://{bracketed}{f':{port}' if port else ''}{parts.path}"
    return plain if plain.isascii() and plain.isprintable() else "what is no address"


def _date(value: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
