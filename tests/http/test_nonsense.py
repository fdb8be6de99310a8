"""What can be written but not worked with is refused, and is no error of ours."""

import copy
import logging
from typing import Any

import pytest

from tests.http.test_gate import page_question
from tests.world import POLL, TOKEN, World, code

TICK: dict[str, Any] = {
    "output": "..talk-card.children...talk-shown.data..",
    "outputs": [{"id": "talk-card", "property": "children"}, {"id": "talk-shown", "property": "data"}],
    "inputs": [
        {"id": "talk-refresh", "property": "n_intervals", "value": 1},
        {"id": "talk-flow-poll", "property": "n_intervals"},
        {"id": "talk-action", "property": "data"},
    ],
    "changedPropIds": ["talk-refresh.n_intervals"],
    "state": [{"id": "talk-shown", "property": "data", "value": None}],
}
LANGUAGE: dict[str, Any] = {
    "output": "leave.href",
    "outputs": {"id": "leave", "property": "href"},
    "inputs": [{"id": "preferences-language", "property": "value", "value": ["de"]}],
    "changedPropIds": ["preferences-language.value"],
}


def tick(*where: Any, to: Any) -> dict[str, Any]:
    """A good question, except for what stands at `where`."""
    changed = copy.deepcopy(TICK)
    part: Any = changed
    for step in where[:-1]:
        part = part[step]
    part[where[-1]] = to
    return changed


QUESTIONS: list[Any] = [
    None, [], "x", 5, {}, LANGUAGE,
    {name: value for name, value in TICK.items() if name != "output"},
    {name: value for name, value in TICK.items() if name != "inputs"},
    {name: value for name, value in TICK.items() if name != "outputs"},
    tick("output", to=5), tick("output", to="gibt.es-nicht"), tick("output", to=[]), tick("outputs", to="x"),
    tick("outputs", to=[]), tick("inputs", to=None), tick("inputs", to="abc"), tick("inputs", to=[1, 2, 3]),
    tick("inputs", to=TICK["inputs"][:2]), tick("inputs", 0, "id", to={"a": 1}), tick("inputs", 0, "id", to=None),
    tick("inputs", 0, "value", to=[1]), tick("inputs", 2, "value", to="connect"), tick("inputs", 2, "value", to=[1]),
    tick("state", to=None), tick("state", to=[]), tick("state", 0, "value", to={"a": 1}),
    tick("changedPropIds", to=5), tick("changedPropIds", to=[5]), tick("changedPropIds", to=["x"]),
    tick("changedPropIds", to=[[]]), page_question("ohne-schrägstrich"), page_question("/") | {"inputs": []},
    tick("state", 0, "value", to="\ud800"),
]  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS, ids=range(len(QUESTIONS)))
def test_a_callback_that_is_none_is_a_bad_request(
    world: World, caplog: pytest.LogCaptureFixture, question: Any
) -> None:
    max_ = world.sign_in("max")
    caplog.clear()

    answer = max_.post("/_dash-update-component", json=question)

    assert answer.status_code == 400
    assert answer.is_json
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_callback_that_is_one_is_answered(world: World) -> None:
    max_ = world.sign_in("max")

    for question in (TICK, page_question("/"), page_question("/preferences"), tick("changedPropIds", to=[])):
        assert max_.post("/_dash-update-component", json=question).status_code == 200


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 40_000, b"1" * 5000, b'"\xed\xa0\x80"'])
def test_json_that_can_not_be_worked_with_is_an_invalid_request(world: World, body: bytes) -> None:
    answer = world.app.test_client().post(TOKEN, data=body, content_type="application/json")

    assert code(answer) == (422, "invalid_request")


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"token":"\\ud800"}'])
def test_to_a_poll_as_well(world: World, body: bytes) -> None:
    answer = world.bearer("max").post(POLL, data=body, content_type="application/json")

    assert code(answer) == (422, "invalid_request")
