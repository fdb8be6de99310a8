"""Every state of the card side by side; in the demo alone."""

from __future__ import annotations

import time

from dash import html, register_page
from flask_babel import force_locale

from components import gallery
from web.context import site
from web.language import LOCALES, current_language
from web.words import words

register_page(__name__, path="/gallery", title="Talkboard")


def layout(language: str = "", theme: str = "", **_query: str) -> html.Div:
    """`language` and `theme` come with the address."""
    if not site().demo:
        return html.Div()
    chosen = language if language in LOCALES else current_language()
    with force_locale(chosen):
        return gallery.gallery(words(), int(time.time()), chosen, theme if theme in gallery.THEMES else None)
