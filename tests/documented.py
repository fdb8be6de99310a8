"""A client that holds every answer below /api against the OpenAPI document, in whatever test it comes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from openapi_schema_validator import OAS31Validator
from werkzeug.test import TestResponse

UNTOLD = ("HEAD", "OPTIONS")
"""What the document says in words alone."""

_validators: dict[str, OAS31Validator] = {}


class DocumentedClient(FlaskClient):
    """Fails a test in which the API answers something that the document does not say."""

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        answer = super().open(*arguments, **options)
        request = answer.request
        path = urlsplit(request.path).path
        if (path == "/api" or path.startswith("/api/")) and request.method not in UNTOLD:
            check(self.application.api_doc, request.method, path, answer)  # type: ignore[attr-defined]
        return answer


def check(document: dict[str, Any], method: str, path: str, answer: TestResponse) -> None:
    """Whether an answer is one of those that `document` names for the call; else it raises."""
    item = document["paths"].get(path)
    if item is None:
        assert answer.status_code == 404, f"{path} is not in the document, and answers {answer.status}"
        said = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}}}
    else:
        call = item.get(method.lower(), next(iter(item.values())))
        assert method.lower() in item or answer.status_code == 405, f"{method} {path} is not in the document"
        assert str(answer.status_code) in call["responses"], f"{method} {path}: {answer.status}, {answer.text}"
        said = call["responses"][str(answer.status_code)]
    assert answer.mimetype in said["content"], f"{method} {path}: {answer.mimetype}"
    if answer.mimetype == "application/json":
        _check_body(document, said["content"]["application/json"]["schema"], answer)
    assert "Retry-After" not in answer.headers or "Retry-After" in said.get("headers", {})


def _check_body(document: dict[str, Any], schema: dict[str, Any], answer: TestResponse) -> None:
    known = _validators.get(str(schema))
    if known is None:
        known = _validators[str(schema)] = OAS31Validator({**schema, "components": document["components"]})
    known.validate(answer.get_json())
