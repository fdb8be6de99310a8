"""What is under way at an OpenID provider: bound to one browser, good once, and nothing else's."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from joserfc.util import urlsafe_b64encode

from tests.http.liar import TOKEN, Liar, alert, asked, begin, come_back, sign_in
from tests.identity import AWAY, NOT_COMPLETED
from tests.world import World

SHUT_OUT = "Sie sind hier gesperrt. Bitte wenden Sie sich an den Administrator."
SALT = "oidc attempt"


@pytest.fixture
def world(lied_to: World) -> World:
    """The app whose provider is the liar."""
    return lied_to


def attempt_cookie(client: FlaskClient) -> Any:
    (cookie,) = [one for one in (client._cookies or {}).values() if one.key.startswith("talkboard-oidc-")]
    return cookie


@pytest.mark.parametrize(
    "said",
    [
        {"state": "x" * 32},
        {"state": ""},
        {"iss": "https://evil.example.org"},
        {"code": ""},
        {"error": "invalid_request"},
        {"error": "<script>"},
    ],
    ids=str,
)
def test_an_answer_in_the_address_that_is_not_the_one_asked_for_opens_nothing(
    world: World, liar: Liar, said: dict[str, str]
) -> None:
    client = world.app.test_client()
    begun = begin(world, client)
    liar.nonce = asked(begun, "nonce")

    answer = come_back(client, **{"state": asked(begun, "state")} | said)

    assert (answer.status_code, alert(answer)) == (400, NOT_COMPLETED)
    assert not liar.times_asked(TOKEN)
    assert client.get("/").status_code == 303


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable"])
def test_a_provider_that_says_itself_that_it_can_not_is_away(world: World, liar: Liar, error: str) -> None:
    client = world.app.test_client()

    answer = come_back(client, state=asked(begin(world, client), "state"), error=error)

    assert (answer.status_code, alert(answer)) == (502, AWAY)


def test_a_state_counts_once_however_the_first_time_went(world: World, liar: Liar) -> None:
    client = world.app.test_client()
    state = asked(begin(world, client), "state")
    assert alert(come_back(client, state=state)) == NOT_COMPLETED  # no nonce in it
    liar.asked.clear()

    answer = come_back(client, state=state)

    assert (answer.status_code, alert(answer)) == (400, NOT_COMPLETED)
    assert not liar.times_asked(TOKEN)


def test_the_state_of_another_attempt_in_a_cookie_of_this_name_opens_nothing(world: World, liar: Liar) -> None:
    """The name has twelve letters of the state; the whole of it stands inside."""
    client = world.app.test_client()
    begun = begin(world, client)
    liar.nonce = asked(begun, "nonce")

    answer = come_back(client, state=asked(begun, "state")[:12] + "x" * 20)

    assert (answer.status_code, alert(answer)) == (400, NOT_COMPLETED)
    assert not liar.times_asked(TOKEN)


def test_a_cookie_that_we_have_not_made_opens_nothing(world: World, liar: Liar) -> None:
    """Else somebody could plant his own attempt, and a member would work as him."""
    client = world.app.test_client()
    begun = begin(world, client)
    liar.nonce, state = asked(begun, "nonce"), asked(begun, "state")
    cookie = attempt_cookie(client)
    kept = URLSafeSerializer("", salt=SALT).loads_unsafe(cookie.value)[1]
    of_another_key = URLSafeSerializer("of another app", salt=SALT).dumps(kept)
    other_content = URLSafeSerializer("", salt=SALT).dumps(kept | {"target": "https://evil.example.org/"})
    changed = f"{other_content.rpartition('.')[0]}.{cookie.value.rpartition('.')[2]}"
    for planted in (of_another_key, changed, "x"):
        client.set_cookie(cookie.key, planted)

        answer = come_back(client, state=state)

        assert (answer.status_code, alert(answer)) == (400, NOT_COMPLETED)
        assert not liar.times_asked(TOKEN)


def test_each_attempt_has_a_verifier_of_its_own_to_its_challenge(world: World, liar: Liar) -> None:
    challenges = []
    for _attempt in range(2):
        client = world.app.test_client()
        begun = begin(world, client)
        liar.nonce = asked(begun, "nonce")
        assert come_back(client, state=asked(begun, "state")).status_code == 303
        challenges.append(asked(begun, "code_challenge"))

    verifiers = [parse_qs(form)["code_verifier"][0] for path, _header, form in liar.asked if path == TOKEN]
    hashed = [urlsafe_b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in verifiers]
    assert hashed == challenges
    assert len(set(challenges)) == 2


def test_behind_https_the_cookie_belongs_to_this_very_host(make_world: Callable[..., World], liar: Liar) -> None:
    world = make_world(**liar.settings(public_url="https://talk.example.org"))

    begun = world.app.test_client().get("/oidc/login", base_url="https://talk.example.org")

    (cookie,) = [one for one in begun.headers.getlist("Set-Cookie") if "talkboard-oidc-" in one]
    assert cookie.startswith("__Host-talkboard-oidc-")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


def test_who_is_signed_in_already_is_not_sent_to_the_provider(world: World, liar: Liar) -> None:
    client = world.app.test_client()
    sign_in(world, liar, client)

    answer = client.get("/oidc/login?next=/preferences")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/preferences")


def test_of_a_member_who_is_shut_out_nothing_is_changed(world: World, liar: Liar) -> None:
    sign_in(world, liar)
    world.wired.roster.disable("max")
    liar.userinfo["name"] = "Wieder Da"

    answer = sign_in(world, liar)

    assert (answer.status_code, alert(answer)) == (403, SHUT_OUT)
    assert world.row("max")["display_name"] == "Max Mustermann"


def test_who_is_shut_out_while_he_comes_in_stays_out(world: World, liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    store: Any = world.wired.services.oidc and world.wired.services.oidc._store
    settle = store.settle

    def settle_and_shut_out(*what: Any, **how: Any) -> Any:
        settled = settle(*what, **how)
        world.wired.roster.disable("max")
        return settled

    monkeypatch.setattr(store, "settle", settle_and_shut_out)

    answer = sign_in(world, liar)

    assert (answer.status_code, alert(answer)) == (403, SHUT_OUT)
    assert world.rows("sign_ins") == []


@pytest.mark.parametrize("sid", [5, "a\0b", "x" * 256, ["one"]])
def test_a_name_of_a_session_that_is_none_is_not_kept(world: World, liar: Liar, sid: Any) -> None:
    liar.claims = {"sid": sid}

    assert sign_in(world, liar).status_code == 303
    assert [row["oidc_sid"] for row in world.rows("sign_ins")] == [None]
