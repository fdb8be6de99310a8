"""Everything about a Nextcloud that has to be right for Talkboard, looked at without costing a counted failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

from nextcloud import login_flow
from nextcloud.client import NextcloudClient
from nextcloud.errors import AppPasswordRefused, Misconfigured, NextcloudError
from nextcloud.inspection import STATUS_PATH, UNTRUSTED_DOMAIN, Sight, public_capabilities, status
from services.causes import cause_of
from services.clock import Clock
from services.findings import Finding, Level, ok, problem, skipped, warning

USUAL_ROOTS = ("/nextcloud", "/cloud")
"""Paths below which Nextcloud is often installed."""

NEEDED = "conversation-v4"
"""The feature of Talk without which there is no list of conversations."""

TOLERATED_SECONDS, TOO_MUCH_SECONDS = 30, 300
"""By how much two clocks may differ, unnoticed or at all: flows and locks are counted in minutes."""

LOCKED_DELAY = 25_000
"""The delay in milliseconds that Nextcloud tells an address at which it no longer lets anybody log in."""

_AFTER_NEXTCLOUD = ("overwrite", "talk", "brute force", "bearer")


class NextcloudExamined:
    """One examination of the Nextcloud at `base_url`."""

    def __init__(self, client: NextcloudClient, base_url: str, clock: Clock) -> None:
        self._client = client
        self._base_url = base_url
        self._clock = clock

    def findings(self, proofs: Sequence[Callable[[], object]]) -> Iterator[Finding]:
        """What is found. Each of `proofs` asks who a connected account is, with its app password as bearer token,
        which Nextcloud never counts."""
        if self._base_url.startswith("http:"):
            yield warning("transport", "app passwords travel readable", "https in NEXTCLOUD_URL")
        try:
            seen = status(self._client, self._base_url)
        except NextcloudError as error:
            yield problem("nextcloud", f"no answer from {self._base_url} ({error.code})", cause_of(error.code).hint)
            yield from _skip("clock", *_AFTER_NEXTCLOUD)
            return
        found = self._nextcloud(seen)
        yield found
        yield self._their_clock(seen)
        if found.level is not Level.OK:
            yield from _skip(*_AFTER_NEXTCLOUD)
            return
        yield self._overwrite()
        yield from self._capabilities()
        yield _bearer(proofs)

    def _nextcloud(self, seen: Sight) -> Finding:
        about = "nextcloud"
        if seen.leads_to:
            return self._redirected(seen)
        if seen.status == 400 and seen.within("code") == UNTRUSTED_DOMAIN:
            host = urlsplit(self._base_url).netloc
            return problem(about, f"it does not know itself as {host}", f"add {host} to trusted_domains in config.php")
        if seen.status != 200 or not isinstance(seen.within("installed"), bool):
            return self._elsewhere(seen)
        if not seen.within("installed"):
            return problem(about, "it is not installed yet", f"finish its set-up at {self._base_url}")
        if seen.within("needsDbUpgrade"):
            return warning(about, "its database waits for an upgrade", cause_of("nextcloud_updating").hint)
        if seen.within("maintenance"):
            return warning(about, "it is under maintenance", cause_of("nextcloud_maintenance").hint)
        return ok(about, f"{_word(seen.within('versionstring'))} answers at {self._base_url}")

    def _redirected(self, seen: Sight) -> Finding:
        root, found, _rest = seen.leads_to.partition(STATUS_PATH)
        root = root.removesuffix("/index.php")
        if found and root != self._base_url:
            return problem("nextcloud", f"it leads from {self._base_url} to {root}", f"NEXTCLOUD_URL={root}")
        return problem(
            "nextcloud",
            f"it leads to {seen.leads_to}",
            "a proxy in front asks for a login or knows another address: let this server reach Nextcloud past it",
        )

    def _elsewhere(self, seen: Sight) -> Finding:
        """There is something else at the address: perhaps Nextcloud is beside it."""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(self._base_url))
        for base_url in (origin, *(origin + root for root in USUAL_ROOTS)):
            try:
                if base_url != self._base_url and status(self._client, base_url).within("installed"):
                    words = f"it is not at {self._base_url} but at {base_url}"
                    return problem("nextcloud", words, f"NEXTCLOUD_URL={base_url}")
            except NextcloudError:
                continue
        what = "no JSON" if seen.body is None else "something else"
        words = f"{self._base_url + STATUS_PATH} answers {seen.status} with {what}"
        return problem("nextcloud", words, "is NEXTCLOUD_URL the address that members type, with its path?")

    def _their_clock(self, seen: Sight) -> Finding:
        if seen.date is None:
            return skipped("clock", "the answer carries no date")
        apart = abs(self._clock() - seen.date)
        words, advice = f"{apart:.0f} seconds apart from Nextcloud's", "let both run NTP (timedatectl)"
        if apart > TOO_MUCH_SECONDS:
            return problem("clock", words, advice)
        return warning("clock", words, advice) if apart > TOLERATED_SECONDS else ok("clock", words)

    def _overwrite(self) -> Finding:
        """Opens a login flow, which Nextcloud forgets after twenty minutes: its addresses say what Nextcloud takes
        itself for."""
        about = "overwrite"
        try:
            started = login_flow.start(self._client, self._base_url, self._client.client_name)
        except Misconfigured as error:
            advice = "check overwritehost, overwriteprotocol, overwritewebroot and overwrite.cli.url in config.php"
            return problem(about, f"connecting will fail: {error}", advice)
        except NextcloudError as error:
            return problem(about, f"no login flow can be opened ({error.code})", cause_of(error.code).hint)
        if started.rebuilt:
            scheme, host = urlsplit(self._base_url)[:2]
            advice = f"overwriteprotocol={scheme} and overwritehost={host} in config.php"
            return warning(about, "Nextcloud names another scheme or port than NEXTCLOUD_URL", advice)
        return ok(about, "the addresses of a login flow are those of NEXTCLOUD_URL")

    def _capabilities(self) -> Iterator[Finding]:
        try:
            seen = public_capabilities(self._client, self._base_url)
        except NextcloudError as error:
            yield problem("talk", f"no answer ({error.code})", cause_of(error.code).hint)
            yield from _skip("brute force")
            return
        blocks = seen.within("ocs", "data", "capabilities")
        if seen.status != 200 or not isinstance(blocks, dict):
            yield problem("talk", f"the list of capabilities answers {seen.status}", _hint_for(seen))
            yield from _skip("brute force")
            return
        yield _talk(seen)
        yield _brute_force(seen)


def _bearer(proofs: Sequence[Callable[[], object]]) -> Finding:
    about = "bearer"
    if not proofs:
        return skipped(about, "nobody is connected yet whose app password could be tried")
    for proof in proofs:
        try:
            proof()
            return ok(about, "app passwords arrive as bearer tokens: a locked address stops nobody")
        except AppPasswordRefused:
            continue
        except NextcloudError as error:
            return warning(about, f"could not be tried ({error.code})", cause_of(error.code).hint)
    advice = "let the proxy pass the header Authorization (Apache with FPM: CGIPassAuth On)"
    words = "no app password was taken as bearer token: it did not arrive, or those that were tried are revoked"
    return warning(about, words, advice)


def _talk(seen: Sight) -> Finding:
    talk = seen.within("ocs", "data", "capabilities", "spreed")
    if not isinstance(talk, dict):
        return problem("talk", "Talk is missing", cause_of("talk_unavailable").hint)
    features = talk.get("features")
    version = _word(talk.get("version"))
    if not isinstance(features, list) or NEEDED not in features:
        return problem("talk", f"Talk {version} is too old", "update Talk: it must have the feature " + NEEDED)
    return ok("talk", f"Talk {version}")


def _brute_force(seen: Sight) -> Finding:
    about, advice = "brute force", "add this server's address to the allow list of the app Brute-force settings"
    block = seen.within("ocs", "data", "capabilities", "bruteforce")
    delay = block.get("delay") if isinstance(block, dict) else None
    if not isinstance(block, dict) or not isinstance(delay, int):
        return skipped(about, "Nextcloud does not tell")
    if block.get("allow-listed") is True:
        return ok(about, "this server is on the allow list")
    if delay >= LOCKED_DELAY:
        return problem(about, "Nextcloud refuses logins by name from this server, or is about to", advice)
    if delay:
        return warning(about, "failed logins from this server are being counted", advice)
    return ok(about, "nothing is counted against this server; it is not on the allow list", advice)


def _hint_for(seen: Sight) -> str:
    return cause_of("nextcloud_maintenance" if seen.status == 503 else "nextcloud_misconfigured").hint


def _skip(*abouts: str) -> Iterator[Finding]:
    for about in abouts:
        yield skipped(about, "Nextcloud has to answer first")


def _word(value: object) -> str:
    """A version as it was told, if it can be one."""
    return value if isinstance(value, str) and value.isascii() and value.isprintable() and len(value) < 40 else "?"
