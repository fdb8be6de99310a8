"""What a Nextcloud can do, for one account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from nextcloud.client import Account, NextcloudClient, Scheme, decode
from nextcloud.errors import TalkUnavailable
from nextcloud.lenient import text

CAPABILITIES_PATH = "/cloud/capabilities"

MOST_FEATURES = 1000


@dataclass(frozen=True)
class Capabilities:
    """`features` are Talk's. `pretty_urls` says that addresses work without `/index.php`, which only the answer
    to a known account tells. `etag` names this answer."""

    features: frozenset[str] = frozenset()
    pretty_urls: bool = False
    etag: str = ""


UNKNOWN = Capabilities()


class _Core(msgspec.Struct):
    rewrites: Any = msgspec.field(name="mod-rewrite-working", default=False)


class _Talk(msgspec.Struct):
    features: list[Any] = []


class _Blocks(msgspec.Struct):
    core: _Core = msgspec.field(default_factory=_Core)
    spreed: _Talk | None = None


class _Data(msgspec.Struct):
    capabilities: _Blocks


def capabilities(
    client: NextcloudClient, account: Account, scheme: Scheme = "basic", kept: Capabilities | None = None
) -> Capabilities:
    """The capabilities for `account`; `kept` itself where nothing has changed since.

    Raises TalkUnavailable where Talk is not among them, and the causes of `NextcloudClient.ocs`.
    """
    answer = client.ocs("GET", CAPABILITIES_PATH, account, scheme=scheme, etag=kept.etag if kept else None)
    if kept and answer.not_modified:
        return kept
    found: _Data = decode(answer.data, _Data, CAPABILITIES_PATH)
    if found.capabilities.spreed is None:
        raise TalkUnavailable("no Talk among the capabilities")
    features = found.capabilities.spreed.features[:MOST_FEATURES]
    return Capabilities(
        features=frozenset(name for feature in features if (name := text(feature))),
        pretty_urls=found.capabilities.core.rewrites is True,
        etag=text(answer.headers.get("etag")),
    )
