"""The gallery: nothing that the card can show is missing in it, and none of its buttons does anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dash.development.base_component import Component
from flask_babel import force_locale

from components.gallery import gallery, parts
from components.gallery_states import rows, states
from components.message_icon import ICONS as THINGS
from services.card_state import CardStatus
from services.causes import CAUSES
from services.conversation_line import Badge, Mark
from services.words import Words
from tests.world import World

NOON = 1_767_265_200


@pytest.fixture
def page(world: World, words: Words) -> Iterator[Component]:
    with world.app.test_request_context(), force_locale("de"):
        yield gallery(words, NOON, "de", "light")


def test_every_state_and_every_cause_is_there(words: Words) -> None:
    shown = [example.state for example in states(words, NOON)]

    assert {state.status for state in shown} == set(CardStatus)
    assert {name for name, cause in CAUSES.items() if cause.way_out} <= {state.cause for state in shown}
    assert (CardStatus.FAILED, "nextcloud_not_connected") in {(state.status, state.cause) for state in shown}
    assert [state for state in shown if state.status is CardStatus.STALE and not state.lines]


def test_every_mark_every_badge_and_everything_a_message_carries_is_there(words: Words) -> None:
    lines = [line for example in rows(words, NOON) for line in example.state.lines]

    assert {mark for line in lines for mark in line.marks} == set(Mark)
    assert {line.badge for line in lines if line.unread} == set(Badge)
    assert set(THINGS) - {line.preview.icon for line in lines} <= {"link", "attachment"}


def test_nothing_in_it_acts_and_no_id_comes_twice(page: Component) -> None:
    found: list[Any] = [getattr(part, "id", None) for part in parts(page)]
    ids = [one for one in found if isinstance(one, str)]

    assert len(ids) == len(set(ids))
    assert not [part for part in parts(page) if hasattr(part, "data-action")]


def test_outside_of_the_demo_there_is_none(world: World) -> None:
    assert world.sign_in("max").get("/gallery").status_code == 404
