"""Fields of Nextcloud's answers that no Nextcloud sends: each is bounded where it is read."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from components.conversation_row import iso_time
from nextcloud.account import identify
from nextcloud.errors import WrongAccount
from nextcloud.message import RichObject
from tests.unit.decoded import ACCOUNT, Says, read, room

ENDLESS = "x" * 8_000_000


@pytest.mark.parametrize("odd", [10**18, -(10**15), 10**30, -1, 4102444801, str(10**18)])
def test_R21_a_time_that_is_none_is_no_time(odd: int | str) -> None:
    message = {"message": "Hallo", "timestamp": odd}

    (found,) = read(room(lastActivity=odd, lastMessage=message))

    assert found.last_message is not None
    assert (found.last_activity, found.last_message.timestamp) == (0, 0)


def test_R21_every_time_that_is_kept_can_be_shown() -> None:
    (found,) = read(room(lastActivity=4102444800))

    assert iso_time(found.last_activity) == "2100-01-01T00:00:00Z"


def test_R23_names_and_ids_of_endless_length_are_cut() -> None:
    message = {
        "message": ENDLESS,
        "timestamp": 1,
        "actorDisplayName": ENDLESS,
        "actorType": ENDLESS,
        "actorId": ENDLESS,
        "systemMessage": ENDLESS,
        "messageParameters": {f"{number}{ENDLESS[:500]}": {"name": ENDLESS[:9000]} for number in range(500)},
    }

    (found,) = read(room(displayName=ENDLESS, actorType=ENDLESS, actorId=ENDLESS, lastMessage=message))

    assert len(repr(found)) < 250_000


@pytest.mark.parametrize("deep", ["name", "id"])
def test_M21_a_name_that_is_no_text_is_no_name(deep: str) -> None:
    message = {"message": "{file}", "timestamp": 1, "messageParameters": {"file": {deep: [[["x"]]]}}}

    (found,) = read(room(lastMessage=message))

    assert found.last_message is not None
    assert found.last_message.objects == {"file": RichObject("", "", named=False)}


def test_R22_a_row_that_is_nested_deeper_than_can_be_read_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_deep(raw: msgspec.Raw) -> Any:
        if b"tief" in bytes(raw):
            raise RecursionError
        return real(raw)

    from nextcloud import talk

    real = talk._room.decode
    monkeypatch.setattr(talk, "_room", type("Decoder", (), {"decode": staticmethod(too_deep)}))

    assert [found.token for found in read(room(displayName="tief"), room(token="good1234"))] == ["good1234"]


def test_the_name_of_an_account_is_cut() -> None:
    data = json.dumps({"id": "max", "display-name": ENDLESS}).encode()

    assert identify(Says(data), ACCOUNT).display_name == "x" * 120


def test_F41_a_user_id_of_endless_length_is_none() -> None:
    data = json.dumps({"id": "x" * 256, "display-name": "Max"}).encode()

    with pytest.raises(WrongAccount):
        identify(Says(data, "x" * 256), ACCOUNT)
