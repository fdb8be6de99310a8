"""What can be seen of this machine, and of Talkboard through the address that members use."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from nextcloud.client import NextcloudClient
from nextcloud.errors import NextcloudError
from nextcloud.inspection import Sight, page
from services.findings import Finding, ok, problem, skipped, warning

LITTLE_MEGABYTES, TOO_LITTLE_MEGABYTES = 500, 50
"""Free space below which a disk is worth a word, and below which it soon stops the database."""

SECRET_FILES = (".env", "var/secrets.env")


@dataclass(frozen=True)
class Installation:
    """What the settings say. `address` is the full address of the start page; `trusted_proxies` how many proxies in
    front are believed; `only_here` says that nobody but this machine, or its container's host, reaches the port;
    `demo` that nothing here is anybody's. Pages of `framed_by` may frame the card; for those of `vouched_for` their
    servers say who looks."""

    database_url: str
    nextcloud_url: str
    address: str
    listens_on: str
    trusted_proxies: int
    only_here: bool
    demo: bool
    framed_by: tuple[str, ...] = ()
    vouched_for: frozenset[str] = frozenset()


def secret_files() -> Iterator[Finding]:
    """Whether anybody else on this machine may read the files that hold secrets."""
    there = [Path(name) for name in SECRET_FILES if Path(name).exists()]
    open_ones = [str(path) for path in there if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if open_ones:
        names = " ".join(open_ones)
        yield warning("secrets", f"others may read {names}", f"chmod 600 {names}")
    elif there:
        yield ok("secrets", f"{' and '.join(map(str, there))}: for this user alone")


def disk(database_url: str) -> Finding:
    """How much room is left where the database grows; elsewhere it is somebody else's disk."""
    try:
        url = make_url(database_url)
    except ArgumentError:
        return skipped("disk", "DATABASE_URL is no address")
    if url.get_backend_name() != "sqlite":
        return skipped("disk", f"the database is at {url.host or 'another place'}")
    folder = Path(url.database or ".").absolute().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free // 1_000_000
    words = f"{free} MB free for the database in {folder}"
    if free < TOO_LITTLE_MEGABYTES:
        return problem("disk", words, "make room: a full disk stops sign-ins and connections")
    return warning("disk", words, "make room") if free < LITTLE_MEGABYTES else ok("disk", words)


def reached(here: Installation, client: NextcloudClient) -> Iterator[Finding]:
    """How members reach Talkboard, and what stands between."""
    https = here.address.startswith("https:")
    if https:
        yield ok("cookies", "Secure, with the prefix __Host-")
    else:
        yield warning("cookies", f"plain http: {here.address} is for this machine alone", "https in PUBLIC_URL")
    yield _proxies(here, https)
    try:
        seen = page(client, f"{here.address}readyz")
    except NextcloudError as error:
        words = f"nobody answers at {here.address}readyz ({error.code.removeprefix('nextcloud_')})"
        advice = f"start the server, lead the proxy to {here.listens_on}, and let this machine reach PUBLIC_URL"
        yield warning("address", words, advice)
        return
    yield _answer(here, seen)
    if seen.within("status"):
        yield _frames(seen)
        yield from _embedding(here, client)
        if https:
            yield _strict_transport(seen)


def _proxies(here: Installation, https: bool) -> Finding:
    about, count = "proxies", here.trusted_proxies
    if https and not count:
        words = "https needs a proxy in front, and none is believed: all members seem to have its address"
        return warning(about, words, "TRUSTED_PROXIES=1 where it sets X-Forwarded-For, -Proto and -Host itself")
    if count and not here.only_here:
        words = f"whoever reaches {here.listens_on} past the proxy can pretend any address"
        return warning(about, words, "HOST=127.0.0.1, or let a firewall keep everybody but the proxy off")
    if count and not https:
        words = f"{count} are believed, but PUBLIC_URL is plain http"
        return warning(about, words, "TRUSTED_PROXIES=0 without a proxy; https in PUBLIC_URL with one")
    return ok(about, f"{count} believed" if count else "none, and none is believed")


def _answer(here: Installation, seen: Sight) -> Finding:
    about = "address"
    if seen.leads_to:
        return problem(about, f"{here.address} leads to {seen.leads_to}", "make that PUBLIC_URL, or change the proxy")
    state = seen.within("status")
    if state not in ("ready", "not_ready"):
        advice = f"the proxy must lead there to {here.listens_on}; with a path, URL_PREFIX must name it"
        return problem(about, f"somebody else answers at {here.address}readyz: {seen.status}", advice)
    if state == "not_ready":
        bad = [name for name in ("database", "schema", "keys") if seen.within(name) != "ok"]
        return problem(about, f"the server says that it is not ready: {', '.join(bad)}", "see its log")
    return ok(about, f"the server answers at {here.address}")


def _frames(seen: Sight) -> Finding:
    policies = seen.headers.get("content-security-policy", [])
    if len(policies) == 1 and "frame-ancestors 'none'" in policies[0]:
        return ok("framing", "no other site may show Talkboard in a frame")
    return warning(
        "framing",
        f"{len(policies)} headers Content-Security-Policy arrive, and Talkboard sends one",
        "let the proxy pass it, and add none of its own",
    )


def _embedding(here: Installation, client: NextcloudClient) -> Iterator[Finding]:
    """Whether the pages that may frame the card can, and know who looks at it."""
    about = "embedding"
    if not here.framed_by:
        yield ok(about, "no page may frame the card")
        return
    try:
        headers = page(client, f"{here.address}embed/talk").headers
    except NextcloudError as error:
        words = f"nobody answers at {here.address}embed/talk ({error.code.removeprefix('nextcloud_')})"
        yield warning(about, words, "let the proxy lead /embed/ here as well")
        return
    wanted = f"frame-ancestors {' '.join(here.framed_by)};"
    policies = headers.get("content-security-policy", [])
    if len(policies) != 1 or wanted not in policies[0] or headers.get("x-frame-options"):
        words = "browsers refuse the frame: other headers arrive than Talkboard sends"
        yield warning(about, words, "let the proxy pass Content-Security-Policy, and add no X-Frame-Options at /embed/")
        return
    strangers = [one for one in here.framed_by if not same_site(one, here.address) and one not in here.vouched_for]
    if strangers:
        words = f"nobody says who looks at the frame in pages of {' '.join(strangers)}: they are on another site"
        yield warning(about, words, "give their server a key in EMBED_KEYS, or set HOST_JWT_…")
    else:
        yield ok(about, f"pages of {' '.join(here.framed_by)} may frame the card")


def same_site(one: str, other: str) -> bool:
    """Whether browsers send our session cookie into a frame there. Of the host's name the last two parts count: that is
    right for all but the few endings of two parts, where it is too hopeful."""
    first, second = urlsplit(one), urlsplit(other)
    names = [(parts.hostname or "").split(".") for parts in (first, second)]
    related = names[0][-2:] == names[1][-2:] and not names[0][-1].isdigit()
    return first.scheme == second.scheme and (first.hostname == second.hostname or related)


def _strict_transport(seen: Sight) -> Finding:
    if seen.headers.get("strict-transport-security"):
        return ok("hsts", "browsers stay with https")
    advice = 'let the proxy add Strict-Transport-Security "max-age=31536000"'
    return warning("hsts", "a browser's first request of the day may be plain http", advice)
