"""What is logged while something happens."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

OF_EACH_ANSWER = "event='http.answered'"


@contextmanager
def log_lines() -> Iterator[list[str]]:
    """The lines that are logged in the block, as they would stand in the log, but for that of each answer, which is
    written only with LOG_LEVEL=debug; known once the block has ended."""
    stream, lines = io.StringIO(), list[str]()
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(stream)
    try:
        yield lines
    finally:
        handler.setStream(before)
        written = stream.getvalue()
        before.write(written)
        lines += [line for line in written.splitlines() if OF_EACH_ANSWER not in line]
