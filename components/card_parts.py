"""The small parts that pictures of the card are made of. Buttons have no `n_clicks`: each carries a `data-action`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.marks import marks
from web import frames
from web.context import site
from web.language import gettext as _

Content = Sequence[Component]

PRIMARY = "btn btn-primary"
OUTLINE = "btn btn-outline-primary"
QUIET = "btn btn-link talk-quiet"


def centre(content: Content) -> html.Div:
    """`content` in the middle of the body, for states without rows."""
    return html.Div(list(content), className="talk-centre")


def button_row(content: Content) -> html.Div:
    """Buttons side by side, below one another where there is no room."""
    return html.Div(list(content), className="talk-buttons")


def link(label: str, url: str, class_name: str, **more: Any) -> html.A:
    """A link into a new tab that learns nothing of us."""
    return html.A(label, href=url, target="_blank", rel="noopener noreferrer", className=class_name, **more)


def opening_button(label: str, action: str) -> html.Button | html.A:
    """A button that opens Nextcloud: the new tab shows a sentence until the address is known. In a frame in which
    nobody may connect, a link to where he may."""
    if not frames.may_connect():
        return link(label, site().address, PRIMARY)
    return button(label, action, PRIMARY, data_opening=_("Opening Nextcloud …"))


def button(label: str | Component, action: str, class_name: str, **more: str) -> html.Button:
    """A button that asks for `action`, one of those of `components/talk_card_callbacks.py`."""
    return html.Button(
        label,
        type="button",
        className=class_name,
        disable_n_clicks=True,
        **marks(data_action=action, **more),
    )


def icon(name: str) -> html.Span:
    """For the eye only; `name` is that of a picture in `assets/icons.css`."""
    return html.Span(className=f"talk-icon icon-{name}", **marks(aria_hidden="true"))
