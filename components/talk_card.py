"""The card of Nextcloud Talk: its fixed frame, and one picture for each state.

The pictures know a state and not how it came about. Buttons have no `n_clicks`: each carries a
`data-action`, and `assets/talk_actions.js` writes the chosen action to the store `ACTION`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import dash_bootstrap_components as dbc
import segno
from dash import dcc, html
from dash.development.base_component import Component

from components.conversation_row import conversation_row, unread_badge
from components.marks import marks
from components.sentences import filled, iso_time
from models.card_choices import DEFAULT_CHOICES, CardChoices
from services.card_state import CardState, CardStatus, LoginFlowView
from services.causes import cause_of
from services.selection import Counts
from web.language import gettext as _
from web.language import ngettext

CARD = "talk-card"
SHOWN = "talk-shown"
ACTION = "talk-action"
REFRESH = "talk-refresh"
FLOW_POLL = "talk-flow-poll"
CONFIRM = "talk-confirm"
LOGIN_LINK = "talk-login-link"
TITLE = "talk-card-title"
NEWS = "talk-news"
"""Where `assets/talk_news.js` says to the ear what has changed."""

FLOW_POLL_MILLISECONDS = 3000

Content = Sequence[Component]
Picture = tuple[Content, Content]
"""What stands in the body of the card, and what in its footer."""


def card(refresh_seconds: int, jitter_ms: int = 0, choices: CardChoices = DEFAULT_CHOICES) -> html.Div:
    """The frame: the picture's place, what the browser remembers, the clocks and the question.

    `jitter_ms` is added to the refresh interval, so that many open cards do not ask at once.
    The height of `choices.rows` rows is kept until the first picture is there.
    """
    loading = CardState(CardStatus.LOADING, choices=choices)
    return html.Div(
        [
            html.Div(picture(loading), id=CARD),
            html.Div(id=NEWS, role="status", className="visually-hidden"),
            dcc.Store(id=SHOWN),
            dcc.Store(id=ACTION),
            dcc.Interval(id=REFRESH, interval=refresh_seconds * 1000 + jitter_ms),
            dcc.Interval(id=FLOW_POLL, interval=FLOW_POLL_MILLISECONDS, disabled=True),
            _confirmation(),
        ],
        className="talk-frame",
        **marks(data_just_now=_("just now")),
    )


def picture(state: CardState, cause_text: str | None = None, way_out: str | None = None) -> html.Section:
    """The whole card in `state`. `cause_text` is the sentence a member reads for `state.cause`, `way_out` what
    he can do about it or expect; it is left out where there are rows, which need the room."""
    body, footer = _PICTURES[state.status](state, cause_text or "")
    if state.status is CardStatus.FAILED and way_out:
        footer = [html.P(way_out, className="talk-hint talk-way-out")]
    if state.giving_back:
        footer = [*footer, _giving_back()]
    if state.left_behind:
        footer = [*footer, _left_behind()]
    return html.Section(
        [
            _header(state),
            html.Div(body, className="talk-body"),
            html.Div(footer, className="talk-footer"),
        ],
        className=f"talk-card card rows-{state.choices.rows}{' compact' if state.choices.compact else ''}",
        tabIndex="-1",
        **_state_marks(state, cause_text or ""),
    )


def _state_marks(state: CardState, sentence: str) -> dict[str, Any]:
    """What scripts and tests read from the page; absent rather than empty."""
    flow, news = state.flow, _news(state, sentence)
    return {
        **marks(data_state=state.status.value, aria_labelledby=TITLE),
        **(marks(data_cause=cause_of(state.cause).code) if state.cause else {}),
        **(marks(data_news=news) if news else {}),
        **(marks(data_flow=flow.flow_id) if flow else {}),
        **(marks(data_expired="") if flow and flow.expired else {}),
    }


_SIGNS = {
    "nextcloud_unreachable": "cloud-slash-fill",
    "nextcloud_maintenance": "tools",
    "nextcloud_updating": "hourglass-split",
    "nextcloud_locked": "lock-fill",
    "nextcloud_misconfigured": "gear-fill",
    "nextcloud_credentials_lost": "key-fill",
    "nextcloud_revoked": "plug-fill",
    "talk_unavailable": "puzzle-fill",
    "talk_not_allowed": "person-fill-slash",
}
"""What stands before the sentence of a cause, so that causes are told apart at a glance."""

_WITH_MENU = {CardStatus.CONNECTED, CardStatus.EMPTY, CardStatus.STALE, CardStatus.FAILED}


def _header(state: CardState) -> html.Header:
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


def _news(state: CardState, sentence: str) -> str:
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
    disconnect = _button(
        _("Disconnect"), "disconnect", "dropdown-item", data_confirm=CONFIRM, data_rr_ui_dropdown_item=""
    )
    return dbc.DropdownMenu(
        disconnect,
        label=[_icon("three-dots-vertical"), html.Span(_("Menu of the card"), className="visually-hidden")],
        caret=False,
        align_end=True,
        color="link",
        class_name="talk-menu",
        toggle_class_name="talk-icon-button",
    )


def _loading(state: CardState, _sentence: str) -> Picture:
    bars = [_bar("name"), _bar("preview")]
    rows = [
        html.Div([_bar("face"), html.Div(bars, className="talk-row-text")], className="talk-row")
        for _row in range(state.choices.rows)
    ]
    words = html.Span(_("Loading …"), className="visually-hidden", role="status")
    return [words, html.Div(rows, className="talk-rows", **marks(aria_hidden="true"))], []


def _bar(part: str) -> dbc.Placeholder:
    return dbc.Placeholder(animation="glow", class_name=f"talk-bar talk-bar-{part}")


def _not_connected(state: CardState, sentence: str) -> Picture:
    connect = _opening_button(_("Connect to Nextcloud"), "connect")
    promise = html.P(
        _("Talkboard shows your latest conversations, read-only. You can revoke the access at any time."),
        className="talk-hint",
    )
    return [_centre([*_alert(state, sentence), connect, promise])], []


def _connecting(state: CardState, sentence: str) -> Picture:
    flow = state.flow
    if flow is None:
        return _loading(state, sentence)
    return _expired() if flow.expired else _waiting(flow)


def _expired() -> Picture:
    words = html.P(_("The time for connecting has run out."), className="talk-lead")
    hint = _("Access confirmed all the same? Then please remove the device in Nextcloud’s security settings.")
    buttons = [_opening_button(_("Start again"), "restart"), _button(_("Cancel"), "cancel", _QUIET)]
    return [_centre([words, html.P(hint, className="talk-hint")])], [_buttons(buttons)]


def _waiting(flow: LoginFlowView) -> Picture:
    text = html.Div(
        [
            html.P(_("Nextcloud was opened in a new tab."), className="talk-lead"),
            html.P(_("Confirm the access there. This card then continues by itself."), className="talk-hint"),
            _time_left(flow.expires_at),
        ],
        className="talk-waiting-text",
    )
    body = html.Div([text, _qr_code(flow.login_url)], className="talk-waiting")
    buttons = [_link(_("Open again"), flow.login_url, _PRIMARY, id=LOGIN_LINK), _button(_("Cancel"), "cancel", _QUIET)]
    return [body], [_buttons(buttons)]


def _time_left(expires_at: int) -> html.P:
    clock = html.Time(dateTime=iso_time(expires_at), role="timer", **marks(data_countdown=""))
    return html.P([_("Time left:"), " ", clock], className="talk-hint")


def _qr_code(url: str) -> html.Figure:
    """Black on white with its quiet zone, so that it is read in dark mode as well."""
    image = segno.make(url, error="l", micro=False).svg_data_uri(border=4, light="white", dark="black")
    return html.Figure(
        [
            html.Img(src=image, alt=_("QR code of the Nextcloud page, for your phone"), className="talk-qr"),
            html.Figcaption(_("Or with your phone")),
        ],
        className="talk-qr-figure",
    )


def _connected(state: CardState, _sentence: str) -> Picture:
    return [_rows(state)], _facts(state)


def _empty(state: CardState, _sentence: str) -> Picture:
    words = html.P(_("No conversations yet."), className="talk-lead")
    hint = html.P(_("As soon as someone writes to you, it appears here."), className="talk-hint")
    link = _link(_("Open Nextcloud Talk"), state.talk_url, _OUTLINE)
    return [_centre([words, hint, link])], _facts(state)


def _stale(state: CardState, sentence: str) -> Picture:
    """The warning stands under the rows: none of them moves away under a finger."""
    words = [_sign(state), html.Strong(sentence)]
    warning = html.Div(words, className="talk-warning")
    return [_rows(state)], [html.Div([warning, *_as_of(state)], className="talk-facts"), _refresh_button()]


def _failed(state: CardState, sentence: str) -> Picture:
    return [_centre([*_alert(state, sentence), _buttons(_ways_out(state.cause))])], []


def _ways_out(cause: str | None) -> Content:
    """Trying again cannot help with an access that is gone, but may with one that only seemed so."""
    if cause == "nextcloud_not_connected":
        return [_opening_button(_("Connect again"), "reconnect")]
    if cause == "nextcloud_revoked":
        return [
            _opening_button(_("Connect again"), "reconnect"),
            _button(_("Try again"), "retry", _QUIET),
        ]
    return [_button(_("Try again"), "retry", _PRIMARY)]


_PICTURES: dict[CardStatus, Callable[[CardState, str], Picture]] = {
    CardStatus.LOADING: _loading,
    CardStatus.NOT_CONNECTED: _not_connected,
    CardStatus.CONNECTING: _connecting,
    CardStatus.CONNECTED: _connected,
    CardStatus.EMPTY: _empty,
    CardStatus.STALE: _stale,
    CardStatus.FAILED: _failed,
}

_PRIMARY = "btn btn-primary"
_OUTLINE = "btn btn-outline-primary"
_QUIET = "btn btn-link talk-quiet"


def _rows(state: CardState) -> html.Ul:
    rows = [conversation_row(line, compact=state.choices.compact) for line in state.lines[: state.choices.rows]]
    # A list without bullets is none for some screen readers, unless it says so.
    return html.Ul(rows, className="talk-rows list-group list-group-flush", role="list")


def _facts(state: CardState) -> Content:
    all_conversations = _link(_("All conversations"), state.talk_url, "talk-all")
    known: list[Component | str] = [*_as_of(state), " · ", *_account(state.nextcloud_name)]
    facts = [all_conversations, html.Div(known, className="talk-line")]
    return [html.Div(facts, className="talk-facts"), _refresh_button()]


def _account(name: str) -> Content:
    """The name apart from the sentence, because it may run from right to left; alone where there is no room."""
    if not name:
        return []
    pieces = filled(_("connected as %(name)s"), name=[html.Bdi(name)])
    return [html.Span([_piece(piece) for piece in pieces], className="talk-account")]


def _piece(piece: Component | str) -> Component:
    return html.Span(piece, className="talk-account-words") if isinstance(piece, str) else piece


def _as_of(state: CardState) -> Content:
    if state.fetched_at is None:
        return []
    clock = html.Time(dateTime=iso_time(state.fetched_at), **marks(data_clock=""))
    return [html.Span([_("As of"), " ", clock], className="talk-as-of")]


def _refresh_button() -> html.Button:
    return _button(_icon("arrow-clockwise"), "refresh", "btn btn-link talk-icon-button", aria_label=_("Refresh"))


def _giving_back() -> html.Div:
    words = _("Nextcloud could not be reached. The access is given back as soon as it answers again.")
    return html.Div(html.Span(words), className="talk-notice", role="status")


def _left_behind() -> html.Div:
    """What a member has to do himself, until he says that he has read it."""
    words = _("An earlier access could not be revoked. Please remove the device in Nextcloud’s security settings.")
    return html.Div([html.Span(words), _button(_("Done"), "dismiss", _QUIET)], className="talk-notice", role="status")


def _alert(state: CardState, sentence: str) -> Content:
    if not sentence:
        return []
    return [dbc.Alert([_sign(state), html.Span(sentence)], color="warning")]


def _sign(state: CardState) -> html.Span:
    """By its own name, else by the code that it shares with others."""
    code = cause_of(state.cause).code if state.cause else ""
    return _icon(_SIGNS.get(state.cause or "") or _SIGNS.get(code, "exclamation-triangle-fill"))


def _centre(content: Content) -> html.Div:
    return html.Div(list(content), className="talk-centre")


def _buttons(buttons: Content) -> html.Div:
    return html.Div(list(buttons), className="talk-buttons")


def _link(label: str, url: str, class_name: str, **more: Any) -> html.A:
    return html.A(label, href=url, target="_blank", rel="noopener noreferrer", className=class_name, **more)


def _opening_button(label: str, action: str) -> html.Button:
    """A button that opens Nextcloud: the new tab shows a sentence until the address is known."""
    return _button(label, action, _PRIMARY, data_opening=_("Opening Nextcloud …"))


def _button(label: str | Component, action: str, class_name: str, **more: str) -> html.Button:
    return html.Button(
        label,
        type="button",
        className=class_name,
        disable_n_clicks=True,
        **marks(data_action=action, **more),
    )


def _icon(name: str) -> html.Span:
    return html.Span(className=f"talk-icon icon-{name}", **marks(aria_hidden="true"))


def _confirmation() -> html.Dialog:
    """Escape closes it and the focus goes back: the browser's own dialog does both."""
    keep = html.Button(_("Keep connected"), type="submit", className=_QUIET, disable_n_clicks=True)
    go = _button(_("Disconnect"), "disconnect", _PRIMARY)
    return html.Dialog(
        [
            html.H2(_("Disconnect from Nextcloud?"), id=f"{CONFIRM}-title", className="talk-title"),
            html.P(_("Talkboard gives its access back and forgets it. You can connect again at any time.")),
            html.Form([keep, go], method="dialog", className="talk-buttons"),
        ],
        id=CONFIRM,
        className="talk-dialog",
        **marks(aria_labelledby=f"{CONFIRM}-title"),
    )
