"""Which failures a call can answer with: said once beside the call, for the document and for readers."""

from __future__ import annotations

from typing import Any

from services.causes import CAUSES, Cause
from web.rest_models import Failure

WITH_RETRY_AFTER = (429, 503)
"""Statuses whose answers may say when to come back."""

OF_EVERY_CALL = ("invalid_request", "method_not_allowed", "internal_error", "unavailable")
OF_A_CALLER = (*OF_EVERY_CALL, "unauthenticated", "token_expired", "unknown_member", "host_keys_unavailable")
"""What every call may answer that must know who calls."""

OF_A_CHANGE = (*OF_A_CALLER, "csrf_failed")
"""The same for calls that a browser's session makes with a token of its own."""

OF_NEXTCLOUD = (
    "nextcloud_unreachable",
    "nextcloud_misconfigured",
    "nextcloud_maintenance",
    "nextcloud_updating",
    "nextcloud_locked",
    "talk_unavailable",
    "talk_not_allowed",
)

RETRY_AFTER: dict[str, Any] = {
    "description": "Seconds after which it is worth asking again, where that is known.",
    "schema": {"type": "integer", "minimum": 1},
}
ALLOW: dict[str, Any] = {"description": "The methods that this address takes.", "schema": {"type": "string"}}


def failures(*codes: str) -> dict[Any, Any]:
    """The answers for `codes`, by status, as flask-openapi takes them. Raises KeyError for a code that is none."""
    by_status: dict[int, list[Cause]] = {}
    for code in codes:
        by_status.setdefault(CAUSES[code].status, []).append(CAUSES[code])
    return {status: failure(status, causes) for status, causes in sorted(by_status.items())}


def failure(status: int, causes: list[Cause]) -> dict[str, Any]:
    """One answer, which may be for any of `causes`: all of the same status."""
    answer: dict[str, Any] = {
        "description": "; ".join(f"`{cause.code}`: {cause.sentence.rstrip('.')}" for cause in causes) + ".",
        "content": {"application/json": {"schema": _schema(causes), "examples": _examples(causes)}},
    }
    if status in WITH_RETRY_AFTER:
        answer["headers"] = {"Retry-After": RETRY_AFTER}
    if status == 405:
        answer["headers"] = {"Allow": ALLOW}
    return answer


def _schema(causes: list[Cause]) -> dict[str, Any]:
    code = {"type": "string", "enum": [cause.code for cause in causes]}
    only = {"type": "object", "properties": {"error": {"type": "object", "properties": {"code": code}}}}
    return {"allOf": [{"$ref": f"#/components/schemas/{Failure.__name__}"}, only]}


def _examples(causes: list[Cause]) -> dict[str, Any]:
    return {
        cause.code: {"value": {"success": False, "error": {"code": cause.code, "message": cause.sentence}}}
        for cause in causes
    }
