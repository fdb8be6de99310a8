"""The API for people: a page made on the server out of the document, which loads nothing from elsewhere."""

from __future__ import annotations

import re

from flask import Response, jsonify, render_template
from flask_openapi import APIBlueprint
from markupsafe import Markup

from web.api_document import DOCUMENTS, document
from web.api_page import chapters
from web.rest_answers import OF_EVERY_CALL, failures

blueprint = APIBlueprint("api", __name__, url_prefix="/api", abp_tags=[DOCUMENTS])


@blueprint.app_template_filter("code_words")
def _code_words(text: str) -> Markup:
    """`text`, in which what stands between backticks is code."""
    parts = re.split(r"`([^`]*)`", text)
    return Markup().join(Markup("<code>{}</code>").format(part) if odd % 2 else part for odd, part in enumerate(parts))


@blueprint.get(
    "/openapi.json",
    operation_id="getDocument",
    responses={
        200: {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}},
        **failures(*OF_EVERY_CALL),
    },
)
def openapi() -> Response:
    """This document."""
    return jsonify(document())


@blueprint.get(
    "/docs",
    operation_id="readDocument",
    responses={
        200: {"description": "A page", "content": {"text/html": {"schema": {"type": "string"}}}},
        **failures(*OF_EVERY_CALL),
    },
)
def docs() -> str:
    """This document for people."""
    doc = document()
    return render_template("api_docs.html", info=doc["info"], server=doc["servers"][0]["url"], chapters=chapters(doc))
