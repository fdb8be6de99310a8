"""The OpenAPI document: what flask-openapi gathers from the calls and their models, and what is true of all of them."""

from __future__ import annotations

from typing import Any, cast

from flask import current_app
from flask_openapi import Info, OpenAPI, Tag

from services.causes import CAUSES
from web.context import site
from web.csrf import COOKIE, HEADER
from web.rest_answers import failure

OPENAPI_VERSION = "3.1.0"
API_VERSION = "1"

AUTH = Tag(name="Tokens", description="How a program becomes somebody.")
NEXTCLOUD = Tag(name="Nextcloud", description="The caller's conversations, and his connection.")
EMBED = Tag(name="Embedding", description="How a host dashboard lets its frame know who looks at it.")
DOCUMENTS = Tag(name="This document", description="Public; no member's data is in it.")

TO_READ: list[dict[str, list[Any]]] = [{"bearer": []}, {"session": []}]
"""Who may read: a program with a token, or a browser in which a member is signed in."""

TO_CHANGE: list[dict[str, list[Any]]] = [{"bearer": []}, {"session": [], "csrf": []}]
"""Who may change something: a browser says as well that it is one of our own pages that asks."""

OF_HOSTS: list[dict[str, list[Any]]] = [{"embedKey": []}]
"""Who may hand members over: the server of a host dashboard."""

_DESCRIPTION = """\
What the card does, for programs, and for pages of Talkboard's own origin. There is no CORS.

Answers are `{"success": true, "data": …}` or `{"success": false, "error": {"code": "…", "message": "…"}}`. \
Rely on the code. Times are whole Unix seconds, addresses are absolute.

Every other address below `/api` answers 404 `not_found`, every other method 405 `method_not_allowed` with `Allow`; \
`HEAD` answers as `GET` does, without the body, and `OPTIONS` with `Allow`. Whatever is of another form than it should \
be, too large, no JSON or not said to be JSON, is 422 `invalid_request`. A cookie beside a bearer token counts for \
nothing.\
"""


def init(server: OpenAPI) -> None:
    """Says what `server` adds to the document of each call. The session cookie must be configured before."""
    server.openapi_version = OPENAPI_VERSION
    server.info = Info(title="Talkboard", version=API_VERSION, description=_DESCRIPTION)
    server.security_schemes = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token of `POST /api/auth/token`, or of the host dashboard where there is one.",
        },
        "embedKey": {
            "type": "http",
            "scheme": "bearer",
            "description": "A key of `EMBED_KEYS`, for servers alone.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": server.config["SESSION_COOKIE_NAME"],
            "description": "A browser in which a member is signed in.",
        },
        "csrf": {
            "type": "apiKey",
            "in": "header",
            "name": HEADER,
            "description": f"Beside the session, for everything but GET: the value of the cookie `{COOKIE}`.",
        },
    }


def document() -> dict[str, Any]:
    """The document of the app that answers this request, as JSON has it."""
    gathered = cast("OpenAPI", current_app).api_doc
    here = {"servers": [{"url": site().address.rstrip("/"), "description": "This installation"}]}
    return {"openapi": gathered["openapi"], "info": gathered["info"], **here} | _finished(gathered)


def operations(doc: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every call in a document, in its order."""
    return [(method.upper(), path, call) for path, item in doc["paths"].items() for method, call in item.items()]


def _finished(gathered: dict[str, Any]) -> dict[str, Any]:
    components = gathered["components"]
    elsewhere = {name: failure(CAUSES[code].status, [CAUSES[code]]) for name, code in _ELSEWHERE.items()}
    for _method, _path, call in operations(gathered):
        call.pop("deprecated", None)
        if call["operationId"] in _LEADS_TO:
            call["responses"]["200"]["links"] = _LEADS_TO[call["operationId"]]
        for content in _contents(call):
            if "examples" not in content and (example := example_of(content["schema"], components["schemas"])):
                content["example"] = example
    return {**gathered, "components": {**components, "responses": elsewhere}}


_LEADS_TO = {
    "startConnection": {
        "poll": {
            "operationId": "pollConnection",
            "requestBody": {"token": "$response.body#/data/poll/token"},
            "description": "Whether it was granted.",
        }
    }
}
"""Which answer holds what another call needs."""

_ELSEWHERE = {"NotFound": "not_found", "MethodNotAllowed": "method_not_allowed"}
"""What addresses and methods answer that are not in the document."""


def _contents(call: dict[str, Any]) -> list[dict[str, Any]]:
    bodies = [call.get("requestBody", {}), *call["responses"].values()]
    return [body["content"]["application/json"] for body in bodies if "application/json" in body.get("content", {})]


def example_of(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """The example of a shape; of a good answer that of its data, wrapped. None where there is none."""
    shape = resolved(schema, schemas)
    if "examples" in shape:
        return _in_order(shape["examples"][0], shape, schemas)
    data = shape.get("properties", {}).get("data")
    example = example_of(data, schemas) if data else None
    return None if example is None else {"success": True, "data": example}


def resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """The shape itself, where `schema` names it or allows null beside it."""
    for option in schema.get("anyOf", []):
        if "$ref" in option:
            schema = option
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return schema


def _in_order(value: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """An example in the order of the fields, which pydantic sorts by their names."""
    shape = resolved(schema, schemas)
    if isinstance(value, list):
        return [_in_order(one, shape["items"], schemas) for one in value]
    if not isinstance(value, dict):
        return value
    fields = shape["properties"]
    return {name: _in_order(value[name], fields[name], schemas) for name in fields if name in value}
