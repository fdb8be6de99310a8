"""Fixtures of the tests that sign in at an OpenID provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from simulator import Simulator
from tests import databases
from tests.browser.served import free_port
from tests.http.liar import Liar
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


@pytest.fixture(scope="module")
def _pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Liar]]:
    liar = Liar()
    with Simulator() as simulator:
        world = World(tmp_path_factory.mktemp("lied-to"), simulator, **liar.settings())
        liar.clock = world.clock
        yield world, liar
        world.close()
        databases.discard(world.database_url)
    liar.close()


@pytest.fixture
def liar(_pair: tuple[World, Liar]) -> Liar:
    """A provider that a test can make lie; honest at first."""
    _pair[1].forget()
    return _pair[1]


@pytest.fixture
def lied_to(_pair: tuple[World, Liar], liar: Liar) -> Iterator[World]:
    """Its app: one for all tests of a file, each of which begins hours after the one before, without members."""
    world, _liar = _pair
    world.clock.advance(2 * 3600)
    yield world
    for row in world.rows("users"):
        world.wired.roster.remove(row["name"])
