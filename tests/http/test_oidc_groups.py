"""Who is an operator by a group of the OpenID provider, whatever the provider takes for groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.http.liar import Liar, asked, begin, sign_in
from tests.world import World


@pytest.fixture
def liar() -> Iterator[Liar]:
    provider = Liar()
    yield provider
    provider.close()


@pytest.fixture
def world(make_world: Callable[..., World], liar: Liar) -> World:
    world = make_world(**liar.settings(oidc_operator_group="Kommando"))
    liar.clock = world.clock
    return world


def test_who_is_in_the_group_is_an_operator(world: World, liar: Liar) -> None:
    liar.claims = {"groups": ["Mannschaft", "Kommando"]}

    sign_in(world, liar)

    assert world.row("max")["operator"]


@pytest.mark.parametrize(
    "groups",
    ["Kommando", "Ehrenkommando Kommando", {"Kommando": True}, [["Kommando"]], ["kommando"], [], "", 5, True, None],
    ids=str,
)
def test_what_is_no_list_with_the_group_makes_nobody_an_operator(world: World, liar: Liar, groups: Any) -> None:
    liar.claims = {"groups": groups}

    sign_in(world, liar)

    assert not world.row("max")["operator"]


@pytest.mark.parametrize(
    ("offered", "wanted"),
    [(["openid", "groups"], "openid profile groups"), (["openid", "profile"], "openid profile")],
)
def test_groups_are_asked_for_where_the_provider_knows_that_word(
    world: World, liar: Liar, offered: list[str], wanted: str
) -> None:
    liar.doors = {"scopes_supported": offered}

    assert asked(begin(world, world.app.test_client()), "scope") == wanted
