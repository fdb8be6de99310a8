"""JSON that callers send: read so that nothing behind it has to fear what can be written but not worked with."""

from __future__ import annotations

import json
from typing import Any

from flask.json.provider import DefaultJSONProvider


class CarefulJSON(DefaultJSONProvider):
    """Flask's JSON, which refuses what is nested too deeply, and halves of characters."""

    def loads(self, s: str | bytes, **options: Any) -> Any:
        """What `s` says. Raises ValueError."""
        try:
            read = super().loads(s, **options)
            json.dumps(read, ensure_ascii=False).encode()
        except RecursionError:
            raise ValueError("nested too deeply") from None
        return read
