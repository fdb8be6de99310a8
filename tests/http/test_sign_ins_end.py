"""Sign-ins end: at once in this process, within ten seconds in any other, and when nobody uses them."""

import re
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from tests.world import PASSWORD, ROOMS, Caller, World, code, submit_sign_in

DAY = 86400
NEW_PASSWORD = "nochmal-ein-anderes"


def inside(caller: Caller) -> bool:
    """Whether the browser is still signed in: by a page, a callback and a REST call alike."""
    ways = [
        caller.client.get("/").status_code == 200,
        "sideUpdate" not in caller.tick().get_json(),
        caller.get(ROOMS).get_json()["error"]["code"] != "unauthenticated",
    ]
    assert len(set(ways)) == 1, ways
    return ways[0]


def sign_out(caller: Caller) -> None:
    cookie = caller.client.get_cookie("_csrf_token")
    assert caller.client.post("/logout", data={"csrf_token": cookie.value}).status_code == 303


def press(caller: Caller, button: str, output: str, states: dict[str, str] | None = None) -> None:
    """A button of the settings page."""
    body = {
        "output": output,
        "outputs": [
            dict(zip(("id", "property"), one.split("."), strict=True)) for one in output.strip(".").split("...")
        ],
        "inputs": [{"id": button, "property": "n_clicks", "value": 1}],
        "changedPropIds": [f"{button}.n_clicks"],
        "state": [{"id": name, "property": "value", "value": value} for name, value in (states or {}).items()],
    }
    if len(body["outputs"]) == 1:
        body["outputs"] = body["outputs"][0]
    answer = caller.post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.get_data(as_text=True)


def sign_out_others(caller: Caller) -> None:
    press(caller, "preferences-sign-out-others", "preferences-sign-ins.children")


def change_password(caller: Caller, old: str, new: str) -> None:
    press(
        caller,
        "preferences-change-password",
        "..preferences-password-result.children...preferences-old-password.value...preferences-new-password.value..",
        {"preferences-old-password": old, "preferences-new-password": new},
    )


ENDINGS: dict[str, Callable[[World, Caller], None]] = {
    "disabled": lambda world, _caller: world.wired.roster.disable("max"),
    "removed": lambda world, _caller: world.wired.roster.remove("max"),
    "password_reset": lambda world, _caller: world.wired.roster.set_password("max", SecretStr(NEW_PASSWORD)),
    "signed_out_everywhere": lambda _world, caller: sign_out_others(caller.again()),
}


def test_signing_out_acts_at_once(world: World) -> None:
    max_ = world.sign_in("max")
    assert inside(max_)
    stolen = max_.again()

    sign_out(max_)

    assert not inside(max_)
    assert not inside(stolen)
    assert world.rows("sign_ins") == []


def test_signing_out_ends_this_browser_only(world: World) -> None:
    phone, desk = world.sign_in("max"), world.sign_in("max")

    sign_out(phone)

    assert inside(desk)


def test_signing_out_without_a_sign_in_leads_to_the_sign_in(world: World) -> None:
    answer = world.app.test_client().post("/logout")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")


def test_signing_out_wants_the_token_of_the_session(world: World) -> None:
    max_ = world.sign_in("max")

    answer = max_.client.post("/logout")

    assert answer.status_code == 400
    assert inside(max_)


@pytest.mark.parametrize("ending", ["disabled", "removed", "password_reset"])
def test_what_the_operator_ends_acts_at_once_in_this_process(world: World, ending: str) -> None:
    max_ = world.sign_in("max")
    assert inside(max_)

    ENDINGS[ending](world, max_)

    assert not inside(max_)


@pytest.mark.parametrize("ending", ["disabled", "removed", "password_reset"])
def test_what_the_operator_ends_acts_within_ten_seconds_in_every_other_process(world: World, ending: str) -> None:
    max_ = world.sign_in("max")
    other = world.beside()
    there = other.visits(max_)
    assert inside(there)

    ENDINGS[ending](world, max_)
    world.clock.advance(10)

    assert not inside(there)


def test_signing_out_acts_within_ten_seconds_in_every_other_process(world: World) -> None:
    max_ = world.sign_in("max")
    there = world.beside().visits(max_)
    assert inside(there)

    sign_out(max_)
    world.clock.advance(10)

    assert not inside(there)


def test_signing_out_everywhere_else_keeps_this_browser(world: World) -> None:
    here, phone, desk = (world.sign_in("max") for _browser in range(3))
    assert all(inside(browser) for browser in (here, phone, desk))

    sign_out_others(here)

    assert [inside(browser) for browser in (here, phone, desk)] == [True, False, False]


def test_signing_out_everywhere_touches_no_other_member(world: World) -> None:
    max_, anna = world.sign_in("max"), world.sign_in("anna")

    sign_out_others(max_)

    assert inside(anna)


def test_a_new_password_signs_out_everywhere_else_and_the_old_one_is_worth_nothing(world: World) -> None:
    here, phone = world.sign_in("max"), world.sign_in("max")

    change_password(here, PASSWORD, NEW_PASSWORD)

    assert [inside(here), inside(phone)] == [True, False]
    assert submit_sign_in(world.app.test_client(), "max", PASSWORD).status_code == 401
    assert submit_sign_in(world.app.test_client(), "max", NEW_PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("old", "new"), [("falsch", NEW_PASSWORD), (PASSWORD, "kurz"), (PASSWORD, "x" * 201), ("", "")]
)
def test_a_password_change_that_is_refused_changes_nothing(world: World, old: str, new: str) -> None:
    here, phone = world.sign_in("max"), world.sign_in("max")

    change_password(here, old, new)

    assert [inside(here), inside(phone)] == [True, True]
    assert submit_sign_in(world.app.test_client(), "max", PASSWORD).status_code == 303


def test_enabled_again_a_member_signs_in_anew(world: World) -> None:
    max_ = world.sign_in("max")
    world.wired.roster.disable("max")
    world.wired.roster.enable("max")

    assert not inside(max_)
    assert inside(world.sign_in("max"))


def test_a_sign_in_that_is_used_goes_on_and_one_that_is_not_ends(world: World) -> None:
    used, unused = world.sign_in("max"), world.sign_in("max")
    for _week in range(6):
        world.clock.advance(7 * DAY)
        assert inside(used)

    assert not inside(unused)
    assert len(world.rows("sign_ins")) == 2
    world.housekeeping()
    assert len(world.rows("sign_ins")) == 1


def test_a_sign_in_lives_to_the_last_second_of_its_days(make_world: Callable[..., World]) -> None:
    world = make_world(session_days=2)
    first, second = world.sign_in("max"), world.sign_in("max")

    world.clock.advance(2 * DAY - 20)
    lived = inside(first)
    world.clock.advance(21)

    assert (lived, inside(second)) == (True, False)


def test_the_cookie_lives_as_long_as_the_sign_in(make_world: Callable[..., World]) -> None:
    world = make_world(session_days=7)
    max_ = world.sign_in("max")

    (cookie,) = [c for c in max_.client.get("/").headers.getlist("Set-Cookie") if c.startswith("talkboard=")]

    assert "Expires=" in cookie
    assert re.search(r"HttpOnly", cookie)
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_using_a_sign_in_writes_to_the_database_once_an_hour_at_most(world: World) -> None:
    max_ = world.sign_in("max")
    before = world.rows("sign_ins")[0]["seen_at"]
    world.clock.advance(3000)
    max_.get("/")
    within_the_hour = world.rows("sign_ins")[0]["seen_at"]
    world.clock.advance(700)
    max_.get("/")

    assert within_the_hour == before
    assert world.rows("sign_ins")[0]["seen_at"] >= before + 3600


def other_signature(cookie: str) -> str:
    """Not its end: the last character holds bits that do not count."""
    front, dot, signature = cookie.rpartition(".")
    return front + dot + ("B" if signature[0] == "A" else "A") + signature[1:]


@pytest.mark.parametrize(
    "change", [other_signature, lambda cookie: cookie[:-1] + ".", lambda cookie: cookie.split(".")[0]]
)
def test_a_cookie_that_was_changed_is_worth_nothing(world: World, change: Callable[[str], str]) -> None:
    max_ = world.sign_in("max")
    stranger = world.app.test_client()
    stranger.set_cookie("talkboard", change(max_.client.get_cookie("talkboard").value))

    assert stranger.get("/").status_code == 303


def test_a_cookie_signed_with_another_secret_is_worth_nothing(make_world: Callable[..., World]) -> None:
    world = make_world()
    max_ = world.sign_in("max")
    other = world.beside(secret_key=SecretStr("o" * 40))

    assert code(other.visits(max_).get(ROOMS)) == (401, "unauthenticated")
