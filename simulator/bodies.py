"""Taking the body of a finished answer apart and putting another in."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

from flask import Response

from simulator.active import Active
from simulator.envelope import to_json
from simulator.instance import Instance

Deed = Callable[[Instance, Response, Active], bool]
"""Spoils an answer and says whether it has done anything."""

Change = Callable[[Any, Active], Any]
"""What to answer in place of this JSON; None: leave it."""


def plain(response: Response) -> bytes:
    """The body as it was before compression."""
    body: bytes = response.get_data()
    return gzip.decompress(body) if response.headers.get("Content-Encoding") == "gzip" else body


def put(response: Response, body: bytes) -> None:
    """Another body in the same compression."""
    zipped = response.headers.get("Content-Encoding") == "gzip"
    response.set_data(gzip.compress(body, compresslevel=6) if zipped else body)


def changed(change: Change) -> Deed:
    """A deed on the JSON of a 200."""

    def deed(_instance: Instance, response: Response, active: Active) -> bool:
        if response.status_code != 200 or response.mimetype != "application/json":
            return False
        body = change(json.loads(plain(response)), active)
        if body is not None:
            put(response, to_json(body).encode())
        return body is not None

    return deed
