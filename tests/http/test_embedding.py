"""The card in a frame of a host dashboard: who may frame it, who looks at it, and for how long."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from models.member_store import SIGN_INS_AT_MOST
from services.embedding import FRAME_SECONDS
from tests.http.framed import HOST, OTHER, SETTINGS, Frame, card_of, embedding, frame, ticket
from tests.world import PASSWORD, World, private, submit_sign_in
from web import frames

Make = Callable[..., World]


@pytest.fixture
def world(make_world: Make) -> World:
    return embedding(make_world)


def test_only_listed_origins_may_frame_the_card_and_nothing_else(world: World) -> None:
    client = world.app.test_client()

    card, page = client.get("/embed/talk"), client.get("/login")

    assert f"frame-ancestors {HOST} {OTHER};" in card.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in card.headers
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"


def test_of_all_files_the_element_alone_is_for_pages_of_other_sites(world: World) -> None:
    client = world.app.test_client()

    with client.get("/embed.js") as element, client.get("/static/frame.js") as script:
        given = [answer.headers["Cross-Origin-Resource-Policy"] for answer in (element, script)]
        assert given == ["cross-origin", "same-origin"]
        assert element.headers["Cache-Control"] == "public, max-age=300"


def test_by_default_nobody_may_frame_anything(make_world: Make) -> None:
    answer = make_world().app.test_client().get("/embed/talk")

    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_the_page_of_the_frame_is_the_same_for_everybody(world: World) -> None:
    signed_in = world.connected("max").client
    signed_in.environ_base["HTTP_SEC_FETCH_DEST"] = "iframe"
    stranger = world.app.test_client()

    pages = [client.get("/embed/talk") for client in (signed_in, stranger)]

    of_one_answer = r'nonce="[^"]+"|"(nonce|csp_nonce|end_id)":"[^"]+"'
    words = [re.sub(of_one_answer, "", page.get_data(as_text=True)) for page in pages]
    assert words[0] == words[1]
    assert all("Max" not in page.get_data(as_text=True) for page in pages)
    assert all("Set-Cookie" not in page.headers for page in pages)


def test_a_frame_loads_the_bundles_before_it_knows_who_looks_at_it(make_world: Make, world: World) -> None:
    page = world.app.test_client().get("/embed/talk").get_data(as_text=True)
    bundles = re.findall(r'<script src="(/_dash-component-suites/[^"]+)"', page)

    assert len(bundles) > 3
    assert {world.app.test_client().get(bundle).status_code for bundle in bundles} == {200}
    without_frames = make_world().app.test_client()
    assert {without_frames.get(bundle).status_code for bundle in bundles} == {401}


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

    assert said["mode"] == "bearer"
    assert 0 < said["expiresIn"] <= FRAME_SECONDS
    assert '"data-state":"not_connected"' in card_of(shown.tick())
    assert [row["frame"] for row in world.rows("sign_ins")] == ["bearer"]


def test_a_cookie_that_was_lost_signs_nobody_in_any_more(world: World) -> None:
    shown = frame(world)
    claim = shown.redeem(ticket(world)).get_json()["claim"]
    with world.app.app_context():
        shown.who = who = frames.who(world.row("max")["id"])
    assert shown.get("/_dash-layout").status_code == 200
    kept, shown.client._cookies = shown.client._cookies, {}
    assert shown.settle(claim)["mode"] == "bearer"

    shown.client._cookies, shown.token, shown.who = kept, "", who

    assert shown.get("/_dash-layout").status_code == 401


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


def test_a_frame_is_signed_in_no_second_longer_because_it_was_looked_up_just_before(world: World) -> None:
    for cookies in (True, False):
        shown = frame(world, cookies)
        shown.start(ticket(world))
        world.clock.advance(FRAME_SECONDS - 3)
        assert shown.tick().status_code == 200

        world.clock.advance(4)

        assert shown.tick().status_code == 401


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


def test_where_another_frames_cookie_came_back_the_frame_gets_a_token(world: World) -> None:
    of_max, of_anna = frame(world), frame(world)
    claim = of_max.redeem(ticket(world, "max")).get_json()["claim"]
    of_anna.start(ticket(world, "anna"))
    of_max.client._cookies = dict(of_anna.client._cookies or {})

    said = of_max.settle(claim)

    assert said["mode"] == "bearer"
    of_max.client = world.app.test_client()
    assert of_max.tick().status_code == 200
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
    annas = frame(world)
    annas.start(ticket(world, "anna"))
    bad, good = (Frame(annas.client, token=token, who=annas.who, csrf=annas.csrf) for token in ("nonsense", ""))
    good.token = Frame(world.app.test_client()).redeem(ticket(world, "max"), mode="bearer").get_json()["token"]

    assert bad.tick().status_code == 401
    assert "Max Mustermann" in good.get("/_dash-layout").get_data(as_text=True) or card_of(good.tick())
    renewed = good.redeem(ticket(world, "max"), mode="bearer")

    assert "Set-Cookie" not in renewed.headers
    assert annas.tick().status_code == 200


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


def test_a_frame_signs_out_with_the_token_of_its_session_only(world: World) -> None:
    shown = frame(world)
    shown.start(ticket(world))
    right, shown.csrf = shown.csrf, "nonsense"

    assert shown.post("/embed/logout", None).status_code == 400
    shown.csrf = right
    assert shown.tick().status_code == 200


def test_the_answer_to_the_self_test_sets_no_cookie(world: World) -> None:
    """A frame that gets its cookie late must not overwrite what another one has set meanwhile."""
    shown = frame(world)
    claim = shown.redeem(ticket(world)).get_json()["claim"]

    answer = shown.post("/embed/selftest", {"claim": claim})

    assert answer.get_json()["mode"] == "cookie"
    assert "Set-Cookie" not in answer.headers


def test_a_frame_signs_out(world: World) -> None:
    for cookies in (True, False):
        shown = frame(world, cookies)
        shown.start(ticket(world))

        assert shown.post("/embed/logout", None).status_code == 204
        assert shown.tick().status_code == 401
        assert world.rows("sign_ins") == []


def test_signing_out_everywhere_ends_frames_too(world: World) -> None:
    shown = frame(world)
    shown.start(ticket(world))

    world.wired.services.sign_ins.end_all(world.row("max")["id"])

    assert shown.tick().status_code == 401


def test_frames_crowd_no_sign_in_out_and_are_in_no_list(world: World) -> None:
    max_ = world.sign_in("max")
    for _frame in range(60):
        frame(world).redeem(ticket(world))
    world.sign_in("max")

    assert len(world.rows("sign_ins")) == 2 + SIGN_INS_AT_MOST
    assert max_.tick().status_code == 200
    assert len(world.wired.services.sign_ins.shown(world.row("max")["id"], "")) == 2


def test_a_frame_without_a_host_is_signed_in_as_the_browser_is(world: World) -> None:
    headers = {"X-Talkboard-Frame": "session"}
    stranger, max_ = world.app.test_client(), world.app.test_client()
    submit_sign_in(max_, "max", PASSWORD)

    assert stranger.get("/embed/session", headers=headers).get_json() == {"signedIn": False}
    assert max_.get("/embed/session", headers=headers).get_json() == {"signedIn": True}
    assert "talk-card" in card_of(max_.get("/_dash-layout", headers=headers))
    assert stranger.get("/_dash-layout", headers=headers).status_code == 401


def test_a_frame_gets_its_token_against_forgery_anew_after_a_restart_of_the_browser(world: World) -> None:
    max_ = world.sign_in("max")
    max_.client.delete_cookie("_csrf_token")

    answer = max_.client.get("/embed/session", headers={"X-Talkboard-Frame": "session"})

    assert "_csrf_token" in answer.headers["Set-Cookie"]
    assert max_.tick().status_code == 200
    assert '"sideUpdate"' not in max_.tick().get_data(as_text=True)


def test_where_frames_may_not_connect_they_lead_to_a_window_of_their_own(make_world: Make) -> None:
    world = make_world(**SETTINGS, embed_connect=False)
    world.member("max")
    shown = frame(world)
    shown.start(ticket(world))

    picture = str(shown.tick().get_json())

    assert "'data-action': 'connect'" not in picture
    assert f"'href': '{world.settings.address}'" in picture


@pytest.mark.parametrize("allowed", [True, False])
def test_a_click_in_a_frame_connects_and_disconnects_only_where_that_is_allowed(
    make_world: Make, allowed: bool
) -> None:
    world = make_world(**SETTINGS, embed_connect=allowed)
    world.simulator.member("max")
    world.member("max")
    shown = frame(world)
    shown.start(ticket(world))

    shown.act("connect")
    assert len(world.rows("login_flows")) == int(allowed)

    world.connect(world.bearer("max"))
    shown.act("disconnect")
    assert (world.row("max")["nextcloud_app_password"] is None) is allowed
    assert len(world.simulator.app_passwords("max")) == int(not allowed)


def test_a_token_against_forgery_from_before_the_hand_over_is_worth_nothing_afterwards(world: World) -> None:
    shown = frame(world)
    shown.start(ticket(world, "anna"))
    before = shown.csrf
    shown.start(ticket(world, "max"))
    assert shown.tick().status_code == 200

    shown.csrf = before

    assert shown.tick().status_code == 401
