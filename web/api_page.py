"""What the page about the API shows, taken out of the document: chapters, calls, fields, failures, a line of curl."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from web.api_document import example_of, operations, resolved

_JSON = "application/json"


@dataclass(frozen=True)
class Field:
    """One field of a request or an answer; a dot leads into an object, [] into a list."""

    name: str
    kind: str
    text: str
    required: bool


@dataclass(frozen=True)
class Body:
    """A request or a good answer: its fields, and how one looks."""

    fields: list[Field]
    example: str
    required: bool = True


@dataclass(frozen=True)
class Failed:
    """One code that a call may answer with."""

    status: str
    code: str
    message: str
    retry_after: bool


@dataclass(frozen=True)
class Call:
    """One call, as a reader wants it."""

    operation_id: str
    method: str
    path: str
    summary: str
    description: str
    callers: list[str]
    parameters: list[Field]
    body: Body | None
    answer: Body | None
    failures: list[Failed]
    curl: str


@dataclass(frozen=True)
class Chapter:
    """The calls that belong together."""

    title: str
    text: str
    calls: list[Call]


def chapters(doc: dict[str, Any]) -> list[Chapter]:
    """The calls of a document, in its order."""
    schemas = doc["components"]["schemas"]
    found = operations(doc)
    return [
        Chapter(
            tag["name"],
            tag["description"],
            [_call(doc, schemas, *one) for one in found if tag["name"] in one[2]["tags"]],
        )
        for tag in doc["tags"]
    ]


def _call(doc: dict[str, Any], schemas: dict[str, Any], method: str, path: str, call: dict[str, Any]) -> Call:
    content = call.get("requestBody", {}).get("content", {}).get(_JSON)
    body = _body(content, schemas, required=call["requestBody"].get("required", False)) if content else None
    return Call(
        operation_id=call["operationId"],
        method=method,
        path=path,
        summary=call["summary"],
        description=call.get("description", ""),
        callers=[" + ".join(way) for way in call.get("security", [])],
        parameters=[_field(one["name"], one["schema"], schemas, one["required"]) for one in call.get("parameters", [])],
        body=body,
        answer=_answer(call["responses"]["200"], schemas),
        failures=[
            one for status, answer in call["responses"].items() if status != "200" for one in _failed(status, answer)
        ],
        curl=_curl(doc["servers"][0]["url"] + path, method, call, content),
    )


def _answer(answer: dict[str, Any], schemas: dict[str, Any]) -> Body | None:
    content = answer.get("content", {}).get(_JSON)
    return _body(content, schemas) if content and "example" in content else None


def _body(content: dict[str, Any], schemas: dict[str, Any], *, required: bool = True) -> Body:
    example = content.get("example") or example_of(content["schema"], schemas)
    shape = resolved(content["schema"], schemas)
    fields = _fields(shape.get("properties", {}).get("data", shape), schemas)
    return Body(fields, json.dumps(example, ensure_ascii=False, indent=2), required)


def _fields(schema: dict[str, Any], schemas: dict[str, Any], above: str = "") -> list[Field]:
    schema = resolved(schema, schemas)
    needed = schema.get("required", [])
    rows = []
    for name, inner in schema.get("properties", {}).items():
        rows.append(_field(above + name, inner, schemas, name in needed))
        shape, mark = resolved(inner, schemas), "."
        if shape.get("type") == "array":
            shape, mark = resolved(shape["items"], schemas), "[]."
        rows += _fields(shape, schemas, above + name + mark)
    return rows


def _field(name: str, schema: dict[str, Any], schemas: dict[str, Any], required: bool) -> Field:
    shape = resolved(schema, schemas)
    text = schema.get("description") or shape.get("description", "")
    return Field(name, _kind(schema, schemas), text, required)


def _kind(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    """A type in words that fit into a cell."""
    if "anyOf" in schema:
        return " or ".join(_kind(one, schemas) for one in schema["anyOf"])
    shape = resolved(schema, schemas)
    if "const" in shape or "enum" in shape:
        return " · ".join(json.dumps(value) for value in shape.get("enum", [shape.get("const")]))
    return ", ".join([shape.get("type", "object"), *_limits(shape)])


def _limits(shape: dict[str, Any]) -> list[str]:
    if "maximum" in shape:
        return [f"{shape['minimum']:g} to {shape['maximum']:g}"]
    return [f"{shape.get('minLength', 0)} to {shape['maxLength']} characters"] if "maxLength" in shape else []


def _failed(status: str, answer: dict[str, Any]) -> list[Failed]:
    examples = answer["content"][_JSON]["examples"]
    retry_after = "Retry-After" in answer.get("headers", {})
    return [Failed(status, code, one["value"]["error"]["message"], retry_after) for code, one in examples.items()]


def _curl(address: str, method: str, call: dict[str, Any], content: dict[str, Any] | None) -> str:
    parts = ["curl"]
    if method != ("POST" if content else "GET"):
        parts.append(f"-X {method}")
    if call.get("security"):
        parts.append('-H "Authorization: Bearer $TOKEN"')
    query = "&".join(f"{one['name']}={one['schema'].get('default', '')}" for one in call.get("parameters", []))
    parts.append(f'"{address}?{query}"' if query else address)
    if content:
        parts.append(f"--json '{json.dumps(content['example'], ensure_ascii=False)}'")
    return " ".join(parts)
