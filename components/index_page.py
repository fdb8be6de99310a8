"""Dash with our own HTML page around it: language, theme, manifest, and only the scripts that are used."""

from __future__ import annotations

import re

from dash import Dash
from flask import request
from markupsafe import Markup

from components import embedded
from web import frames
from web.context import site
from web.gate import OPERATOR
from web.headers import NONCE
from web.language import current_language
from web.public import head_tags, static_url

# The renderer's polyfills are for browsers that our styles do not support either; no page has a DataTable.
_UNUSED = re.compile(r"<script [^>]*/(?:dash_table/bundle|deps/polyfill@)[^>]*></script>\s*")

_PAGE = """<!doctype html>
<html lang="{language}"{page_class}>
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
    <meta name="robots" content="noindex">
    {first}
    <title>{title}</title>
    <script src="{shim}" nonce="{nonce}"></script>
    <link rel="icon" type="image/svg+xml" href="{icon}">
    <link rel="apple-touch-icon" href="{touch_icon}">
    <link rel="manifest" href="{manifest}">
    {css}
    {theme}
    {page_css}
  </head>
  <body>
    {app_entry}
    <footer>
      {config}
      {scripts}
      {page_scripts}
      {renderer}
    </footer>
  </body>
</html>
"""


class TalkboardDash(Dash):
    """Dash, with the page above instead of its own."""

    def interpolate_index(
        self,
        metas: str = "",
        title: str = "",
        css: str = "",
        config: str = "",
        scripts: str = "",
        app_entry: str = "",
        favicon: str = "",
        renderer: str = "",
    ) -> str:
        """The HTML of every page, from the parts that Dash makes. The operator's page alone has files of its own: the
        first visit of a member does not pay for them. A frame has a script that comes first."""
        own, framed = request.path == OPERATOR, request.path == frames.PAGE
        return _PAGE.format(
            language=current_language(),
            page_class=Markup(' class="framed"') if framed else "",
            first=embedded.frame_script() if framed else "",
            title=title,
            shim=static_url("csp-shim.js"),
            nonce=NONCE.decode(),
            icon=static_url("icon.svg"),
            touch_icon=static_url("icon-192.png"),
            manifest=site().prefix + "manifest.webmanifest",
            css=css,
            theme=head_tags(),
            page_css=_css(site().asset_url("operator.css")) if own else "",
            page_scripts=_script(site().asset_url("operator.js")) if own else "",
            app_entry=app_entry + embedded.signed_out() if framed else app_entry,
            config=config,
            scripts=_UNUSED.sub("", scripts),
            renderer=renderer,
        )


def _css(url: str) -> Markup:
    return Markup('<link rel="stylesheet" href="{}">').format(url)


def _script(url: str) -> Markup:
    return Markup('<script src="{}"></script>').format(url)
