"""OCS answers: the envelope of v1 and v2, as JSON or XML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from flask import Response

JSON_TYPE = "application/json; charset=utf-8"
XML_TYPE = "application/xml; charset=utf-8"
API_POLICY = "default-src 'none';base-uri 'none';manifest-src 'self';frame-ancestors 'none'"
HTTP_STATUS = {997: 401, 998: 404, 996: 500, 999: 500}
SHOWN_BY_V1 = (401, 503)
NOT_LOGGED_IN = "Current user is not logged in"


@dataclass(frozen=True)
class Answer:
    """What a route says, before it is wrapped."""

    data: Any = field(default_factory=list)
    code: int = 200
    message: str = "OK"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The HTTP status v2 gives it."""
        return HTTP_STATUS.get(self.code, self.code)


UNAUTHORISED = Answer(
    code=997, message="Unauthorised", headers={"WWW-Authenticate": 'Basic realm="Authorisation Required"'}
)
ANONYMOUS = Answer(code=997, message=NOT_LOGGED_IN)
THROTTLED = Answer(code=429, message="Reached maximum delay")
MAINTENANCE = Answer(code=503, message="Service unavailable", headers={"X-Nextcloud-Maintenance-Mode": "1"})
INVALID_QUERY = Answer(code=998, message="Invalid query, please check the syntax.\n")


def to_json(data: object) -> str:
    """JSON as the server writes it: ASCII only, slashes and angle brackets escaped."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("/", "\\/").replace("<", "\\u003C").replace(">", "\\u003E")


def json_response(data: object, status: int = 200) -> Response:
    """Plain JSON without an envelope."""
    response = Response(to_json(data), status, content_type=JSON_TYPE)
    return with_api_headers(response)


def with_api_headers(response: Response) -> Response:
    """The headers every answer to a program carries."""
    response.headers["Cache-Control"] = "no-cache, no-store, must-revalidate"
    response.headers["Content-Security-Policy"] = API_POLICY
    return response


def wanted_format(accept: str, query_format: str) -> str:
    """`json`, `xml` or `broken`: the query decides, else the first `application/…` that is accepted."""
    if query_format:
        return "json" if query_format == "json" else "xml"
    for entry in accept.split(","):
        kind = entry.strip().lower()
        if kind.startswith("application/"):
            return {"application/json": "json", "application/xml": "xml"}.get(kind, "broken")
    return "xml"


def envelope(answer: Answer, version: int, form: str) -> Response:
    """The answer in its envelope."""
    if form == "broken":
        answer = Answer(code=996, message="Internal Server Error")
    body = {"ocs": {"meta": _meta(answer, version), "data": answer.data}}
    status = answer.status
    if version == 1 and status not in SHOWN_BY_V1:
        status = 200
    if form == "json":
        response = Response(to_json(body), status, content_type=JSON_TYPE)
    elif form == "xml" and _has_reactions(answer.data):
        response = Response("", 200, content_type="text/html; charset=UTF-8")
    else:
        kind = XML_TYPE if form == "xml" else "application/octet-stream"
        response = Response(_xml_document(body), status, content_type=kind)
    response.headers.extend(dict(answer.headers))
    return with_api_headers(response)


def _meta(answer: Answer, version: int) -> dict[str, object]:
    fine = 200 <= answer.code < 300
    meta: dict[str, object] = {
        "status": "ok" if fine else "failure",
        "statuscode": 100 if fine and version == 1 else answer.code,
        "message": answer.message,
    }
    return meta | ({"totalitems": "", "itemsperpage": ""} if version == 1 else {})


def _has_reactions(data: object) -> bool:
    rows = data if isinstance(data, list) else []
    return any(isinstance(row, dict) and (row.get("lastMessage") or {}).get("reactions") for row in rows)


def _xml_document(body: object) -> str:
    return '<?xml version="1.0"?>\n' + _xml(body)


def _xml(value: object) -> str:
    if isinstance(value, dict):
        return "".join(f"<{_tag(key)}>{_xml(inner)}</{_tag(key)}>\n" for key, inner in value.items())
    if isinstance(value, list):
        return "".join(f"<element>{_xml(inner)}</element>\n" for inner in value)
    if isinstance(value, bool):
        return "1" if value else ""
    return "" if value is None else escape(str(value))


def _tag(key: object) -> str:
    text = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in str(key))
    return text if text[:1].isalpha() or text[:1] == "_" else f"_{text}"
