"""The words of the reader's language that stand in lines made here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """Each in the reader's language, without marks around it."""

    you: str
    unnamed: str
    """A conversation without a name."""
    no_messages: str
