"""Signing in: who may, how often one may try, and where one lands."""

import re
import time
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.passwords import Passwords
from tests.world import PASSWORD, TOKEN, World, code, submit_sign_in
from tests.world import private as secret

SENTENCE = "Name oder Passwort falsch, oder zu viele Versuche. Bitte in einigen Minuten erneut."


def signed_in(client: FlaskClient) -> bool:
    return client.get("/").status_code == 200


def alert(answer: TestResponse) -> str:
    match = re.search(r'id="login-error">([^<]*)<', answer.get_data(as_text=True))
    return match.group(1) if match else ""


def from_address(world: World, address: str, name: str, password: str, **headers: str) -> TestResponse:
    client = world.app.test_client()
    client.environ_base = {**client.environ_base, "REMOTE_ADDR": address}
    for header, value in headers.items():
        client.environ_base[f"HTTP_{header}"] = value
    return submit_sign_in(client, name, password)


def test_the_right_password_signs_in(world: World) -> None:
    world.member("max")
    client = world.app.test_client()

    answer = submit_sign_in(client, "max", PASSWORD)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert signed_in(client)


@pytest.mark.parametrize("name", ["Max", " max ", "MAX"])
def test_the_name_is_found_however_it_is_typed(world: World, name: str) -> None:
    world.member("max")

    assert submit_sign_in(world.app.test_client(), name, PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("max", "falsches Passwort"),
        ("max", ""),
        ("", ""),
        ("niemand", PASSWORD),
        ("max", PASSWORD + " "),
        ("max", PASSWORD.upper()),
        ("max\0", PASSWORD),
        ("max' OR '1'='1", PASSWORD),
        ("max", "x" * 100_000),
    ],
)
def test_whatever_is_wrong_the_answer_is_401_and_one_sentence(world: World, name: str, password: str) -> None:
    world.member("max")
    client = world.app.test_client()

    answer = submit_sign_in(client, name, password)

    assert (answer.status_code, alert(answer)) == (401, SENTENCE)
    assert not signed_in(client)


def test_a_disabled_member_gets_the_same_sentence(world: World) -> None:
    world.member("max")
    world.wired.roster.disable("max")

    answer = submit_sign_in(world.app.test_client(), "max", PASSWORD)

    assert (answer.status_code, alert(answer)) == (401, SENTENCE)


def test_the_password_is_never_written_back_into_the_page(world: World) -> None:
    wrong = secret("mein-anderes-geheimnis")

    answer = submit_sign_in(world.app.test_client(), "max", wrong)

    assert 'value="max"' in answer.get_data(as_text=True)
    assert wrong not in answer.get_data(as_text=True)


def test_a_name_is_written_back_as_text(world: World) -> None:
    answer = submit_sign_in(world.app.test_client(), '"><script>alert(1)</script>', "x")

    assert "<script>alert(1)" not in answer.get_data(as_text=True)


def test_too_many_tries_get_the_same_answer_even_with_the_right_password(world: World) -> None:
    world.member("max")
    for _try in range(5):
        submit_sign_in(world.app.test_client(), "max", "falsch")

    answer = submit_sign_in(world.app.test_client(), "max", PASSWORD)

    assert (answer.status_code, alert(answer)) == (401, SENTENCE)


def test_too_many_tries_cost_no_check(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.member("max")
    for _try in range(5):
        submit_sign_in(world.app.test_client(), "max", "falsch")
    checks: list[object] = []
    monkeypatch.setattr(Passwords, "_verify", lambda *arguments: checks.append(arguments))

    submit_sign_in(world.app.test_client(), "max", PASSWORD)

    assert checks == []


@pytest.mark.usefixtures("dear_passwords")
def test_an_unknown_name_costs_the_same_check_as_a_known_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.member("max")
    checks: list[str] = []
    verify = Passwords._verify
    monkeypatch.setattr(
        Passwords, "_verify", lambda self, stored, password: checks.append(stored) or verify(self, stored, password)
    )

    submit_sign_in(world.app.test_client(), "niemand", "falsch")
    submit_sign_in(world.app.test_client(), "max", "falsch")

    assert len(checks) == 2
    assert {check.rsplit("$", 2)[0] for check in checks} == {"$argon2id$v=19$m=19456,t=2,p=1"}


def test_nobody_locks_a_member_out_from_another_address(world: World) -> None:
    world.member("max")
    for _try in range(20):
        from_address(world, "10.0.0.1", "max", "falsch")

    assert from_address(world, "10.0.0.1", "max", PASSWORD).status_code == 401
    assert from_address(world, "10.0.0.2", "max", PASSWORD).status_code == 303


def test_one_address_may_fail_thirty_times_whatever_the_names(world: World) -> None:
    world.member("max")
    for number in range(30):
        from_address(world, "10.0.0.1", f"name{number}", "falsch")

    assert from_address(world, "10.0.0.1", "max", PASSWORD).status_code == 401
    assert from_address(world, "10.0.0.2", "max", PASSWORD).status_code == 303


def test_one_members_failures_do_not_hold_up_another_at_the_same_address(world: World) -> None:
    world.member("max")
    world.member("anna")
    for _try in range(6):
        submit_sign_in(world.app.test_client(), "max", "falsch")

    assert submit_sign_in(world.app.test_client(), "anna", PASSWORD).status_code == 303


def test_the_limit_ends_after_ten_minutes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.member("max")
    for _try in range(5):
        submit_sign_in(world.app.test_client(), "max", "falsch")
    now = time.time()
    monkeypatch.setattr("limits.storage.memory.time.time", lambda: now + 601)

    assert submit_sign_in(world.app.test_client(), "max", PASSWORD).status_code == 303


def test_a_success_counts_for_nothing_against_anybody(world: World) -> None:
    world.member("max")

    answers = [submit_sign_in(world.app.test_client(), "max", PASSWORD).status_code for _turn in range(8)]

    assert answers == [303] * 8


def test_form_and_token_share_their_limits(world: World) -> None:
    world.member("max")
    for _try in range(5):
        submit_sign_in(world.app.test_client(), "max", "falsch")

    answer = world.app.test_client().post(TOKEN, json={"username": "max", "password": PASSWORD})

    assert code(answer) == (429, "rate_limited")
    assert int(answer.headers["Retry-After"]) > 0


def test_without_a_trusted_proxy_a_forwarded_address_counts_for_nothing(world: World) -> None:
    world.member("max")
    for number in range(5):
        from_address(world, "10.0.0.1", "max", "falsch", X_FORWARDED_FOR=f"192.0.2.{number}")

    answer = from_address(world, "10.0.0.1", "max", PASSWORD, X_FORWARDED_FOR="192.0.2.99")

    assert answer.status_code == 401


def test_behind_a_trusted_proxy_the_forwarded_address_counts(make_world: Callable[..., World]) -> None:
    world = make_world(trusted_proxies=1)
    world.member("max")
    for _try in range(5):
        from_address(world, "10.0.0.1", "max", "falsch", X_FORWARDED_FOR="192.0.2.1")

    assert from_address(world, "10.0.0.1", "max", PASSWORD, X_FORWARDED_FOR="192.0.2.1").status_code == 401
    assert from_address(world, "10.0.0.1", "max", PASSWORD, X_FORWARDED_FOR="192.0.2.2").status_code == 303


def test_behind_one_trusted_proxy_an_address_that_the_caller_invents_counts_for_nothing(
    make_world: Callable[..., World],
) -> None:
    world = make_world(trusted_proxies=1)
    world.member("max")
    for number in range(5):
        from_address(world, "10.0.0.1", "max", "falsch", X_FORWARDED_FOR=f"203.0.113.{number}, 192.0.2.1")

    answer = from_address(world, "10.0.0.1", "max", PASSWORD, X_FORWARDED_FOR="203.0.113.77, 192.0.2.1")

    assert answer.status_code == 401


@pytest.mark.usefixtures("dear_passwords")
def test_passwords_are_kept_as_argon2id(world: World) -> None:
    world.member("max")

    assert world.row("max")["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.usefixtures("dear_passwords")
def test_a_hash_with_older_parameters_is_renewed_at_sign_in(world: World) -> None:
    world.member("max")
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    max_ = world.row("max")
    world.wired.services.members.store.replace_password(max_["id"], max_["password_hash"], old)

    assert submit_sign_in(world.app.test_client(), "max", PASSWORD).status_code == 303
    assert world.row("max")["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert submit_sign_in(world.app.test_client(), "max", PASSWORD).status_code == 303


@pytest.mark.parametrize("target", ["/", "/preferences", "/preferences?a=b", "/?next=x", "/ä"])
def test_next_leads_to_a_page_of_this_app(world: World, target: str) -> None:
    world.member("max")

    answer = submit_sign_in(world.app.test_client(), "max", PASSWORD, target)

    assert answer.headers["Location"].startswith("/")
    assert answer.headers["Location"].split("?")[0] in (target.split("?")[0], "/%C3%A4")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "////evil.example",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        "\t//evil.example/",
        " //evil.example/",
        "/\r\nSet-Cookie: a=b",
        "/\n/evil.example",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "http:evil.example",
        "http:/evil.example",
        "evil.example",
        "@evil.example",
        "//[",
        "http://[",
        "https://evil.example@localhost/",
        "/\0/evil",
        "/../../evil.example",
        "\u2028//evil.example",
        "//\u200bevil.example",
        "?next=//evil",
        "",
    ],
)
def test_next_never_leads_anywhere_else(world: World, target: str) -> None:
    world.member("max")
    client = world.app.test_client()

    answer = submit_sign_in(client, "max", PASSWORD, target)
    when_signed_in = client.get("/login", query_string={"next": target})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert (when_signed_in.status_code, when_signed_in.headers["Location"]) == (303, "/")


def test_a_session_that_was_planted_before_is_worth_nothing_afterwards(world: World) -> None:
    world.member("max")
    client = world.app.test_client()
    client.get("/login")
    before = client.get_cookie("talkboard").value

    submit_sign_in(client, "max", PASSWORD)

    after = client.get_cookie("talkboard").value
    assert after != before
    thief = world.app.test_client()
    thief.set_cookie("talkboard", before)
    assert not signed_in(thief)


def test_a_csrf_token_from_before_the_sign_in_is_worth_nothing_afterwards(world: World) -> None:
    world.member("max")
    client = world.app.test_client()
    page = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
    client.post("/login", data={"username": "max", "password": PASSWORD, "csrf_token": token})

    answer = client.post("/api/nextcloud/connect", headers={"X-CSRFToken": token})

    assert code(answer) == (403, "csrf_failed")


def test_the_id_of_a_sign_in_stands_nowhere_in_the_database(world: World) -> None:
    max_ = world.sign_in("max")
    with max_.client.session_transaction() as session:
        sign_in_id = session["_user_id"]

    files = b"".join(path.read_bytes() for path in world.folder.iterdir())

    assert sign_in_id.encode() not in files
    assert len(world.rows("sign_ins")[0]["id_hash"]) == 64


@pytest.mark.parametrize("token", ["", "wrong", None])
def test_the_sign_in_form_wants_its_token(world: World, token: str | None) -> None:
    world.member("max")
    client = world.app.test_client()
    client.get("/login")
    form = {"username": "max", "password": PASSWORD} | ({} if token is None else {"csrf_token": token})

    answer = client.post("/login", data=form)

    assert answer.status_code == 400
    assert alert(answer)
    assert not signed_in(client)


def test_the_sign_in_form_wants_a_token_of_this_very_browser(world: World) -> None:
    world.member("max")
    page = world.app.test_client().get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)

    answer = world.app.test_client().post("/login", data={"username": "max", "password": PASSWORD, "csrf_token": token})

    assert answer.status_code == 400


def test_the_sign_in_page_is_one_that_password_managers_understand(world: World) -> None:
    page = world.app.test_client().get("/login").get_data(as_text=True)

    assert re.search(r'<input[^>]*name="username"[^>]*autocomplete="username"', page, re.DOTALL)
    assert re.search(r'<input[^>]*name="password"[^>]*autocomplete="current-password"', page, re.DOTALL)


@pytest.mark.parametrize(
    ("accepted", "language"), [("fr, de;q=0.8, en;q=0.5", "de"), ("en-GB", "en"), ("fr", "de"), ("", "de")]
)
def test_the_page_speaks_the_language_of_the_browser(world: World, accepted: str, language: str) -> None:
    page = world.app.test_client().get("/login", headers={"Accept-Language": accepted}).get_data(as_text=True)

    assert f'<html lang="{language}"' in page
