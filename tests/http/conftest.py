"""Fixtures of the tests that sign in at an OpenID provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.browser.served import free_port
from tests.identity import IdentityProvider, Start, Visit, Visitor, node, served
from tests.world import World


@pytest.fixture
def identity() -> IdentityProvider:
    """A certified provider."""
    return IdentityProvider(node())


@pytest.fixture
def start(make_world: Callable[..., World], identity: IdentityProvider) -> Iterator[Start]:
    """Starts an app that signs members in at the provider; `client` is what the provider knows about it besides."""
    with ExitStack() as running:

        def begin(client: dict[str, Any] | None = None, **changes: Any) -> World:
            public_url = f"http://localhost:{free_port()}"
            world = make_world(**identity.settings(public_url=public_url, **changes))
            identity.serves(running.enter_context(served(world)), **(client or {}))
            return world

        yield begin


@pytest.fixture
def visit() -> Iterator[Visit]:
    """Opens browsers."""
    with ExitStack() as opened:

        def open_one(world: World) -> Visitor:
            visitor = Visitor(world.settings.address)
            opened.callback(visitor.close)
            return visitor

        yield open_one
