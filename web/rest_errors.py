"""Errors below /api: always JSON, always of the same shape, never a page of Dash."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from services.causes import cause_of
from web.gate import is_api
from web.language import gettext as _

_DASH_CATCH_ALL = "/<path:path>"
_CODES = {401: "unauthenticated", 404: "not_found", 405: "method_not_allowed", 500: "internal_error"}


def init(server: Flask) -> None:
    """Keeps Dash away from the paths below /api."""
    server.before_request(_unknown_path)


def problem(name: str, retry_after: int | None = None) -> ResponseReturnValue:
    """The answer for a cause, by its name: status, code, sentence, and `Retry-After` in seconds where known."""
    cause = cause_of(name)
    answer = jsonify({"success": False, "error": {"code": cause.code, "message": _(cause.sentence)}})
    answer.status_code = cause.status
    wait = retry_after or cause.pause_seconds
    if wait and cause.status in (429, 503):
        answer.headers["Retry-After"] = str(wait)
    return answer


def invalid_request(_error: Any) -> ResponseReturnValue:
    """The answer to a request of the wrong shape. What was wrong is not repeated: it may be a secret."""
    return problem("invalid_request")


def of_http(error: HTTPException) -> ResponseReturnValue:
    """The answer for an error of HTTP itself."""
    if isinstance(error, CSRFError):
        return problem("csrf_failed")
    answer = current_app.make_response(problem(_CODES.get(error.code or 500, "invalid_request")))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _unknown_path() -> ResponseReturnValue | None:
    """Dash answers every unknown GET with its page, below /api too: this comes first."""
    if not is_api(request.path):
        return None
    adapter = current_app.create_url_adapter(request)
    methods = {method for method in (adapter.allowed_methods() if adapter else ()) if _is_ours(adapter, method)}
    if not methods - {"OPTIONS"}:
        raise NotFound
    if request.method == "OPTIONS":
        return "", 204, {"Allow": ", ".join(sorted(methods))}  # Flask itself would name those of Dash's page as well
    if request.method not in methods:
        raise MethodNotAllowed(valid_methods=sorted(methods))
    return None


def _is_ours(adapter: Any, method: str) -> bool:
    try:
        rule, _values = adapter.match(method=method, return_rule=True)
    except HTTPException:
        return False
    return bool(rule.rule != _DASH_CATCH_ALL)
