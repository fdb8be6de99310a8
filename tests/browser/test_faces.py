"""The faces of the conversations, where they are seen: pictures over initials, and initials where none comes."""

from __future__ import annotations

from typing import Any

import pytest
from dash.testing.wait import until

from simulator import Simulator
from simulator.conversations import ONE_TO_ONE
from tests.browser.pages import Card, SignInPage
from tests.browser.served import Served

_FACES = """
return [...document.querySelectorAll('#talk-card .talk-face')].map(face => {
  const image = face.querySelector('img');
  const box = face.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return {
    letters: face.firstChild.textContent,
    address: image && image.getAttribute('src'),
    width: image && image.naturalWidth,
    over: Boolean(image) && top === image,
    done: Boolean(image) && (image.hidden || image.dataset.face === 'shown'),
  };
});
"""
EMBLEM = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8" fill="red"/></svg>'
_STATUS = """
const done = arguments[arguments.length - 1];
fetch(arguments[0]).then(answer => done(answer.status));
"""


def faces(card: Card) -> list[dict[str, Any]]:
    """What each row shows, once its picture has come or has not."""
    shown: list[dict[str, Any]] = []

    def settled() -> bool:
        shown[:] = card.driver.execute_script(_FACES)
        return bool(shown) and all(face["done"] for face in shown)

    until(settled, 15)
    return shown


def asked(simulator: Simulator) -> int:
    return len(simulator.journal.entries("/avatar"))


def connect_with_faces(served: Served, simulator: Simulator) -> None:
    """Max is connected; he has a group with a picture of its own, and a conversation with Anna."""
    group = simulator.member("max").joins("Einsatzgruppe 1")
    group.picture(EMBLEM, "image/svg+xml")
    group.post("peter", "Treffpunkt Gerätehaus")
    simulator.member("max").joins("anna", ONE_TO_ONE).post("anna", "Hast du kurz Zeit?")
    served.wait_until_up()
    served.connect("max")


def signed_in(served: Served, sign_in_page: SignInPage, simulator: Simulator) -> Card:
    """Max' card."""
    connect_with_faces(served, simulator)
    return sign_in_page.sign_in("max").wait_for("connected")


def test_V1_V3_pictures_lie_over_the_initials_and_stay_without_being_asked_for_again(
    served: Served, sign_in_page: SignInPage, simulator: Simulator
) -> None:
    card = signed_in(served, sign_in_page, simulator)
    names = {face["letters"]: face for face in faces(card)}

    assert names.keys() == {"E1", "AS"}
    assert all(face["over"] for face in names.values())
    assert names["AS"]["width"] == 512
    assert asked(simulator) == 2

    for number in range(5):
        simulator.member("max").joins("Einsatzgruppe 1").post("peter", f"Nachricht {number}")
        served.advance(31)
        card.refresh()
        assert all(face["over"] for face in faces(card))
    assert card.reload().wait_for("connected").rows()
    assert all(face["over"] for face in faces(card))
    assert asked(simulator) == 2


def test_V4_where_no_picture_comes_initials_stay_and_nobody_is_asked_again_and_again(
    served: Served, sign_in_page: SignInPage, simulator: Simulator
) -> None:
    simulator.faults.trouble("avatar_503")
    card = signed_in(served, sign_in_page, simulator)

    for number in range(5):
        shown = faces(card)
        assert {face["letters"] for face in shown} == {"E1", "AS"}
        assert not any(face["over"] for face in shown)
        simulator.member("max").joins("Einsatzgruppe 1").post("peter", f"Nachricht {number}")
        served.advance(31)
        card.refresh()

    assert asked(simulator) == 1
    assert all("/avatar/" in entry["message"] and "404" in entry["message"] for entry in card.browser.get_logs())


def test_V2_a_script_in_a_picture_runs_neither_on_the_card_nor_by_itself(
    served: Served, sign_in_page: SignInPage, simulator: Simulator
) -> None:
    simulator.faults.trouble("avatar_script")
    card = signed_in(served, sign_in_page, simulator)
    (face, _other) = faces(card)
    assert face["over"]
    title = card.driver.title
    assert card.driver.execute_script("return [document.title, window.pwned]") == [title, None]
    assert card.browser.get_logs() == []

    card.driver.get(card.url.rstrip("/") + face["address"])

    until(lambda: card.driver.execute_script("return document.readyState") == "complete", 5)
    assert card.driver.execute_script("return document.documentElement.localName") == "svg"
    assert card.driver.execute_script("return window.pwned") is None
    assert card.driver.execute_script("return self.origin") == "null"
    card.browser.get_logs()  # what was forbidden stands in the console


def test_V8_the_next_member_of_the_same_browser_gets_no_picture_out_of_its_cache(
    served: Served, sign_in_page: SignInPage, simulator: Simulator
) -> None:
    card = signed_in(served, sign_in_page, simulator)
    addresses = [face["address"] for face in faces(card)]
    assert [card.driver.execute_async_script(_STATUS, address) for address in addresses] == [200, 200]

    other = card.log_out().sign_in("peter").wait_for("not_connected")

    assert [other.driver.execute_async_script(_STATUS, address) for address in addresses] == [404, 404]
    assert asked(simulator) == 2
    other.browser.get_logs()


def test_a_group_without_a_picture_of_its_own_has_initials_and_asks_for_none(
    served: Served, connected: Card, simulator: Simulator
) -> None:
    assert [(face["letters"], face["address"]) for face in connected.driver.execute_script(_FACES)] == [("E1", None)]
    assert asked(simulator) == 0


@pytest.mark.parametrize("served", [{"AVATARS": "0"}], indirect=True)
def test_without_avatars_there_are_initials_alone(
    served: Served, sign_in_page: SignInPage, simulator: Simulator
) -> None:
    card = signed_in(served, sign_in_page, simulator)

    shown = card.driver.execute_script(_FACES)

    assert {face["letters"]: face["address"] for face in shown} == {"E1": None, "AS": None}
    assert asked(simulator) == 0
