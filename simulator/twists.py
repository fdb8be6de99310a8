"""Troubles that spoil an answer once it is there. Keyed by name; a deed says whether it has done anything."""

from __future__ import annotations

import gzip
from typing import Any

from flask import Response

from simulator import avatar_troubles, flow_twists
from simulator.active import Active, Asked
from simulator.bodies import Change, Deed, changed, plain, put
from simulator.instance import Instance

TRAPS = 12
A_YEAR = 365 * 24 * 3600


def twist(instance: Instance, asked: Asked, response: Response) -> None:
    """Spoil the answer to this request by all that is on for it. Counts what did."""
    for active in instance.faults.twisting(asked):
        try:
            done = DEEDS[active.name](instance, response, active)
        except ConnectionError:
            active.met += 1
            raise
        active.met += done


def _not_json(_instance: Instance, response: Response, _active: Active) -> bool:
    if response.status_code != 200:
        return False
    body = plain(response)
    put(response, body[: max(1, len(body) * 2 // 3)])
    return True


def _truncated_gzip(_instance: Instance, response: Response, _active: Active) -> bool:
    if response.status_code != 200:
        return False
    zipped = gzip.compress(plain(response))
    response.headers["Content-Encoding"] = "gzip"
    response.set_data(zipped[: len(zipped) // 2])
    return True


def _no_user_id(_instance: Instance, response: Response, _active: Active) -> bool:
    return bool(response.headers.pop("X-User-Id", ""))


def _cookie_trap(instance: Instance, response: Response, active: Active) -> bool:
    names = [f"trap_{number}" for number in range(TRAPS)]
    for name in [*names, "__Host-trap", f"{instance.state.instance_id}_trap"]:
        response.headers.add("Set-Cookie", f"{name}={active.met}; Path=/; Max-Age={A_YEAR}")
    return True


def _wrong_types(body: Any, active: Active) -> Any:
    """The whole answer first, then one level deeper each time, down to the innermost and from the top again."""
    return _wrong(body, active.met % (_height(body) + 1))


def _height(value: Any) -> int:
    inner = _inner(value)
    return 1 + max(_height(one) for one in inner) if inner else 0


def _inner(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _wrong(value: Any, depth: int) -> Any:
    if depth and isinstance(value, dict):
        return {key: _wrong(inner, depth - 1) for key, inner in value.items()}
    if depth and isinstance(value, list):
        return [_wrong(inner, depth - 1) for inner in value]
    return value if depth else _of_another_type(value)


def _of_another_type(value: Any) -> Any:
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, bool) or value is None:
        return "yes"
    if isinstance(value, int | float):
        return [str(value)]
    return 7 if isinstance(value, dict) else "a list"


def _enveloped(change: Change) -> Deed:
    """A deed on what is in the envelope."""
    return changed(lambda body, active: change(body, active) if isinstance(body, dict) and "ocs" in body else None)


def _data_null(body: Any, _active: Active) -> Any:
    return {"ocs": body["ocs"] | {"data": None}}


def _data_object(body: Any, _active: Active) -> Any:
    data = body["ocs"]["data"]
    if not isinstance(data, list):
        return None
    return {"ocs": body["ocs"] | {"data": {str(number): row for number, row in enumerate(data)}}}


def _v1_failure(body: Any, _active: Active) -> Any:
    meta = {"status": "failure", "statuscode": 997, "message": "Current user is not logged in"}
    meta |= {"totalitems": "", "itemsperpage": ""}
    return {"ocs": body["ocs"] | {"meta": meta, "data": []}}


def _user_mismatch(body: Any, _active: Active) -> Any:
    return {"ocs": body["ocs"] | {"data": body["ocs"]["data"] | {"id": "somebody-else"}}}


DEEDS: dict[str, Deed] = flow_twists.DEEDS | {
    "not_json": _not_json,
    "truncated_gzip": _truncated_gzip,
    "no_user_id": _no_user_id,
    "cookie_trap": _cookie_trap,
    "wrong_types": changed(_wrong_types),
    "data_null": _enveloped(_data_null),
    "data_object": _enveloped(_data_object),
    "no_ocs": _enveloped(lambda body, _active: body["ocs"]["data"]),
    "v1_failure": _enveloped(_v1_failure),
    "user_mismatch": _enveloped(_user_mismatch),
    **avatar_troubles.TWISTS,
}
