"""What the first visit costs, and where it comes from."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.browser.pages import Card

MOST_BYTES = 400_000
YEAR_SECONDS = 31536000

_LOADED = """
const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
return entries.map(entry => ({url: entry.name, sent: entry.transferSize, bytes: entry.encodedBodySize}));
"""
# The bodies are read to their ends: an answer that is left in the middle is dropped from the cache.
_CACHE_CONTROL = """
const done = arguments[1];
const ask = async url => {
  const answer = await fetch(url);
  await answer.arrayBuffer();
  return answer.headers.get('cache-control');
};
Promise.all(arguments[0].map(ask)).then(done);
"""


def loaded(card: Card) -> list[dict[str, Any]]:
    return [one for one in card.driver.execute_script(_LOADED) if not one["url"].startswith("data:")]


def kept(card: Card) -> list[str]:
    """Addresses of scripts, styles and pictures."""
    paths = ("/_dash-component-suites/", "/assets/", "/static/")
    return [one["url"] for one in loaded(card) if urlsplit(one["url"]).path.startswith(paths)]


def test_the_first_load_is_small_and_all_from_here(connected: Card) -> None:
    connected.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    connected.reload().wait_for("connected")

    everything = loaded(connected)

    assert sum(one["bytes"] for one in everything) <= MOST_BYTES, everything
    assert all(one["sent"] > 0 for one in everything), "some came out of a cache"
    here = urlsplit(connected.url)
    assert {urlsplit(one["url"]).netloc for one in everything} == {here.netloc}


def test_bundles_and_assets_are_kept_for_a_year_and_not_asked_for_again(connected: Card) -> None:
    addresses = kept(connected)
    assert len(addresses) > 10
    answers = connected.driver.execute_async_script(_CACHE_CONTROL, addresses)
    assert set(answers) == {f"public, max-age={YEAR_SECONDS}, immutable"}

    connected.open().wait_for("connected")

    again = [one["url"] for one in loaded(connected) if one["sent"] > 0 and one["url"] in addresses]
    assert again == []


def test_no_cookie_travels_with_what_caches_may_keep(connected: Card) -> None:
    """A shared cache would hand one member's session to the next."""
    cookies = {one["name"]: one["value"] for one in connected.driver.get_cookies()}
    assert "talkboard" in cookies

    for address in kept(connected):
        answer = httpx.get(address, cookies=cookies)
        assert answer.headers["Cache-Control"].startswith("public")
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")


def test_the_manifest_is_found_and_understood(card: Card) -> None:
    manifest = card.driver.execute_cdp_cmd("Page.getAppManifest", {})

    assert manifest["url"] == f"{card.url}manifest.webmanifest"
    assert manifest["errors"] == []
    assert '"standalone"' in manifest["data"]
