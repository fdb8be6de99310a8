"""Questions to callbacks: only those that a page of ours asks reach Dash, which takes any other for an error of its
own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, abort, request

from web.context import site
from web.frames import CALLBACKS

_TYPES: dict[str, type] = {"n_clicks": int, "n_intervals": int, "value": str, "search": str, "href": str}
"""Of values, by property. Any of them may be missing."""


def init(server: Flask, known: Mapping[str, Any], data: Mapping[str, type]) -> None:
    """Refuses every question that fits none of the `known` callbacks (Dash's map of them). `data` are the types of
    the values that pages keep themselves, by `id.property`."""

    def check() -> None:
        if request.path == CALLBACKS and request.method == "POST" and not _fits(known, data):
            abort(400)

    server.before_request(check)


def _fits(known: Mapping[str, Any], data: Mapping[str, type]) -> bool:
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(output := body.get("output"), str):
        return False
    callback = known.get(output, {})
    if "callback" not in callback:
        return False
    inputs, state, changed = body.get("inputs"), body.get("state", []), body.get("changedPropIds", [])
    return (
        _names(body.get("outputs")) == _outputs(output)
        and isinstance(inputs, list)
        and isinstance(state, list)
        and _names(inputs) == _names(callback["inputs"])
        and _names(state) == _names(callback["state"])
        and isinstance(changed, list)
        and all(one in (_names(inputs) or ()) for one in changed)
        and all(_right(one, data) for one in (*inputs, *state))
    )


def _outputs(output: str) -> list[str]:
    return output.removeprefix("..").removesuffix("..").split("...")


def _names(given: Any) -> list[str] | None:
    """`id.property` of each; None where it is no such list."""
    listed = [given] if isinstance(given, dict) else given
    if not isinstance(listed, list):
        return None
    pairs = [(one.get("id"), one.get("property")) for one in listed if isinstance(one, dict)]
    plain = len(pairs) == len(listed) and all(isinstance(part, str) for pair in pairs for part in pair)
    return [f"{name}.{part}" for name, part in pairs] if plain else None


def _right(one: dict[str, Any], data: Mapping[str, type]) -> bool:
    name, value = one["property"], one.get("value")
    if name == "pathname":
        return isinstance(value, str) and value.startswith(site().prefix.rstrip("/") or "/")
    return value is None or isinstance(value, data.get(f"{one['id']}.{name}") or _TYPES.get(name) or object)
