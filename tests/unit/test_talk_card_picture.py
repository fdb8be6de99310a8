"""The card's pictures: what stands in them, state by state, and what scripts rely on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dash import html
from dash.development.base_component import Component
from flask import Flask
from flask_babel import Babel

from components import shell, talk_card
from components.conversation_row import conversation_row
from models.card_choices import CardChoices
from services.card_state import CardState, CardStatus, LoginFlowView
from services.conversation_line import ConversationLine
from services.preview import Preview
from services.selection import Counts

ROOT = Path(__file__).parents[2]
NOON = 1_767_265_200
LOGIN_URL = "https://cloud.example/login/v2/flow/" + "a" * 128

LINE = ConversationLine(
    "abc", "Einsatzgruppe 1", Preview("Einsatz morgen um 8:00", "Max"), 5, NOON, "https://cloud.example/call/abc"
)
FLOW = LoginFlowView("flow-1", LOGIN_URL, NOON + 1200, expired=False)
STATES = {
    "loading": CardState(CardStatus.LOADING),
    "not_connected": CardState(CardStatus.NOT_CONNECTED),
    "connecting": CardState(CardStatus.CONNECTING, flow=FLOW),
    "connected": CardState(
        CardStatus.CONNECTED,
        lines=(LINE,),
        counts=Counts(messages=5, conversations=1),
        fetched_at=NOON,
        nextcloud_name="Max Mustermann",
    ),
    "empty": CardState(
        CardStatus.EMPTY, fetched_at=NOON, nextcloud_name="Max", talk_url="https://cloud.example/apps/spreed/"
    ),
    "stale": CardState(
        CardStatus.STALE,
        cause="nextcloud_unreachable",
        lines=(LINE,),
        counts=Counts(messages=5, conversations=1),
        fetched_at=NOON,
    ),
    "failed": CardState(CardStatus.FAILED, cause="nextcloud_unreachable"),
}
ACTIONS = {
    "loading": set(),
    "not_connected": {"connect"},
    "connecting": {"cancel"},
    "connected": {"disconnect", "refresh"},
    "empty": {"disconnect", "refresh"},
    "stale": {"disconnect", "refresh"},
    "failed": {"disconnect", "retry"},
}


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    server = Flask(__name__)
    Babel(server, default_locale="en", locale_selector=lambda: "en")
    with server.test_request_context():
        yield


@pytest.mark.parametrize("name", STATES)
def test_each_state_says_what_it_is_and_offers_its_actions(name: str) -> None:
    picture = talk_card.picture(STATES[name], "Nextcloud can not be reached.")

    assert attribute(picture, "data-state") == name
    assert {attribute(part, "data-action") for part in parts(picture, "data-action")} == ACTIONS[name]
    assert attribute(picture, "data-cause") == STATES[name].cause
    assert "rows-3" in picture.className


@pytest.mark.parametrize("name", STATES)
def test_every_state_can_be_sent_to_the_browser(name: str) -> None:
    talk_card.picture(STATES[name], "Nextcloud can not be reached.").to_plotly_json()


@pytest.mark.parametrize(
    ("cause", "actions"),
    [
        ("nextcloud_revoked", {"reconnect", "retry"}),
        ("nextcloud_not_connected", {"reconnect"}),
        ("talk_unavailable", {"retry"}),
    ],
)
def test_the_ways_out_of_a_failure_depend_on_its_cause(cause: str, actions: set[str]) -> None:
    picture = talk_card.picture(CardState(CardStatus.FAILED, cause=cause), "A sentence.")

    offered = {attribute(part, "data-action") for part in parts(picture, "data-action")}
    assert offered == actions | {"disconnect"}
    assert "A sentence." in texts(picture)


def test_only_the_menu_asks_before_it_disconnects() -> None:
    (menu_item,) = parts(talk_card.picture(STATES["connected"]), "data-confirm")

    assert attribute(menu_item, "data-action") == "disconnect"
    assert attribute(menu_item, "data-confirm") == talk_card.CONFIRM


def test_buttons_that_open_nextcloud_carry_the_sentence_for_the_new_tab() -> None:
    revoked = talk_card.picture(CardState(CardStatus.FAILED, cause="nextcloud_revoked"), "A sentence.")
    opening = parts(talk_card.picture(STATES["not_connected"]), "data-opening") + parts(revoked, "data-opening")

    assert [attribute(button, "data-action") for button in opening] == ["connect", "reconnect"]


def test_a_row_is_one_link_into_a_new_tab_that_learns_nothing_of_us() -> None:
    item = conversation_row(LINE)
    (row,) = rows_of(item)

    assert (row.href, row.target, row.rel) == (LINE.url, "_blank", "noopener noreferrer")
    assert seen(row) == ["E1", "Einsatzgruppe 1", "5", "Max", ": ", "Einsatz morgen um 8:00"]
    assert attribute(row, "data-row") == LINE.token


def test_a_row_without_unread_messages_has_no_badge() -> None:
    assert seen(conversation_row(replace(LINE, unread=0))) == ["E1", LINE.name, "Max", ": ", "Einsatz morgen um 8:00"]


def test_large_numbers_are_short_for_the_eye_and_exact_for_the_ear() -> None:
    row = conversation_row(replace(LINE, unread=104))

    assert "99+" in seen(row)
    assert ", 104 unread messages" in texts(row)


def test_a_row_without_a_message_says_so() -> None:
    assert "No messages yet" in texts(conversation_row(replace(LINE, preview=Preview("No messages yet", quiet=True))))


def test_names_and_previews_stay_text() -> None:
    hostile = replace(LINE, name="<img src=x>", preview=Preview("<script>alert(1)</script>", "<b>Max"))

    isolated = [part.children for part in walk(conversation_row(hostile)) if isinstance(part, html.Bdi)]
    assert isolated == ["<img src=x>", "<b>Max", "<script>alert(1)</script>"] * 2  # for the eye, and for the ear


@pytest.mark.parametrize(("changes", "look"), [({"muted": True}, "talk-row-muted"), ({"unread": 1}, "talk-row-unread")])
def test_a_muted_row_is_grey_and_one_with_unread_messages_bold(changes: dict[str, Any], look: str) -> None:
    (plain,) = rows_of(conversation_row(replace(LINE, unread=0)))
    (row,) = rows_of(conversation_row(replace(LINE, **({"unread": 0} | changes))))

    assert set(row.className.split()) - set(plain.className.split()) == {look}


@pytest.mark.parametrize(("quiet", "moments"), [(True, 1), (False, 0)])
def test_when_it_opens_stands_where_nobody_has_said_anything(quiet: bool, moments: int) -> None:
    line = replace(LINE, opens_at=NOON, preview=Preview("Hallo", quiet=quiet))

    assert len(parts(conversation_row(line), "data-moment")) == moments


def test_times_are_utc_and_left_to_the_browser() -> None:
    (time,) = parts(conversation_row(LINE), "data-relative")

    assert time.dateTime == "2026-01-01T11:00:00Z"
    assert getattr(time, "children", None) is None


def test_a_conversation_without_activity_has_no_time() -> None:
    assert parts(conversation_row(replace(LINE, at=None)), "data-relative") == []


def test_the_total_is_hidden_at_zero() -> None:
    quiet = replace(STATES["connected"], counts=Counts(), lines=(replace(LINE, unread=0),))

    assert "5 unread messages" in texts(talk_card.picture(STATES["connected"]))
    assert not [text for text in texts(talk_card.picture(quiet)) if "unread m" in text]


def test_the_total_opens_and_says_what_is_in_it() -> None:
    counts = Counts(messages=12, conversations=5, mentions=2)
    (more,) = [
        part
        for part in walk(talk_card.picture(replace(STATES["connected"], counts=counts)))
        if isinstance(part, html.Details)
    ]
    total, words = more.children

    said = "12 unread in 5 conversations, 2 mentions. Conversations that are not shown count too."
    assert (total.title, words.children) == (said, said)


def test_news_are_the_numbers_or_that_they_are_old() -> None:
    pictures = {name: talk_card.picture(state, "Nextcloud can not be reached.") for name, state in STATES.items()}

    assert {name: attribute(picture, "data-news") for name, picture in pictures.items()} == {
        "loading": None,
        "not_connected": None,
        "connecting": None,
        "connected": "5 unread in 1 conversation",
        "empty": "No unread messages",
        "stale": "Nextcloud can not be reached.",
        "failed": None,  # an alert, which speaks for itself
    }


def test_no_more_rows_are_drawn_than_the_card_has_room_for() -> None:
    lines = tuple(replace(LINE, token=str(number)) for number in range(12))
    picture = talk_card.picture(replace(STATES["connected"], lines=lines, choices=CardChoices(rows=10)))

    assert len(rows_of(picture)) == 10
    assert "rows-10" in picture.className


def test_the_skeleton_has_as_many_rows_as_the_card() -> None:
    picture = talk_card.picture(CardState(CardStatus.LOADING, choices=CardChoices(rows=5)))

    assert len([part for part in walk(picture) if getattr(part, "className", "") == "talk-row"]) == 5


def test_old_rows_stay_links_and_say_how_old_they_are() -> None:
    picture = talk_card.picture(STATES["stale"], "Nextcloud can not be reached.")

    assert [row.href for row in rows_of(picture)] == [LINE.url]
    assert "Nextcloud can not be reached." in texts(picture)
    assert [clock.dateTime for clock in parts(picture, "data-clock")] == ["2026-01-01T11:00:00Z"]


def test_out_of_reach_with_no_conversations_the_card_is_not_blank() -> None:
    picture = talk_card.picture(replace(STATES["stale"], lines=()), "Nextcloud can not be reached.")

    assert "No conversations yet." in texts(picture)
    assert not [part for part in parts(picture, "role") if part.role == "list"]


def test_a_failed_attempt_to_connect_says_why_above_the_button() -> None:
    state = CardState(CardStatus.NOT_CONNECTED, cause="connect_failed")
    words = texts(talk_card.picture(state, "Connecting did not work."))

    assert words.index("Connecting did not work.") < words.index("Connect to Nextcloud")


def test_connecting_offers_the_address_as_link_and_as_qr_code() -> None:
    picture = talk_card.picture(STATES["connecting"])
    (link,) = [part for part in walk(picture) if getattr(part, "id", None) == talk_card.LOGIN_LINK]
    (code,) = [part for part in walk(picture) if isinstance(part, html.Img)]

    assert attribute(picture, "data-flow") == "flow-1"
    assert (link.href, link.rel) == (LOGIN_URL, "noopener noreferrer")
    assert code.src.startswith("data:image/svg+xml")
    assert len(parts(picture, "data-countdown")) == 1


def test_an_expired_flow_offers_no_address_any_more() -> None:
    state = CardState(CardStatus.CONNECTING, flow=replace(FLOW, expired=True))
    picture = talk_card.picture(state)

    assert {attribute(part, "data-action") for part in parts(picture, "data-action")} == {"restart", "cancel"}
    assert attribute(picture, "data-expired") == ""
    assert not [part for part in walk(picture) if isinstance(part, html.A | html.Img)]


def test_the_account_is_named() -> None:
    assert "Max Mustermann" in texts(talk_card.picture(STATES["connected"]))


def test_the_frame_holds_everything_callbacks_and_scripts_need() -> None:
    frame = talk_card.card(refresh_seconds=30, jitter_ms=250)
    by_id = {part.id: part for part in walk(frame) if getattr(part, "id", None)}

    assert {talk_card.CARD, talk_card.SHOWN, talk_card.ACTION, talk_card.CONFIRM} <= set(by_id)
    assert by_id[talk_card.REFRESH].interval == 30_250
    assert by_id[talk_card.FLOW_POLL].disabled is True
    assert attribute(by_id[talk_card.CARD].children, "data-state") == "loading"


def test_scripts_and_components_agree_on_the_ids() -> None:
    scripts = "".join(path.read_text() for path in (ROOT / "assets").glob("*.js"))
    used = set(re.findall(r"'#?(talk-[a-z-]+|offline-banner)['. ]", scripts))
    known = {
        talk_card.CARD,
        talk_card.ACTION,
        talk_card.REFRESH,
        talk_card.FLOW_POLL,
        talk_card.LOGIN_LINK,
        talk_card.NEWS,
        talk_card.SHOWN,
        shell.OFFLINE_BANNER,
    }

    assert used == known


def test_the_shell_signs_out_with_a_form_and_knows_where_to_sign_in() -> None:
    page = shell.shell("Max Mustermann", "/talkboard/", "a-token", html.Div("page"))
    (form,) = [part for part in walk(page) if isinstance(part, html.Form)]
    (token,) = [part for part in walk(form) if getattr(part, "name", None) == "csrf_token"]

    assert (form.method, form.action, token.value) == ("post", "/talkboard/logout", "a-token")
    assert attribute(page, "data-login-url") == "/talkboard/login"
    assert not [part for part in walk(page) if isinstance(part, html.Footer)]


def test_the_shell_links_imprint_and_privacy_where_there_are_any() -> None:
    page = shell.shell("Max", "/", "t", html.Div(), privacy_url="https://brigade.example/privacy")
    (footer,) = [part for part in walk(page) if isinstance(part, html.Footer)]

    assert [link.href for link in footer.children] == ["https://brigade.example/privacy"]


@pytest.mark.parametrize("version", sorted((ROOT / "assets/vendor").glob("*/VERSION")), ids=lambda p: p.parent.name)
def test_vendored_files_are_the_published_ones(version: Path) -> None:
    listed = dict(reversed(line.split("  ")) for line in version.read_text().splitlines()[1:])
    files = {path.name: path for path in version.parent.iterdir() if path != version}

    assert listed.keys() == files.keys()
    for name, path in files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == listed[name]


def walk(part: Any) -> list[Any]:
    """`part` and everything in it, in the order of the page."""
    children = getattr(part, "children", None)
    inside = children if isinstance(children, list | tuple) else [children]
    return [part, *(found for child in inside if child is not None for found in walk(child))]


def texts(component: Component) -> list[str]:
    return [part for part in walk(component) if isinstance(part, str)]


def seen(component: Any) -> list[str]:
    """What stands there for the eye."""
    if isinstance(component, str):
        return [component]
    if getattr(component, "className", "") == "visually-hidden":
        return []
    children = getattr(component, "children", None)
    inside = children if isinstance(children, list | tuple) else [children]
    return [text for child in inside if child is not None for text in seen(child)]


def parts(component: Component, mark: str) -> list[Any]:
    return [part for part in walk(component) if attribute(part, mark) is not None]


def attribute(part: Any, name: str) -> str | None:
    value = getattr(part, name, None)
    return value if isinstance(value, str) else None


def rows_of(component: Component) -> list[Any]:
    return [part for part in walk(component) if isinstance(part, html.A) and "talk-row" in part.className]
