"""What the instance says it can do."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from simulator.members import Member
from simulator.state import State

DATA = Path(__file__).parent / "data" / "capabilities.json"
PUBLIC = ("bruteforce", "spreed", "theming")


def capabilities(
    state: State, member: Member | None, *, base: str, address: str, talk: bool, locked: bool
) -> dict[str, Any]:
    """The answer to `cloud/capabilities`: a few public blocks, or all of a member's."""
    known = _recorded(base)
    blocks: dict[str, Any] = known["capabilities"]
    if member is None:
        blocks = {name: blocks[name] for name in PUBLIC}
    else:
        blocks["core"]["mod-rewrite-working"] = state.pretty_urls
        blocks["core"]["user"]["language"] = member.language
    if not talk or (member is not None and not member.talk_allowed):
        blocks.pop("spreed", None)
    else:
        blocks["spreed"]["features"] += state.talk.features
    delay = state.failures.delay(address, state.now(), planted=locked)
    blocks["bruteforce"] = {"delay": delay, "allow-listed": False}
    return known | {"capabilities": blocks}


def talk_hash(state: State) -> str:
    """Forty digits that change when Talk's settings do."""
    parts = f"32.0.1 22.0.11 {state.instance_id} {state.talk.generation}"
    return hashlib.sha1(parts.encode(), usedforsecurity=False).hexdigest()


@cache
def _text() -> str:
    return DATA.read_text(encoding="utf-8")


def _recorded(base: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(_text().replace("{base}", base))
    return loaded
