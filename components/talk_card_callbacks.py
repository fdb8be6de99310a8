"""What the card does: one callback, for its clocks and its buttons, over the services.

One, because the renderer drops the answer of a callback once a newer call of it was made: so an old list can
never arrive after a newer state. While an action runs, the browser stops the clocks.

What the browser shows goes along with each call, and with it whose card that is: somebody else may be signed in by
now, in another tab or by the host of a frame, and a click on one member's card is never carried out on another's
account.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from dash import Dash, Input, Output, State, ctx, no_update

from components import talk_card
from models.database import DatabaseAwayError
from models.member_store import CurrentMember
from nextcloud.errors import NextcloudError
from services.card_state import CardState, CardStatus
from services.connecting import FlowNotFoundError, TooManyStartsError
from services.observations import Kind
from services.rooms import Wish
from web import frames
from web.context import current_member, services
from web.errors import code_of
from web.words import words

log = structlog.get_logger()

SHOWN_AGAIN = "shown"
"""What the browser says when its tab comes back to the front."""

REFUSED = "refused "
"""Before the version of the state behind a refused action: what was said about it stays until that changes."""


def register(app: Dash) -> None:
    """Wires the card of `app`."""

    @app.callback(
        Output(talk_card.CARD, "children"),
        Output(talk_card.SHOWN, "data"),
        Input(talk_card.REFRESH, "n_intervals"),
        Input(talk_card.FLOW_POLL, "n_intervals"),
        Input(talk_card.ACTION, "data"),
        State(talk_card.SHOWN, "data"),
    )
    def update(_ticks: int | None, _polls: int | None, action: dict[str, Any] | None, shown: str | None) -> Any:
        name = (action or {}).get("name") if ctx.triggered_id == talk_card.ACTION else None
        whose, _, seen = (shown or "").partition(" ")
        mine = frames.who(current_member().id)
        if name is not None and whose != mine:
            name = SHOWN_AGAIN
        if name in (None, SHOWN_AGAIN):
            state, version = _after_tick(seen, Wish.SHOWN if name == SHOWN_AGAIN else Wish.TICK)
        else:
            state, version = _after_action(str(name))
        unchanged = (whose, seen) == (mine, version)
        services().observations.count(Kind.CARD, state.status.value, "unchanged" if unchanged else "changed")
        if unchanged:
            return no_update, no_update
        return talk_card.drawn(state), f"{mine} {version}"


def _after_tick(seen: str, wish: Wish) -> tuple[CardState, str]:
    member = current_member()
    if ctx.triggered_id == talk_card.FLOW_POLL:
        member = _polled(member)
    state = _state(member, wish)
    refused = REFUSED + state.version
    return state, refused if seen == refused else state.version


def _after_action(name: str) -> tuple[CardState, str]:
    action, member = _allowed(name), current_member()
    try:
        action(member)
    except (NextcloudError, TooManyStartsError, DatabaseAwayError) as error:
        log.info("card.action_failed", action=name, cause=code_of(error), detail=str(error))
        return _refused(member, code_of(error))
    state = _state(_anew(member), Wish.ASKED if action is _nothing else Wish.TICK)
    return state, state.version


def _allowed(name: str) -> Callable[[CurrentMember], None]:
    action = _ACTIONS.get(name, _nothing)
    return action if frames.may_connect() or action is _dismiss else _nothing


def _refused(member: CurrentMember, code: str) -> tuple[CardState, str]:
    """What the card shows after an action that Nextcloud, or we, did not carry out: the cause, for as long as
    the state behind it stays the same."""
    behind = _state(member, Wish.TICK)
    connected = behind.status not in (CardStatus.NOT_CONNECTED, CardStatus.CONNECTING)
    status = CardStatus.FAILED if connected else CardStatus.NOT_CONNECTED
    return CardState(status, cause=code, choices=behind.choices), REFUSED + behind.version


def _state(member: CurrentMember, wish: Wish) -> CardState:
    return services().card.state(member, words(), wish)


def _anew(member: CurrentMember) -> CurrentMember:
    """The member as he is after what has just been done."""
    return services().members.current(member.id) or member


def _polled(member: CurrentMember) -> CurrentMember:
    try:
        services().connecting.poll(member)
    except FlowNotFoundError:
        log.debug("card.no_flow")  # ended in another tab: the state shows it
    return _anew(member)


def _start(member: CurrentMember) -> None:
    services().connecting.start(member)


def _cancel(member: CurrentMember) -> None:
    services().connecting.cancel(member)


def _disconnect(member: CurrentMember) -> None:
    services().connecting.cancel(member)
    services().ending.disconnect(member)


def _dismiss(member: CurrentMember) -> None:
    services().ending.forget_left_behind(member)


def _nothing(_member: CurrentMember) -> None:
    """Refreshing is reading: the state is asked for afterwards in any case."""


_ACTIONS: dict[str, Callable[[CurrentMember], None]] = {
    "connect": _start,
    "restart": _start,
    "reconnect": _start,
    "cancel": _cancel,
    "disconnect": _disconnect,
    "dismiss": _dismiss,
}
