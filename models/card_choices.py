"""What a member has chosen for his card."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_ROWS, MOST_ROWS = 3, 10


@dataclass(frozen=True)
class CardChoices:
    """`rows` is how many conversations are shown, `compact` leaves out what was said. Conversations come by their
    last activity; with `favorites_first` and `mentions_first` those come before (mentions before favourites).
    `concerning_only` lets the header count the conversations that concern the member, instead of all unread messages.
    """

    rows: int = LEAST_ROWS
    compact: bool = False
    favorites_first: bool = False
    mentions_first: bool = False
    concerning_only: bool = False


DEFAULT_CHOICES = CardChoices()
