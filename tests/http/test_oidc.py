"""Signing in at an OpenID provider: a certified one, through sockets."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from itsdangerous import URLSafeTimedSerializer

from tests.browser.served import free_port
from tests.identity import AWAY, NOT_COMPLETED, IdentityProvider, Node, Start, Visit, alert, served
from tests.logged import log_lines
from tests.world import PASSWORD, World

TAKEN = "Es gibt hier schon jemanden mit Ihrem Namen. Bitte wenden Sie sich an den Administrator."
SHUT_OUT = "Sie sind hier gesperrt. Bitte wenden Sie sich an den Administrator."
NOT_YET = "Sie sind hier noch kein Mitglied. Bitte wenden Sie sich an den Administrator."


def subjects(world: World) -> dict[str, str | None]:
    return {row["name"]: row["oidc_subject"] for row in world.rows("users")}


def test_the_first_sign_in_makes_a_member(start: Start, visit: Visit, identity: IdentityProvider) -> None:
    world = start()
    visitor = visit(world)

    answer = visitor.sign_in("4711")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert visitor.signed_in()
    (row,) = world.rows("users")
    assert (row["name"], row["display_name"], row["operator"]) == ("max", "Max Mustermann", 0)
    assert row["oidc_subject"] == f"{identity.url} 4711"
    assert row["password_hash"] is None


def test_the_second_finds_him_by_subject_whatever_he_is_called_now(
    start: Start, visit: Visit, identity: IdentityProvider
) -> None:
    world = start()
    visit(world).sign_in("4711")
    identity.people["4711"] |= {"preferred_username": "maxi", "name": "Maximilian Mustermann"}
    identity.configure()

    another = visit(world)
    another.sign_in("4711")

    assert another.signed_in()
    (row,) = world.rows("users")
    assert (row["name"], row["display_name"]) == ("max", "Maximilian Mustermann")
    assert len(world.rows("sign_ins")) == 2


def test_claims_may_stand_in_the_id_token(start: Start, visit: Visit, identity: IdentityProvider) -> None:
    identity.id_token_claims = True
    world = start()

    visit(world).sign_in("4711")

    assert world.row("max")["display_name"] == "Max Mustermann"


def test_without_a_user_name_the_subject_is_the_name(start: Start, visit: Visit, identity: IdentityProvider) -> None:
    identity.people["4711"] = {}
    world = start()

    visit(world).sign_in("4711")

    assert world.row("4711")["display_name"] == "4711"


@pytest.mark.parametrize("name", ["max mustermann", "max\u0007", "m" * 81])
def test_a_name_that_no_member_may_have_is_refused(
    start: Start, visit: Visit, identity: IdentityProvider, name: str
) -> None:
    identity.people["4711"]["preferred_username"] = name
    world = start()

    answer = visit(world).sign_in("4711")

    assert (answer.status_code, world.rows("users")) == (403, [])


def test_a_member_who_is_here_already_is_not_given_to_whoever_has_his_name(start: Start, visit: Visit) -> None:
    world = start()
    world.member("max")
    visitor = visit(world)

    answer = visitor.sign_in("4711")

    assert (answer.status_code, alert(answer)) == (403, TAKEN)
    assert not visitor.signed_in()
    assert subjects(world) == {"max": None}


def test_unless_the_operator_says_that_names_can_be_trusted(
    start: Start, visit: Visit, identity: IdentityProvider
) -> None:
    world = start(oidc_match_names=True)
    world.member("max")
    visitor = visit(world)

    visitor.sign_in("4711")

    assert visitor.signed_in()
    assert subjects(world) == {"max": f"{identity.url} 4711"}
    assert world.sign_in("max", PASSWORD)  # his password still works


def test_a_name_that_belongs_to_another_subject_is_never_matched(
    start: Start, visit: Visit, identity: IdentityProvider
) -> None:
    world = start(oidc_match_names=True)
    visit(world).sign_in("4711")
    identity.people["4712"]["preferred_username"] = "max"
    identity.configure()

    answer = visit(world).sign_in("4712")

    assert (answer.status_code, alert(answer)) == (403, TAKEN)
    assert subjects(world) == {"max": f"{identity.url} 4711"}


def test_strangers_stay_out_where_members_are_not_created(start: Start, visit: Visit) -> None:
    world = start(oidc_create_members=False)

    answer = visit(world).sign_in("4711")

    assert (answer.status_code, alert(answer)) == (403, NOT_YET)
    assert world.rows("users") == []


def test_a_disabled_member_stays_out_and_reads_why(start: Start, visit: Visit) -> None:
    world = start()
    visitor = visit(world)
    visitor.sign_in("4711")
    world.wired.roster.disable("max")
    assert not visitor.signed_in()

    answer = visitor.sign_in("4711")

    assert (answer.status_code, alert(answer)) == (403, SHUT_OUT)
    assert not visitor.signed_in()


def test_the_group_decides_who_is_an_operator_each_time_anew(
    start: Start, visit: Visit, identity: IdentityProvider
) -> None:
    world = start(oidc_operator_group="Kommando")
    for login in ("4711", "4712"):
        visit(world).sign_in(login)
    assert {row["name"]: bool(row["operator"]) for row in world.rows("users")} == {"max": False, "anna": True}

    identity.people["4711"]["groups"].append("Kommando")
    identity.people["4712"]["groups"].remove("Kommando")
    identity.configure()
    for login in ("4711", "4712"):
        visit(world).sign_in(login)

    assert {row["name"]: bool(row["operator"]) for row in world.rows("users")} == {"max": True, "anna": False}


def test_without_a_group_it_is_decided_here(start: Start, visit: Visit) -> None:
    world = start(oidc_match_names=True)
    world.member("max", operator=True)

    visit(world).sign_in("4711")

    assert world.row("max")["operator"]


@pytest.mark.parametrize(
    ("target", "where"),
    [
        ("/preferences", "/preferences"),
        ("https://evil.example.org/", "/"),
        ("//evil.example.org/", "/"),
        ("/../x", "/"),
        ("/preferences?" + "x" * 600, "/"),
    ],
)
def test_one_goes_on_to_where_one_wanted_to_but_never_elsewhere(
    start: Start, visit: Visit, target: str, where: str
) -> None:
    answer = visit(start()).sign_in("4711", target)

    assert answer.headers["Location"] == where


def test_below_a_prefix(start: Start, visit: Visit) -> None:
    world = start(url_prefix="/talk/")
    visitor = visit(world)

    answer = visitor.sign_in("4711", "/talk/preferences")

    assert answer.headers["Location"] == "/talk/preferences"
    assert visitor.signed_in()


def test_the_provider_is_asked_with_pkce_state_and_nonce(
    start: Start, visit: Visit, identity: IdentityProvider
) -> None:
    world = start(oidc_operator_group="Kommando")
    visitor = visit(world)

    answer = visitor.open("oidc/login")

    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert answer.headers["Location"].startswith(f"{identity.url}/auth?")
    assert asked["redirect_uri"] == [f"{world.settings.address}oidc/callback"]
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert asked["scope"] == ["openid profile groups"]
    assert min(len(asked[name][0]) for name in ("state", "nonce", "code_challenge")) >= 32
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_two_tabs_at_once(start: Start, visit: Visit) -> None:
    world = start()
    one = visit(world)
    other = one.again()
    forms = [one.to_provider("/preferences"), other.to_provider()]

    answers = [tab.back_to_app(tab.identify(form, "4711")) for tab, form in zip((one, other), forms, strict=True)]

    assert [answer.headers["Location"] for answer in answers] == ["/preferences", "/"]
    assert one.signed_in()
    assert len(world.rows("sign_ins")) == 1  # the first of the two has ended


def test_of_many_tabs_the_youngest_five_count(start: Start, visit: Visit) -> None:
    world = start()
    visitor, states = visit(world), []
    for _tab in range(9):
        world.clock.advance(1)
        states += parse_qs(urlsplit(visitor.open("oidc/login").headers["Location"]).query)["state"]

    kept = {name for name in visitor.http.cookies if name.startswith("talkboard-oidc-")}
    assert kept == {f"talkboard-oidc-{state[:12]}" for state in states[-5:]}
    assert visitor.sign_in("4711").status_code == 303


def csrf_seed(cookie: str) -> str:
    """What the session's CSRF tokens are made of."""
    return str(URLSafeTimedSerializer("").loads_unsafe(cookie)[1]["csrf_token"])


def test_the_session_is_a_fresh_one(start: Start, visit: Visit) -> None:
    """Else somebody who knew the old one, or had planted it, would be signed in as well."""
    visitor = visit(start())
    visitor.open("login")
    before = visitor.http.cookies["talkboard"]

    visitor.sign_in("4711")

    visitor.open("preferences")
    assert csrf_seed(visitor.http.cookies["talkboard"]) != csrf_seed(before)
    visitor.http.cookies.delete("talkboard")
    visitor.http.cookies.set("talkboard", before, domain="localhost.local")
    assert not visitor.signed_in()


def test_a_code_counts_once(start: Start, visit: Visit) -> None:
    world = start()
    visitor, thief = visit(world), visit(world)
    back = visitor.identify(visitor.to_provider(), "4711")
    thief.http.cookies.update(visitor.http.cookies)
    thief.at = visitor.at
    visitor.back_to_app(back)

    answer = thief.back_to_app(back)

    assert (answer.status_code, alert(answer)) == (400, NOT_COMPLETED)
    assert not thief.signed_in()


def test_going_back_to_the_callback_leads_on_for_whom_is_signed_in(start: Start, visit: Visit) -> None:
    world = start()
    visitor = visit(world)
    back = visitor.identify(visitor.to_provider(), "4711")
    visitor.back_to_app(back)

    answer = visitor.follow(visitor.http.get(back.headers["Location"]))

    assert (answer.status_code, answer.url.path) == (200, "/")
    assert len(world.rows("sign_ins")) == 1


def test_the_answer_to_another_browser_opens_nothing(start: Start, visit: Visit) -> None:
    """Else somebody could sign a member in as himself, and read what he does there."""
    world = start()
    attacker, victim = visit(world), visit(world)
    back = attacker.identify(attacker.to_provider(), "4712")
    victim.open("login")

    answer = victim.back_to_app(back)

    assert (answer.status_code, alert(answer)) == (400, NOT_COMPLETED)
    assert not victim.signed_in()


def changed(answer: httpx.Response, **changes: str) -> str:
    """The address of a redirect with other values in it."""
    parts = urlsplit(answer.headers["Location"])
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    return str(httpx.URL(answer.headers["Location"]).copy_with(params=query))


@pytest.mark.parametrize(
    "change", [{"state": "x" * 32}, {"state": ""}, {"iss": "https://evil.example.org"}, {"code": ""}]
)
def test_a_changed_answer_opens_nothing(start: Start, visit: Visit, change: dict[str, str]) -> None:
    visitor = visit(start())
    back = visitor.identify(visitor.to_provider(), "4711")

    answer = visitor.http.get(changed(back, **change))

    assert (answer.status_code, alert(answer)) == (400, NOT_COMPLETED)
    assert not visitor.signed_in()


def test_an_id_token_with_another_nonce_opens_nothing(start: Start, visit: Visit) -> None:
    visitor = visit(start())
    begun = visitor.open("oidc/login")
    form = visitor.follow(visitor._went(visitor.http.get(changed(begun, nonce="n" * 32))))
    back = visitor.identify(form, "4711")

    with log_lines() as lines:
        answer = visitor.back_to_app(back)

    assert (answer.status_code, alert(answer)) == (400, NOT_COMPLETED)
    assert any("InvalidClaimError nonce" in line for line in lines)


def test_a_code_that_was_asked_for_with_another_challenge_opens_nothing(start: Start, visit: Visit) -> None:
    """PKCE: the provider gives nothing for a code to whom has not its verifier."""
    visitor = visit(start())
    begun = visitor.open("oidc/login")
    form = visitor.follow(visitor._went(visitor.http.get(changed(begun, code_challenge="c" * 43))))
    back = visitor.identify(form, "4711")

    with log_lines() as lines:
        answer = visitor.back_to_app(back)

    assert answer.status_code == 400
    assert any("invalid_grant" in line for line in lines)


def test_an_attempt_ends_after_ten_minutes(start: Start, visit: Visit) -> None:
    world = start()
    visitor = visit(world)
    back = visitor.identify(visitor.to_provider(), "4711")
    world.clock.advance(601)

    assert alert(visitor.back_to_app(back)) == NOT_COMPLETED


def test_who_cancels_at_the_provider_is_back_at_the_sign_in_page(start: Start, visit: Visit) -> None:
    visitor = visit(start())

    answer = visitor.back_to_app(visitor.identify(visitor.to_provider(), "4711", way="out"))

    assert (answer.status_code, alert(answer)) == (401, "Sie haben die Anmeldung bei 127.0.0.1 abgebrochen.")


def test_a_new_key_of_the_provider_is_asked_for_once(start: Start, visit: Visit, identity: IdentityProvider) -> None:
    world = start()
    visit(world).sign_in("4711")
    identity.rotate()
    world.clock.advance(11)

    assert visit(world).sign_in("4711").status_code == 303


def test_a_secret_that_the_provider_does_not_take_is_told_to_the_operator(
    start: Start, visit: Visit, identity: IdentityProvider
) -> None:
    world = start(client={"client_secret": "ein ganz anderes Geheimnis der Anwendung"})

    with log_lines() as lines:
        answer = visit(world).sign_in("4711")

    assert answer.status_code == 502
    assert any("oidc.away" in line and "invalid_client" in line for line in lines)


def test_while_the_provider_is_away_members_go_on_and_the_button_says_so(
    make_world: Callable[..., World], visit: Visit
) -> None:
    own = Node().start()
    identity = IdentityProvider(own)
    world = make_world(**identity.settings(public_url=f"http://localhost:{free_port()}"))
    with served(world) as address:
        identity.serves(address)
        inside, outside = visit(world), visit(world)
        inside.sign_in("4711")
        own.stop()
        world.clock.advance(3600)

        assert inside.signed_in()
        with log_lines() as lines:
            answer = outside.open("oidc/login?next=/preferences")
        assert (answer.status_code, alert(answer)) == (502, AWAY)
        assert 'value="/preferences"' in answer.text
        assert any("oidc.away" in line for line in lines)
        assert inside.sign_out().headers["Location"] == "/login"
        assert not inside.signed_in()
