"""Troubles that make the instance turn a request away before it looks at credentials. Keyed by name.

Nobody is authenticated here, so nothing is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Response, request

from simulator import envelope, ocs, web
from simulator.active import Active, Met
from simulator.envelope import Answer
from simulator.instance import Instance
from simulator.state import State

Deed = Callable[[State, Active], Response | None]

OCS_VERSION = re.compile(r"^/ocs/v([12])\.php(/|$)")
RETRY_AFTER = "120"
UPGRADE = ("Update needed", "This instance is being updated and will be back shortly.")
CLOSED = ("Under maintenance", "This instance is being worked on and will be back shortly.")
BROKEN = ("Internal error", "The request could not be answered.")
UNTRUSTED = ("Access through an untrusted domain", "Please ask the administrator to trust this address.")


def refusal(instance: Instance, met: Met) -> Response | None:
    """The answer of an instance that lets nobody in, if the request has met such a trouble."""
    for name, active in met.items():
        answer = DEEDS[name](instance.state, active) if name in DEEDS else None
        if answer is not None:
            return answer
    return None


def _maintenance(state: State, _active: Active) -> Response | None:
    if _of_status():
        return None
    early = _api(envelope.MAINTENANCE)
    if early is not None:
        return early
    response = web.error_page(state, 503, *CLOSED)
    response.headers["X-Nextcloud-Maintenance-Mode"] = "1"
    response.headers["Retry-After"] = RETRY_AFTER
    return response


def _updating(state: State, _active: Active) -> Response | None:
    if _of_status():
        return None
    return _api(envelope.MAINTENANCE) or web.error_page(state, 200, *UPGRADE)


def _updating_cli(state: State, _active: Active) -> Response | None:
    if _of_status():
        return None
    early = _api(envelope.MAINTENANCE)
    if early is not None:
        return early
    response = web.error_page(state, 503, *UPGRADE)
    response.headers["Retry-After"] = RETRY_AFTER
    return response


def _untrusted_domain(state: State, _active: Active) -> Response | None:
    if _of_status():
        return envelope.json_response({"error": "Trusted domain error.", "code": 15}, 400)
    return web.error_page(state, 400, *UNTRUSTED)


def _server_error(state: State, _active: Active) -> Response | None:
    return _api(Answer(code=996, message="Internal Server Error")) or web.error_page(state, 500, *BROKEN)


def _csrf(_state: State, _active: Active) -> Response | None:
    return envelope.json_response({"message": "CSRF check failed"}, 412)


def _outdated(_state: State, _active: Active) -> Response | None:
    return _api(Answer(code=426, message="15.0.0"))


def _ratelimited(_state: State, active: Active) -> Response | None:
    if active.met % 2:
        return envelope.json_response({"message": "Reached maximum delay"}, 429)
    return Response("", 429, content_type=envelope.JSON_TYPE)


def _api(answer: Answer) -> Response | None:
    """The answer in its envelope, where the API is asked."""
    version = OCS_VERSION.match(request.path)
    return ocs.early(answer, int(version[1])) if version else None


def _of_status() -> bool:
    return request.path == "/status.php"


DEEDS: dict[str, Deed] = {
    "maintenance": _maintenance,
    "updating": _updating,
    "updating_cli": _updating_cli,
    "untrusted_domain": _untrusted_domain,
    "server_error": _server_error,
    "csrf_412": _csrf,
    "outdated_426": _outdated,
    "ratelimited_429_plain": _ratelimited,
    "flow_500": _server_error,
}
