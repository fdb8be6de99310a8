"""Fixtures of all tests. Each test has a Nextcloud, a database and an app of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator
from tests.world import World


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A Nextcloud on a free port."""
    with Simulator() as running:
        yield running


@pytest.fixture
def make_world(tmp_path: Path, simulator: Simulator) -> Iterator[Callable[..., World]]:
    """Makes apps with changed settings; all are closed at the end."""
    made: list[World] = []

    def make(**changes: Any) -> World:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(World(folder, simulator, **changes))
        return made[-1]

    yield make
    for world in made:
        world.stop()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """The app with usual settings."""
    return make_world()
