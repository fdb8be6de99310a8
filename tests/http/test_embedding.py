"""The card in a frame of a host dashboard: who may frame it, who looks at it, and for how long."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from components import talk_card
from services.embedding import CLAIM_SECONDS, FRAME_SECONDS, TICKET_SECONDS
from tests.world import PASSWORD, World, at_once, code, private, submit_sign_in

HOST, OTHER, UNLISTED = "https://intranet.example.org", "https://dienst.example.org", "https://evil.example"
KEY, OTHER_KEY = "k" * 40, "o" * 40
SETTINGS: dict[str, Any] = {
    "embed_origins": f"{HOST} {OTHER}",
    "embed_keys": f"intranet:{KEY}@{HOST}, dienst:{OTHER_KEY}@{OTHER}",
}
TICKETS = "/api/embed/tickets"
CARD = f"..{talk_card.CARD}.children...{talk_card.SHOWN}.data.."
Make = Callable[..., World]


@pytest.fixture
def world(make_world: Make) -> World:
    world = make_world(**SETTINGS)
    for name in ("max", "anna"):
        world.member(name)
    return world


def ask(world: World, key: str = KEY, **changes: Any) -> TestResponse:
    body = {"subject": "max", "displayName": "Max Weber", "origin": HOST} | changes
    client = world.app.test_client(use_cookies=False)
    return client.post(TICKETS, json=body, headers={"Authorization": f"Bearer {key}"})


def ticket(world: World, subject: str = "max", **changes: Any) -> str:
    return private(str(ask(world, subject=subject, **changes).get_json()["data"]["ticket"]))


@dataclass
class Frame:
    """The frame's script, as far as the server sees it. `cookies` says whether the browser lets it have any."""

    client: FlaskClient
    cookies: bool = True
    token: str = ""
    who: str = ""
    csrf: str = ""

    def redeem(self, ticket: str, parent: str = HOST, mode: str = "cookie", **headers: str) -> TestResponse:
        body = {"ticket": ticket, "parent": parent, "site": "cross-site", "mode": mode}
        answer = self.post("/embed/session", body, headers)
        if not self.cookies:
            self.client._cookies = {}
        return answer

    def settle(self, claim: str) -> dict[str, Any]:
        said: dict[str, Any] = self.post("/embed/selftest", {"claim": claim}).get_json()
        self.token, self.who = said.get("token", ""), said.get("who", "")
        self.csrf = said.get("csrf", "")
        return said

    def start(self, ticket: str) -> dict[str, Any]:
        return self.settle(self.redeem(ticket).get_json()["claim"])

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> TestResponse:
        return self.client.post(path, json=body, headers=self.headers() | (headers or {}))

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers=self.headers())

    def tick(self, output: str = CARD) -> TestResponse:
        inputs = [("talk-refresh", "n_intervals"), ("talk-flow-poll", "n_intervals"), ("talk-action", "data")]
        outputs = [part.rpartition(".") for part in output.strip(".").split("...")]
        question = {
            "output": output,
            "outputs": [{"id": name, "property": prop} for name, _dot, prop in outputs],
            "inputs": [{"id": name, "property": prop, "value": None} for name, prop in inputs],
            "state": [{"id": "talk-shown", "property": "data", "value": None}],
            "changedPropIds": [],
        }
        return self.post("/_dash-update-component", question)

    def headers(self) -> dict[str, str]:
        said = {"X-Talkboard-Frame": "ticket", "X-Talkboard-Who": self.who, "X-CSRFToken": self.csrf}
        return said | ({"Authorization": f"Bearer {self.token}"} if self.token else {})


def frame(world: World, cookies: bool = True) -> Frame:
    return Frame(world.app.test_client(), cookies)


def card_of(answer: TestResponse) -> str:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def test_only_listed_origins_may_frame_the_card_and_nothing_else(world: World) -> None:
    client = world.app.test_client()

    card, page = client.get("/embed/talk"), client.get("/login")

    assert f"frame-ancestors {HOST} {OTHER};" in card.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in card.headers
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"


def test_by_default_nobody_may_frame_anything(make_world: Make) -> None:
    answer = make_world().app.test_client().get("/embed/talk")

    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_the_page_of_the_frame_is_the_same_for_everybody(world: World) -> None:
    signed_in = world.connected("max").client
    signed_in.environ_base["HTTP_SEC_FETCH_DEST"] = "iframe"
    stranger = world.app.test_client()

    pages = [client.get("/embed/talk") for client in (signed_in, stranger)]

    nonce_free = [page.get_data(as_text=True).split('nonce="')[0] for page in pages]
    assert nonce_free[0] == nonce_free[1]
    assert all("Max" not in page.get_data(as_text=True) for page in pages)
    assert all("Set-Cookie" not in page.headers for page in pages)


def test_a_frame_loads_the_bundles_before_it_knows_who_looks_at_it(make_world: Make, world: World) -> None:
    page = world.app.test_client().get("/embed/talk").get_data(as_text=True)
    bundles = re.findall(r'<script src="(/_dash-component-suites/[^"]+)"', page)

    assert len(bundles) > 3
    assert {world.app.test_client().get(bundle).status_code for bundle in bundles} == {200}
    assert {make_world().app.test_client().get(bundle).status_code for bundle in bundles} == {401}


def test_opened_by_itself_the_card_leads_to_the_dashboard(world: World) -> None:
    answer = world.app.test_client().get("/embed/talk", headers={"Sec-Fetch-Dest": "document"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_a_frame_with_cookies_shows_the_card_of_whom_the_ticket_names(world: World) -> None:
    world.connected("max")
    shown = frame(world)

    answer = shown.redeem(ticket(world))
    said = shown.settle(answer.get_json()["claim"])

    assert (said["mode"], said["expiresIn"]) == ("cookie", FRAME_SECONDS)
    assert "token" not in said
    assert '"data-state":"empty"' in card_of(shown.tick())
    assert "talk-card" in card_of(shown.get("/_dash-layout"))


def test_the_cookie_of_a_frame_on_another_site_is_partitioned(world: World) -> None:
    (cookie,) = frame(world).redeem(ticket(world)).headers.getlist("Set-Cookie")

    assert cookie.startswith("talkboard-frame=")
    assert set(cookie.split("; ")[1:]) == {"Secure", "HttpOnly", "Path=/", "SameSite=None", "Partitioned"}


def test_the_cookie_of_a_frame_on_the_same_site_is_lax(world: World) -> None:
    shown = frame(world)
    body = {"ticket": ticket(world), "parent": HOST, "site": "same-site", "mode": "cookie"}

    (cookie,) = shown.post("/embed/session", body).headers.getlist("Set-Cookie")

    assert "SameSite=Lax" in cookie
    assert "Partitioned" not in cookie


def test_without_cookies_the_frame_gets_a_token_and_the_lost_sign_in_ends(world: World) -> None:
    shown = frame(world, cookies=False)

    said = shown.start(ticket(world))

    assert (said["mode"], said["expiresIn"]) == ("bearer", FRAME_SECONDS)
    assert '"data-state":"not_connected"' in card_of(shown.tick())
    assert [row["frame"] for row in world.rows("sign_ins")] == ["bearer"]


def test_a_frame_asks_for_a_token_at_once_when_it_renews(world: World) -> None:
    shown = frame(world, cookies=False)
    shown.start(ticket(world))
    first = shown.token

    said = shown.redeem(ticket(world), mode="bearer").get_json()

    assert said["mode"] == "bearer"
    assert said["token"] != first
    assert shown.tick().status_code == 401  # the earlier one has ended
    shown.token = said["token"]
    assert shown.tick().status_code == 200


def test_a_frame_is_signed_in_for_five_minutes_however_much_it_asks(world: World) -> None:
    for cookies in (True, False):
        shown = frame(world, cookies)
        shown.start(ticket(world))
        for _minute in range(4):
            world.clock.advance(70)
            assert shown.tick().status_code == 200
        world.clock.advance(FRAME_SECONDS - 280)
        answer = shown.tick()
        assert (answer.status_code, answer.get_json()) == (401, {"error": "unauthenticated"})


def test_a_ticket_counts_once(world: World) -> None:
    one = ticket(world)

    assert frame(world).redeem(one).status_code == 200
    assert frame(world).redeem(one).get_json() == {"error": "ticket_refused"}


@pytest.mark.both_databases
def test_of_many_with_the_same_ticket_one_wins(make_world: Make) -> None:
    world = make_world(**SETTINGS)
    world.member("max")
    one, frames = ticket(world), [frame(world) for _thread in range(12)]

    statuses = at_once(12, lambda number: frames[number].redeem(one).status_code)

    assert sorted(statuses) == [200] + [401] * 11
    assert len(world.rows("sign_ins")) == 1


def test_a_claim_counts_once_and_for_thirty_seconds(world: World) -> None:
    shown = frame(world)
    claim = shown.redeem(ticket(world)).get_json()["claim"]
    assert shown.settle(claim)["mode"] == "cookie"
    assert shown.settle(claim) == {"error": "ticket_refused"}

    late = shown.redeem(ticket(world)).get_json()["claim"]
    world.clock.advance(CLAIM_SECONDS + 1)
    assert shown.settle(late) == {"error": "ticket_refused"}


def test_a_ticket_is_good_for_a_minute(world: World) -> None:
    one = ticket(world)
    world.clock.advance(TICKET_SECONDS)

    assert frame(world).redeem(one).status_code == 401


def test_a_ticket_is_good_in_a_page_of_its_origin_only(world: World) -> None:
    assert frame(world).redeem(ticket(world), parent=OTHER).status_code == 401
    assert frame(world).redeem(ticket(world), parent=UNLISTED).status_code == 401


def test_tickets_lie_hashed(world: World) -> None:
    one = ticket(world)

    (row,) = world.rows("embed_tickets")

    assert one not in str(row)
    assert len(row["ticket_hash"]) == 64


def test_a_new_ticket_drops_whoever_was_in_the_frame_before(world: World) -> None:
    shown = frame(world)
    shown.start(ticket(world, "anna"))

    shown.start(ticket(world, "max"))

    assert [row["member_id"] for row in world.rows("sign_ins")] == [world.row("max")["id"]]


def test_a_bad_ticket_signs_the_earlier_member_out_too(world: World) -> None:
    shown = frame(world)
    shown.start(ticket(world, "anna"))

    shown.redeem("nonsense")

    assert shown.tick().status_code == 401
    assert world.rows("sign_ins") == []


def test_a_frame_leaves_the_members_own_sign_in_alone(world: World) -> None:
    anna = world.sign_in("anna")
    shown = Frame(anna.client)

    shown.start(ticket(world, "max"))

    assert "Max" not in card_of(anna.client.get("/_dash-layout"))
    assert shown.tick().status_code == 200
    assert anna.tick().status_code == 200


def test_two_frames_of_different_members_never_mix(world: World) -> None:
    shared = world.app.test_client()
    of_max, of_anna = Frame(shared), Frame(shared)
    of_max.start(ticket(world, "max"))
    of_anna.start(ticket(world, "anna"))

    answer = of_max.tick()

    assert (answer.status_code, answer.get_json()) == (401, {"error": "other"})
    assert of_anna.tick().status_code == 200


def test_two_frames_of_one_member_share_the_cookie(world: World) -> None:
    shared = world.app.test_client()
    first, second = Frame(shared), Frame(shared)
    first.start(ticket(world))
    second.start(ticket(world))

    assert first.tick().status_code == 200
    assert second.tick().status_code == 200


def test_a_cookies_id_is_no_token_and_a_token_no_cookies_id(world: World) -> None:
    shown = frame(world)
    shown.start(ticket(world))
    with shown.client.session_transaction(headers={"X-Talkboard-Frame": "ticket"}, path="/embed/session") as kept:
        sign_in_id = private(kept["_user_id"])

    assert world.wired.services.sign_ins.member(sign_in_id, "cookie") is not None
    assert Frame(world.app.test_client(), token=sign_in_id).tick().status_code == 401


def test_a_token_beats_every_cookie_and_a_bad_one_falls_back_to_none(world: World) -> None:
    anna = world.sign_in("anna")
    shown = Frame(anna.client, token="nonsense")
    assert shown.tick().status_code == 401
    shown.token = ""
    shown.token = shown.redeem(ticket(world, "max"), mode="bearer").get_json()["token"]

    answer = shown.get("/_dash-layout")

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_a_token_of_a_frame_opens_no_other_door(world: World) -> None:
    shown = frame(world, cookies=False)
    shown.start(ticket(world))
    bearer = {"Authorization": f"Bearer {shown.token}"}

    assert shown.client.get("/api/nextcloud/talk/rooms", headers=bearer).status_code == 401
    assert shown.client.get("/preferences", headers=shown.headers()).status_code == 303
    assert shown.client.get("/_dash-layout", headers=bearer).status_code == 401


def test_a_frame_may_ask_the_cards_callback_alone(world: World) -> None:
    shown = frame(world)
    shown.start(ticket(world))

    assert shown.tick("operator-page.children").status_code == 404


def test_a_cookie_without_the_token_of_its_session_changes_nothing(world: World) -> None:
    shown = frame(world)
    shown.start(ticket(world))
    shown.csrf = ""

    assert shown.tick().status_code == 401


@pytest.mark.parametrize("headers", [{"Origin": UNLISTED}, {"Sec-Fetch-Site": "cross-site"}, {"X-Talkboard-Frame": ""}])
def test_nobody_else_makes_a_browser_redeem(world: World, headers: dict[str, str]) -> None:
    one = ticket(world)

    assert frame(world).redeem(one, **headers).status_code == 403
    assert frame(world).redeem(one).status_code == 200


def test_a_frame_signs_out(world: World) -> None:
    for cookies in (True, False):
        shown = frame(world, cookies)
        shown.start(ticket(world))

        assert shown.post("/embed/logout", None).status_code == 204
        assert shown.tick().status_code == 401
        assert world.rows("sign_ins") == []


def test_a_disabled_member_gets_nothing(world: World) -> None:
    shown = frame(world)
    shown.start(ticket(world))
    pending = ticket(world)

    world.wired.roster.disable("max")

    assert shown.tick().status_code == 401
    assert frame(world).redeem(pending).get_json() == {"error": "disabled"}
    assert code(ask(world)) == (403, "unknown_member")


def test_a_stranger_becomes_a_member_only_where_that_is_wanted(make_world: Make, world: World) -> None:
    assert code(ask(world, subject="lena")) == (403, "unknown_member")
    open_world = make_world(**SETTINGS, embed_create_members=True)

    shown = frame(open_world)
    shown.start(ticket(open_world, "Lena", displayName="Lena Köhler"))

    assert shown.tick().status_code == 200
    assert open_world.row("lena")["display_name"] == "Lena Köhler"
    assert open_world.row("lena")["password_hash"] is None


def test_signing_out_everywhere_ends_frames_too(world: World) -> None:
    shown = frame(world)
    shown.start(ticket(world))

    world.wired.services.sign_ins.end_all(world.row("max")["id"])

    assert shown.tick().status_code == 401


def test_frames_crowd_no_sign_in_out_and_are_in_no_list(world: World) -> None:
    max_ = world.sign_in("max")
    for _frame in range(60):
        frame(world).redeem(ticket(world))

    assert max_.tick().status_code == 200
    assert len(world.wired.services.sign_ins.shown(world.row("max")["id"], "")) == 1


def test_a_frame_without_a_host_is_signed_in_as_the_browser_is(world: World) -> None:
    headers = {"X-Talkboard-Frame": "session"}
    stranger, max_ = world.app.test_client(), world.app.test_client()
    submit_sign_in(max_, "max", PASSWORD)

    assert stranger.get("/embed/session", headers=headers).get_json() == {"signedIn": False}
    assert max_.get("/embed/session", headers=headers).get_json() == {"signedIn": True}
    assert "talk-card" in card_of(max_.get("/_dash-layout", headers=headers))
    assert stranger.get("/_dash-layout", headers=headers).status_code == 401


def test_where_frames_may_not_connect_they_lead_to_a_window_of_their_own(make_world: Make) -> None:
    world = make_world(**SETTINGS, embed_connect=False)
    world.member("max")
    shown = frame(world)
    shown.start(ticket(world))

    picture = str(shown.tick().get_json())

    assert "'data-action': 'connect'" not in picture
    assert f"'href': '{world.settings.address}'" in picture


@pytest.mark.parametrize("key", ["", "x" * 40, KEY[:-1]])
def test_without_a_key_there_is_no_ticket(world: World, key: str) -> None:
    assert code(ask(world, key)) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": OTHER},
        {"origin": UNLISTED},
        {"origin": HOST + "/"},
        {"subject": " "},
        {"subject": "a b"},
        {"subject": 5},
    ],
)
def test_a_key_speaks_for_its_own_pages_and_for_members(world: World, changes: dict[str, Any]) -> None:
    assert code(ask(world, **changes)) == (422, "invalid_request")
