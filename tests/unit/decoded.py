"""Conversations as they are read from an answer of Nextcloud's, without a Nextcloud."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from pydantic import SecretStr

from nextcloud.client import Account, NextcloudClient, OcsAnswer
from nextcloud.talk import Conversation, room_list

ACCOUNT = Account("https://cloud.example.org", "max", SecretStr("geheim"), "max")


class Says(NextcloudClient):
    """A Nextcloud that answers everything with the same data."""

    def __init__(self, data: bytes, user_id: str = "max") -> None:
        self._answer = OcsAnswer(user_id, msgspec.Raw(data))

    def ocs(self, *_arguments: Any, **_more: Any) -> OcsAnswer:
        return self._answer


def read(*rooms: dict[str, Any]) -> list[Conversation]:
    return room_list(Says(json.dumps(rooms).encode()), ACCOUNT).conversations


def room(**changes: Any) -> dict[str, Any]:
    message = {"message": "Hallo", "timestamp": 1795517107, "actorDisplayName": "Anna"}
    return {"token": "abcd1234", "type": 2, "displayName": "Kommando", "lastMessage": message} | changes
