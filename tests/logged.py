"""What is logged while something happens."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def log_lines() -> Iterator[list[str]]:
    """The lines that are logged in the block, as they would stand in the log; known once it has ended."""
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
        lines += written.splitlines()
