"""`python -m benchmarks.lines`: what the worst texts cost, beside a normal message in the same run.

Ends with 1 if one of them costs more than `MOST` times a normal one.
"""

from __future__ import annotations

import sys
import timeit
from collections.abc import Callable

from nextcloud.message import Message, last_message
from services.message_text import message_text
from tests.unit.hostile_texts import HOSTILE, NORMAL
from tests.unit.lines import NOON, words

MOST = 400
"""A cost that grows with the square of the length would be thousands; machines are noisy."""
REPEATS, RUNS = 5, 10


def main() -> int:
    """The status for `make`: 0 if every text is read in a bounded time."""
    normal = milliseconds(NORMAL, "Max Mustermann")
    costs = {kind: milliseconds(text, text) for kind, text in HOSTILE.items()}
    write("a normal message", normal, normal)
    for kind, cost in sorted(costs.items(), key=lambda item: -item[1]):
        write(kind, cost, normal)
    return 0 if max(costs.values()) < MOST * normal else 1


def milliseconds(text: str, name: str) -> float:
    """The best of some runs, from what was decoded to the line."""
    parameters = {"mention-user1": {"type": "user", "id": "max", "name": name}}

    def read() -> str:
        message = last_message({"message": text, "timestamp": NOON, "messageParameters": parameters})
        return message_text(message, words()) if isinstance(message, Message) else ""

    return best(read) * 1000


def best(work: Callable[[], object]) -> float:
    """Seconds of one run, the fastest of some."""
    return min(timeit.repeat(work, repeat=REPEATS, number=RUNS)) / RUNS


def write(kind: str, cost: float, normal: float) -> None:
    """One line of the table."""
    sys.stdout.write(f"{cost:8.3f} ms {cost / normal:6.1f} x  {kind}\n")


if __name__ == "__main__":
    sys.exit(main())
