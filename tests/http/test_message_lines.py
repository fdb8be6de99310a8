"""The line under a name through the whole house: from a simulated Nextcloud to program and card."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.lines import recorded, said
from tests.world import ROOMS, Caller, World
from tests.world import private as secret

ANNA = {"type": "user", "id": "anna", "name": "Anna Schmidt"}


def shown_to(world: World, given: dict[str, Any]) -> Caller:
    """Max, who has this one conversation."""
    world.simulator.member("max").has_recorded_rooms([given])
    return world.connected("max")


def last_message(caller: Caller) -> dict[str, Any]:
    (found,) = caller.data(caller.get(ROOMS))["conversations"]
    message: dict[str, Any] = found["lastMessage"]
    return message


@pytest.mark.parametrize(
    ("name", "author", "text"),
    [
        ("Einsatzgruppe 1", "Anna Schmidt", "Einsatz morgen um 8:00"),
        ("Gäste ohne Namen", "Gast", "Ich bin namenlos"),
        ("Systemnachricht: Mitglied hinzugefügt", "", "Anna Schmidt added Peter Weber"),
        ("Sprachnachricht", "Anna Schmidt", "Sprachnachricht"),
    ],
)
def test_M2_M5_M9_M15_a_program_gets_the_whole_name_and_the_words_alone(
    world: World, name: str, author: str, text: str
) -> None:
    message = last_message(shown_to(world, recorded(name)))

    assert (message["author"], message["text"]) == (author, text)


def test_M2_M3_M12_the_card_says_who_it_was_and_what_it_is(world: World) -> None:
    rooms = [recorded(name) for name in ("Einsatzgruppe 1", "Peter Weber", "Datei geteilt")]
    world.simulator.member("max").has_recorded_rooms(rooms)

    card = world.connected("max").tick().get_data(as_text=True)

    for words in ('"Anna"', '"Du"', '"Protokoll.pdf"', "icon-file-earmark", "Datei: "):
        assert words in card


def test_M11_a_deleted_message_is_set_quietly(world: World) -> None:
    card = shown_to(world, recorded("Gelöschte Nachricht")).tick().get_data(as_text=True)

    assert "Message deleted by author" in card
    assert "talk-row-silent" in card


def test_M24_a_script_in_a_file_name_is_text_on_the_card(world: World) -> None:
    name = "<img src=x onerror=alert(1)>.pdf"
    parameters = {"file": {"type": "file", "id": "1", "name": name, "mimetype": "application/pdf"}}
    caller = shown_to(world, said("{file}", parameters))

    assert last_message(caller)["text"] == name
    assert caller.tick().mimetype == "application/json"


def test_M25_M27_M28_what_is_long_turned_or_hidden_reaches_nobody(world: World) -> None:
    caller = shown_to(world, said("Hallo \u202e\u200b\x00{mention-user1}\n" + "🚒" * 32_000, {"mention-user1": ANNA}))

    text = last_message(caller)["text"]

    assert text.startswith("Hallo @Anna Schmidt 🚒")
    assert len(text) == 120
    card = caller.tick().get_data(as_text=True)
    assert "Hallo @Anna Schmidt" in card
    assert [escaped for escaped in (r"\u202e", r"\u200b", r"\u0000") if escaped in card] == []


def test_M29_a_message_that_expires_between_two_fetches_is_gone_from_both(world: World) -> None:
    text = secret("Code der Garage ist 4711")
    given = said(text, expirationTimestamp=int(world.clock()) + 20)
    caller = shown_to(world, given)
    assert last_message(caller)["text"] == text
    assert text in caller.tick().get_data(as_text=True)

    world.clock.advance(21)

    card = caller.tick().get_data(as_text=True)
    assert caller.data(caller.get(ROOMS))["conversations"][0]["lastMessage"] is None
    assert text not in card
    assert "Nachricht abgelaufen" in card
