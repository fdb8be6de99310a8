"""Every state of the card and every kind of row side by side, from fixed data: where a change is looked at."""

from __future__ import annotations

from collections.abc import Iterator

from dash import html
from dash.development.base_component import Component

from components import talk_card
from components.gallery_states import Example, rows, states
from components.marks import marks
from services.words import Words
from web.language import LOCALES
from web.language import gettext as _

WIDTHS = ("phone", "desktop")
"""As wide as on a small phone, and as in the dashboard's grid: `assets/gallery.css`."""

THEMES = ("light", "dark")


def gallery(words: Words, now: int, language: str, theme: str | None) -> html.Div:
    """The page at `now` (Unix seconds), with links to its other languages and themes."""
    examples = [*states(words, now), *rows(words, now)]
    return html.Div(
        [html.H1(_("Gallery"), className="page-title"), _switches(language, theme), *map(_example, examples)],
        className="gallery",
    )


def _switches(language: str, theme: str | None) -> html.Nav:
    links = [_switch(one, look, here=(one, look) == (language, theme)) for one in LOCALES for look in THEMES]
    return html.Nav(links, className="gallery-switches", **marks(aria_label=_("Language and theme")))


def _switch(language: str, theme: str, *, here: bool) -> html.A:
    mark = marks(aria_current="page") if here else {}
    return html.A(f"{language} {theme}", href=f"?language={language}&theme={theme}", **mark)


def _example(example: Example) -> html.Section:
    pictures = [
        html.Div(_unwired(talk_card.drawn(example.state)), className=f"gallery-{name} talk-frame") for name in WIDTHS
    ]
    title = html.H2(example.name, className="gallery-name")
    return html.Section([title, html.Div(pictures, className="gallery-pair")], id=_anchor(example.name))


def _anchor(name: str) -> str:
    return "example-" + name.replace(" ", "-").replace(",", "")


def _unwired(picture: Component) -> Component:
    """Without what scripts act on, and without ids, which a page may hold once only."""
    for part in parts(picture):
        for mark in ("data-action", "data-confirm", "data-flow", "aria-labelledby", "id"):
            if hasattr(part, mark):
                delattr(part, mark)
    return picture


def parts(component: object) -> Iterator[Component]:
    """`component` and everything in it."""
    if isinstance(component, Component):
        yield component
        yield from parts(getattr(component, "children", None))
    elif isinstance(component, list | tuple):
        for one in component:
            yield from parts(one)
