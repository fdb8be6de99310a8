"""What is answered when something goes wrong: JSON below /api and to Dash, a page to a person."""

from __future__ import annotations

import structlog
from dash.exceptions import DependencyException
from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, NotFound

from models.database import DatabaseAwayError
from nextcloud.errors import NextcloudError
from services.causes import CauseError, cause_of
from services.connecting import FlowNotFoundError, TooManyStartsError
from services.passwords import TooManyTriesError, WrongPasswordError
from web import rest_errors
from web.gate import is_api
from web.language import gettext as _

log = structlog.get_logger()

_CODES: dict[type[Exception], str] = {
    FlowNotFoundError: "flow_not_found",
    WrongPasswordError: "invalid_credentials",
    TooManyTriesError: "rate_limited",
    TooManyStartsError: "rate_limited",
    DatabaseAwayError: "unavailable",
    ValidationError: "invalid_request",
}


def init(server: Flask) -> None:
    """Answers for everything that `server` raises."""
    server.register_error_handler(HTTPException, _http)
    server.register_error_handler(DependencyException, lambda _error: _http(NotFound()))  # no bundle of this name
    for kind in (CauseError, NextcloudError, *_CODES):
        server.register_error_handler(kind, _known)


def code_of(error: Exception) -> str:
    """The code of an error that a member can meet. Raises KeyError for any other."""
    return getattr(error, "code", None) or _CODES[type(error)]


def _known(error: Exception) -> ResponseReturnValue:
    code = code_of(error)
    if isinstance(error, NextcloudError):
        log.info("rest.failed", cause=code, hint=cause_of(code).hint, detail=str(error))
    if is_api(request.path):
        return rest_errors.problem(code, getattr(error, "retry_after", None))
    return _elsewhere(cause_of(code).status, _(cause_of(code).sentence))


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error  # a redirect of the router
    if is_api(request.path):
        return rest_errors.of_http(error)
    sentence = cause_of("not_found").sentence if status == 404 else cause_of("internal_error").sentence
    if status == 400:
        sentence = cause_of("csrf_failed").sentence
    return _elsewhere(status, _(sentence))


def _elsewhere(status: int, sentence: str) -> ResponseReturnValue:
    if request.path.startswith(("/_dash", "/embed/")):
        return jsonify({"error": sentence}), status
    page = render_template("message.html", title=_("That did not work"), sentence=sentence)
    return page, status
