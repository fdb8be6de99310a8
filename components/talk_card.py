"""The card of Nextcloud Talk: its fixed frame, and one picture for each state.

The pictures know a state and not how it came about. Buttons have no `n_clicks`: each carries a
`data-action`, and `assets/talk_actions.js` writes the chosen action to the store `ACTION`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import dash_bootstrap_components as dbc
import segno
from dash import dcc, html
from dash.development.base_component import Component

from components.card_header import CONFIRM as CONFIRM
from components.card_header import TITLE, header, news_of
from components.card_parts import (
    OUTLINE,
    PRIMARY,
    QUIET,
    Content,
    button,
    button_row,
    centre,
    icon,
    link,
    opening_button,
)
from components.conversation_row import conversation_row
from components.marks import marks
from components.sentences import filled, iso_time
from models.card_choices import DEFAULT_CHOICES, CardChoices
from services.card_state import CardState, CardStatus, LoginFlowView
from services.causes import cause_of
from web.context import current_member, site
from web.language import gettext as _

CARD = "talk-card"
SHOWN = "talk-shown"
ACTION = "talk-action"
REFRESH = "talk-refresh"
FLOW_POLL = "talk-flow-poll"
LOGIN_LINK = "talk-login-link"
NEWS = "talk-news"
"""Where `assets/talk_news.js` says to the ear what has changed."""

FLOW_POLL_MILLISECONDS = 3000

_JITTER_MS = (500, 2500)
"""Later than the server's own pace, so that a tick always finds the conversations due."""

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


def members_card() -> html.Div:
    """The frame for the member who asks, at the pace of this site."""
    here = site()
    jitter_ms = random.randint(*_JITTER_MS)  # noqa: S311 - spreads load only
    return card(here.refresh_seconds, jitter_ms, current_member().choices)


def drawn(state: CardState) -> html.Section:
    """The whole card in `state`, with the sentences of its cause in the language of the request."""
    cause = cause_of(state.cause) if state.cause else None
    sentence = _(cause.sentence) if cause else None
    way_out = _(cause.way_out) if cause and cause.way_out else None
    return picture(state, sentence, way_out)


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
            header(state),
            html.Div(body, className="talk-body"),
            html.Div(footer, className="talk-footer"),
        ],
        className=f"talk-card card rows-{state.choices.rows}{' compact' if state.choices.compact else ''}",
        tabIndex="-1",
        **_state_marks(state, cause_text or ""),
    )


def _state_marks(state: CardState, sentence: str) -> dict[str, Any]:
    """What scripts and tests read from the page; absent rather than empty."""
    flow, news = state.flow, news_of(state, sentence)
    return {
        **marks(data_state=state.status.value, aria_labelledby=TITLE),
        **(marks(data_cause=cause_of(state.cause).code) if state.cause else {}),
        **(marks(data_news=news) if news else {}),
        **_numbers(state),
        **(marks(data_flow=flow.flow_id) if flow else {}),
        **(marks(data_expired="") if flow and flow.expired else {}),
    }


def _numbers(state: CardState) -> dict[str, Any]:
    if state.status not in (CardStatus.CONNECTED, CardStatus.EMPTY, CardStatus.STALE):
        return {}
    counts = state.counts
    return marks(
        data_messages=str(counts.messages),
        data_conversations=str(counts.conversations),
        data_mentions=str(counts.mentions),
    )


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
    connect = opening_button(_("Connect to Nextcloud"), "connect")
    promise = html.P(
        _("Talkboard shows your latest conversations, read-only. You can revoke the access at any time."),
        className="talk-hint",
    )
    return [centre([*_alert(state, sentence), connect, promise])], []


def _connecting(state: CardState, sentence: str) -> Picture:
    flow = state.flow
    if flow is None:
        return _loading(state, sentence)
    return _expired() if flow.expired else _waiting(flow)


def _expired() -> Picture:
    words = html.P(_("The time for connecting has run out."), className="talk-lead")
    hint = _("Access confirmed all the same? Then please remove the device in Nextcloud’s security settings.")
    buttons = [opening_button(_("Start again"), "restart"), button(_("Cancel"), "cancel", QUIET)]
    return [centre([words, html.P(hint, className="talk-hint")])], [button_row(buttons)]


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
    buttons = [link(_("Open again"), flow.login_url, PRIMARY, id=LOGIN_LINK), button(_("Cancel"), "cancel", QUIET)]
    return [body], [button_row(buttons)]


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
    hint = html.P(_("As soon as someone writes to you, it appears here."), className="talk-hint")
    way = link(_("Open Nextcloud Talk"), state.talk_url, OUTLINE)
    return [centre([_nothing_yet(), hint, way])], _facts(state)


def _nothing_yet() -> html.P:
    return html.P(_("No conversations yet."), className="talk-lead")


def _stale(state: CardState, sentence: str) -> Picture:
    """The warning stands under the rows: none of them moves away under a finger."""
    words = [_sign(state), html.Strong(sentence)]
    warning = html.Div(words, className="talk-warning")
    body = _rows(state) if state.lines else centre([_nothing_yet()])
    return [body], [html.Div([warning, *_as_of(state)], className="talk-facts"), _refresh_button()]


def _failed(state: CardState, sentence: str) -> Picture:
    return [centre([*_alert(state, sentence), button_row(_ways_out(state.cause))])], []


def _ways_out(cause: str | None) -> Content:
    """Trying again cannot help with an access that is gone, but may with one that only seemed so."""
    if cause == "nextcloud_not_connected":
        return [opening_button(_("Connect again"), "reconnect")]
    if cause == "nextcloud_revoked":
        return [
            opening_button(_("Connect again"), "reconnect"),
            button(_("Try again"), "retry", QUIET),
        ]
    return [button(_("Try again"), "retry", PRIMARY)]


_PICTURES: dict[CardStatus, Callable[[CardState, str], Picture]] = {
    CardStatus.LOADING: _loading,
    CardStatus.NOT_CONNECTED: _not_connected,
    CardStatus.CONNECTING: _connecting,
    CardStatus.CONNECTED: _connected,
    CardStatus.EMPTY: _empty,
    CardStatus.STALE: _stale,
    CardStatus.FAILED: _failed,
}


def _rows(state: CardState) -> html.Ul:
    rows = [conversation_row(line, compact=state.choices.compact) for line in state.lines[: state.choices.rows]]
    # A list without bullets is none for some screen readers, unless it says so.
    return html.Ul(rows, className="talk-rows list-group list-group-flush", role="list")


def _facts(state: CardState) -> Content:
    all_conversations = link(_("All conversations"), state.talk_url, "talk-all")
    as_of = _as_of(state)
    ways: list[Component | str] = [all_conversations, " · ", *as_of] if as_of else [all_conversations]
    facts = [html.Div(ways, className="talk-ways"), html.Div(_account(state.nextcloud_name), className="talk-line")]
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
    return [html.Span([html.Span([_("As of"), " "], className="talk-as-of-words"), clock], className="talk-as-of")]


def _refresh_button() -> html.Button:
    return button(icon("arrow-clockwise"), "refresh", "btn btn-link talk-icon-button", aria_label=_("Refresh"))


def _giving_back() -> html.Div:
    words = _("Nextcloud could not be reached. The access is given back as soon as it answers again.")
    return html.Div(html.Span(words), className="talk-notice", role="status")


def _left_behind() -> html.Div:
    """What a member has to do himself, until he says that he has read it."""
    words = _("An earlier access could not be revoked. Please remove the device in Nextcloud’s security settings.")
    return html.Div([html.Span(words), button(_("Done"), "dismiss", QUIET)], className="talk-notice", role="status")


def _alert(state: CardState, sentence: str) -> Content:
    if not sentence:
        return []
    return [dbc.Alert([_sign(state), html.Span(sentence)], color="warning")]


def _sign(state: CardState) -> html.Span:
    """By its own name, else by the code that it shares with others."""
    code = cause_of(state.cause).code if state.cause else ""
    return icon(_SIGNS.get(state.cause or "") or _SIGNS.get(code, "exclamation-triangle-fill"))


def _confirmation() -> html.Dialog:
    """Escape closes it and the focus goes back: the browser's own dialog does both."""
    keep = html.Button(_("Keep connected"), type="submit", className=QUIET, disable_n_clicks=True)
    go = button(_("Disconnect"), "disconnect", PRIMARY)
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
