"""The header of the card: its title, the number of what is unread, and its menu."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.card_parts import Content, button, icon, link
from components.conversation_row import unread_badge
from components.marks import marks
from services.card_state import CardState, CardStatus
from services.selection import Counts
from web import frames
from web.context import site
from web.language import gettext as _
from web.language import ngettext

TITLE = "talk-card-title"
CONFIRM = "talk-confirm"
"""The question before a connection ends."""

_WITH_MENU = {CardStatus.CONNECTED, CardStatus.EMPTY, CardStatus.STALE, CardStatus.FAILED}


def header(state: CardState) -> html.Header:
    """The header of the card in `state`. Only what is connected, or was, has a menu."""
    title = html.H2("Nextcloud Talk", id=TITLE, className="talk-title")
    menu = [_menu()] if state.status in _WITH_MENU else []
    return html.Header([title, *_total(state), *menu], className="talk-header")


def _total(state: CardState) -> Content:
    """The number of the header. Pointed at, or opened, it says what is in it, and that hidden rows are."""
    if state.header_number <= 0:
        return []
    hidden = _("Conversations that are not shown count too.")
    more = f"{_summary(state.counts)}. {hidden}"
    heard = html.Span(_counted(state), className="visually-hidden")
    total = html.Summary([*unread_badge(state.header_number, "talk-total"), heard], title=more)
    return [html.Details([total, html.P(more, className="talk-total-words")], className="talk-total-more")]


def news_of(state: CardState, sentence: str) -> str:
    """What is worth saying once it has changed: the numbers, or that they are old."""
    if state.status is CardStatus.STALE:
        return sentence
    if state.status not in (CardStatus.CONNECTED, CardStatus.EMPTY):
        return ""
    return _summary(state.counts) if state.counts.messages else _("No unread messages")


def _counted(state: CardState) -> str:
    if state.choices.concerning_only:
        concerning = state.counts.concerning
        return ngettext("%(num)s conversation concerns you", "%(num)s conversations concern you", concerning)
    return ngettext("%(num)s unread message", "%(num)s unread messages", state.counts.messages)


def _summary(counts: Counts) -> str:
    """„12 unread in 5 conversations, 2 mentions“."""
    unread = ngettext("%(num)s unread", "%(num)s unread", counts.messages)
    conversations = ngettext("in %(num)s conversation", "in %(num)s conversations", counts.conversations)
    mentions = ngettext("%(num)s mention", "%(num)s mentions", counts.mentions)
    return f"{unread} {conversations}" + (f", {mentions}" if counts.mentions else "")


def _menu() -> dbc.DropdownMenu:
    """The second mark lets the arrow keys of the drop-down menu find a button that is not its own."""
    item = "dropdown-item"
    if frames.may_connect():
        words = _("Disconnect")
        entry: Component = button(words, "disconnect", item, data_confirm=CONFIRM, data_rr_ui_dropdown_item="")
    else:
        entry = link(_("Disconnect"), site().address, item, **marks(data_rr_ui_dropdown_item=""))
    return dbc.DropdownMenu(
        entry,
        label=[icon("three-dots-vertical"), html.Span(_("Menu of the card"), className="visually-hidden")],
        caret=False,
        align_end=True,
        color="link",
        class_name="talk-menu",
        toggle_class_name="talk-icon-button",
    )
