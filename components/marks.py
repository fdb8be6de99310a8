"""`data-*` and `aria-*` attributes, whose names are no Python identifiers."""

from __future__ import annotations

from typing import Any


def marks(**values: str) -> dict[str, Any]:
    """Attributes to unpack into a component of dash.html: `data_state` becomes `data-state`."""
    return {name.replace("_", "-"): value for name, value in values.items()}
