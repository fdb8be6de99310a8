"""The words of the reader's language that stand in lines made here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """Each in the reader's language, without marks around it."""

    you: str
    unnamed: str
    """A conversation without a name."""
    no_messages: str
    expired: str
    """The last message had its time and is gone."""
    waiting: str
    """The member stands in the lobby."""
    hidden: str
    """The conversation is sensitive or classified."""
    guest: str
    deleted_account: str
    telephone: str
    """Whoever takes part by telephone and has no name."""
    bot: str
    everyone: str
    """As in a mention of all, behind its @."""
    team: str
    nameless: str
    """A thing of an unknown kind without a name."""
    voice_message: str
    call_recording: str
    things: Mapping[str, str]
    """By the icon of a thing that a message carries: what it is."""
    quotes: str
    """The opening and the closing quotation mark."""
