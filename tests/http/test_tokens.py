"""Bearer tokens: how they are got, what they are worth, and when no more."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, OKPKey
from pydantic import SecretStr

from tests.world import CONNECT, PASSWORD, POLL, ROOMS, TOKEN, Caller, World, code, names
from tests.world import private as secret
from web.tokens import keys_from_secret


def key_set(*keys: tuple[str, str]) -> SecretStr:
    """A JWK set of symmetric keys, each with its id."""
    made = [OctKey.import_key(secret(letter * 40), {"kid": kid}) for kid, letter in keys]
    return SecretStr(json.dumps({"keys": [key.as_dict(private=True) for key in made]}))


def ask(world: World, token: str, scheme: str = "Bearer") -> tuple[int, str]:
    answer = world.app.test_client().get(ROOMS, headers={"Authorization": f"{scheme} {token}"})
    return code(answer)


def forged(world: World, keys: KeySet | None = None, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token like ours except for the changes; None leaves a claim out."""
    now = int(world.clock())
    claims = {
        "iss": world.settings.address,
        "aud": "talkboard",
        "sub": str(world.row("max")["id"]),
        "iat": now,
        "exp": now + 900,
    } | changes
    ours = keys or keys_from_secret(world.settings.secret_key)
    head = {"alg": "HS256", "kid": ours.keys[0].kid} | (header or {})
    present = {key: value for key, value in claims.items() if value is not None}
    return jwt.encode(head, present, ours, algorithms=[str(head["alg"])])


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)]
    return ".".join([*parts, ""])


def test_a_token_is_got_by_name_and_password_and_opens_the_calls(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    world.connected("max")

    answer = world.app.test_client().post(TOKEN, json={"username": "max", "password": PASSWORD})

    data = answer.get_json()["data"]
    assert set(data) == {"accessToken", "tokenType", "expiresIn"}
    assert (data["tokenType"], data["expiresIn"]) == ("Bearer", 900)
    assert names(world.bearer("max").get(ROOMS)) == ["Einsatzgruppe 1"]


def test_a_token_names_its_key_and_nothing_of_the_member_but_his_number(world: World) -> None:
    token = world.bearer("max").token
    assert token is not None

    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])

    assert header["kid"] == "secret-key"
    assert set(claims) == {"iss", "aud", "sub", "iat", "exp"}
    assert claims["sub"] == str(world.row("max")["id"])


@pytest.mark.parametrize(("name", "password"), [("max", "falsch"), ("niemand", PASSWORD)])
def test_wrong_credentials_are_told_apart_by_nobody(world: World, name: str, password: str) -> None:
    world.member("max")

    answer = world.app.test_client().post(TOKEN, json={"username": name, "password": password})

    assert code(answer) == (401, "invalid_credentials")


@pytest.mark.parametrize(
    "body",
    [None, b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"username":"max"}', b'{"username":"","password":"x"}',
     b'{"username":5,"password":["x"]}', b'{"username":"max","password":null}', b"\xff\xfe"],
)  # fmt: skip
def test_a_body_of_another_form_is_an_invalid_request(world: World, body: bytes | None) -> None:
    answer = world.app.test_client().post(TOKEN, data=body, content_type="application/json")

    assert code(answer) == (422, "invalid_request")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_is_no_json_is_an_invalid_request(world: World, content_type: str) -> None:
    world.member("max")
    body = json.dumps({"username": "max", "password": PASSWORD})

    assert code(world.app.test_client().post(TOKEN, data=body, content_type=content_type)) == (422, "invalid_request")


def test_an_invalid_request_does_not_repeat_what_it_was_sent(world: World) -> None:
    wrong = secret("aus-versehen-hier-eingetippt")

    answer = world.app.test_client().post(TOKEN, json={"username": "max", "password": {"x": wrong}})

    assert wrong not in answer.get_data(as_text=True)


def test_a_token_ends_after_its_time_and_says_so(make_world: Callable[..., World]) -> None:
    world = make_world(jwt_seconds=60)
    program = world.bearer("max")
    world.clock.advance(55)
    before = code(program.get(ROOMS))
    world.clock.advance(6)

    assert before == (401, "nextcloud_not_connected")
    assert code(program.get(ROOMS)) == (401, "token_expired")


def test_a_forged_token_like_ours_would_be_taken(world: World) -> None:
    """The next test is worth something only because this one passes."""
    world.member("max")

    assert ask(world, forged(world)) == (401, "nextcloud_not_connected")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"},
        {"aud": None},
        {"iss": "https://evil.example/"},
        {"iss": None},
        {"sub": None},
        {"sub": "max"},
        {"sub": ""},
        {"iat": None},
        {"iat": "gestern"},
        {"exp": None},
        {"exp": "morgen"},
    ],
)
def test_a_token_with_other_claims_is_worth_nothing(world: World, changes: dict[str, Any]) -> None:
    world.member("max")

    assert ask(world, forged(world, **changes)) == (401, "unauthenticated")


def test_a_token_signed_by_another_key_of_the_same_name_is_worth_nothing(world: World) -> None:
    world.member("max")
    other = KeySet([OctKey.import_key("x" * 40, {"kid": "secret-key"})])

    assert ask(world, forged(world, other)) == (401, "unauthenticated")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS256", "RS256"])
def test_a_token_without_a_signature_is_worth_nothing(world: World, algorithm: str) -> None:
    world.member("max")
    now = int(world.clock())
    claims = {"iss": world.settings.address, "aud": "talkboard", "sub": "1", "iat": now, "exp": now + 900}

    for header in ({"alg": algorithm, "kid": "secret-key"}, {"alg": algorithm}):
        assert ask(world, unsigned(header, claims)) == (401, "unauthenticated")


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_that_was_changed_is_worth_nothing(world: World, part: int) -> None:
    token = world.bearer("max").token
    assert token is not None
    parts = token.split(".")
    parts[part] = parts[part][:-2] + ("AA" if parts[part][-2:] != "AA" else "BB")

    assert ask(world, ".".join(parts)) == (401, "unauthenticated")


@pytest.mark.parametrize("token", ["", " ", "x", "a.b", "a.b.c", "a.b.c.d", "ä.ö.ü", "." * 200, "e30.e30.e30"])
def test_nonsense_is_no_token(world: World, token: str) -> None:
    assert ask(world, token.encode().decode("latin-1")) == (401, "unauthenticated")


def test_a_public_key_is_not_taken_for_a_shared_secret(make_world: Callable[..., World]) -> None:
    pair = OKPKey.generate_key("Ed25519", {"kid": "one"})
    keys = SecretStr(json.dumps({"keys": [pair.as_dict(private=True)]}))
    world = make_world(jwt_keys=keys)
    world.member("max")
    assert world.bearer("max").get(ROOMS).status_code == 401
    now = int(world.clock())
    claims = {"iss": world.settings.address, "aud": "talkboard", "sub": "1", "iat": now, "exp": now + 900}
    told = unsigned({"alg": "HS256", "kid": "one"}, claims).rstrip(".")
    for public in (pair.as_pem(private=False), pair.public_key.public_bytes_raw()):
        mac = base64.urlsafe_b64encode(hmac.digest(public, told.encode(), "sha256")).rstrip(b"=").decode()
        assert ask(world, f"{told}.{mac}") == (401, "unauthenticated")


def test_a_cookie_beside_a_token_counts_for_nothing(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    world.simulator.member("anna").joins("Kommando")
    browser, program = world.connected("max"), world.bearer("anna")
    world.connected("anna")

    answer = browser.client.get(ROOMS, headers={"Authorization": f"Bearer {program.token}"})

    assert names(answer) == ["Kommando"]


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Bearer", "bearer x", "BEARER x", "Bearer\tx"])
def test_nor_beside_one_that_is_bad(world: World, header: str) -> None:
    browser = world.connected("max")

    assert code(browser.client.get(ROOMS, headers={"Authorization": header})) == (401, "unauthenticated")
    assert code(browser.client.post(CONNECT, headers={"Authorization": header})) == (401, "unauthenticated")


def test_beside_a_token_a_cookie_opens_no_page_either(world: World) -> None:
    browser = world.sign_in("max")

    answer = browser.client.get("/", headers={"Authorization": "Bearer nonsense"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=%2F")


def test_a_token_opens_no_page(world: World) -> None:
    program = world.bearer("max")

    assert program.get("/").status_code == 303
    assert program.get("/_dash-layout").status_code == 401
    assert "sideUpdate" in program.tick().get_json()


def test_a_token_needs_no_token_of_a_session(world: World) -> None:
    program = world.bearer("max")

    assert program.post(CONNECT).status_code == 200
    assert program.data(program.post(POLL))["status"] == "pending"
    assert program.delete(CONNECT).status_code == 200


def test_the_whole_way_without_a_browser_of_ours(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    program = world.bearer("max")

    world.connect(program)

    assert names(program.get(ROOMS)) == ["Einsatzgruppe 1"]
    assert program.data(program.delete(CONNECT)) == {"revoked": True}


def test_answers_to_a_token_set_no_cookie(world: World) -> None:
    browser, program = world.sign_in("max"), world.bearer("max")
    header = {"Authorization": f"Bearer {program.token}"}

    answers = [
        program.get(ROOMS),
        program.post(CONNECT),
        program.get("/api/x"),
        browser.client.get(ROOMS, headers=header),
        browser.client.post(CONNECT, headers=header),
    ]

    assert [answer.headers.getlist("Set-Cookie") for answer in answers] == [[]] * len(answers)


def test_getting_a_token_sets_no_cookie(world: World) -> None:
    world.member("max")

    answer = world.app.test_client().post(TOKEN, json={"username": "max", "password": PASSWORD})

    assert answer.headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize("ending", ["disable", "remove"])
def test_the_token_of_a_member_who_is_gone_names_nobody(world: World, ending: str) -> None:
    program = world.bearer("max")
    program.get(ROOMS)

    getattr(world.wired.roster, ending)("max")

    assert code(program.get(ROOMS)) == (403, "unknown_member")


def test_elsewhere_it_names_nobody_within_ten_seconds(world: World) -> None:
    program = world.bearer("max")
    other = world.beside()
    there = Caller(other.app.test_client(), "max", program.token)
    there.get(ROOMS)

    world.wired.roster.disable("max")
    world.clock.advance(10)

    assert code(there.get(ROOMS)) == (403, "unknown_member")


def test_signing_out_everywhere_ends_tokens_too(world: World) -> None:
    program = world.bearer("max")
    before = code(program.get(ROOMS))
    world.wired.services.sign_ins.end_all(world.row("max")["id"])

    assert before == (401, "nextcloud_not_connected")
    assert code(program.get(ROOMS)) == (401, "unauthenticated")


def test_a_token_from_after_signing_out_everywhere_is_good(world: World) -> None:
    world.member("max")
    world.wired.services.sign_ins.end_all(world.row("max")["id"])
    world.clock.advance(1)

    assert code(world.bearer("max").get(ROOMS)) == (401, "nextcloud_not_connected")


def test_a_member_who_is_enabled_again_needs_a_new_token(world: World) -> None:
    program = world.bearer("max")
    world.wired.roster.disable("max")
    world.wired.roster.enable("max")

    assert code(program.get(ROOMS)) == (401, "unauthenticated")


def test_another_member_of_the_same_name_is_not_opened_by_the_old_token(world: World) -> None:
    program = world.bearer("max")
    world.wired.roster.remove("max")
    world.member("max")

    assert code(program.get(ROOMS)) == (403, "unknown_member")


def test_keys_rotate_without_anybody_noticing(make_world: Callable[..., World]) -> None:
    world = make_world(jwt_keys=key_set(("old", "a")))
    program = world.bearer("max")

    world.changes["jwt_keys"] = key_set(("new", "b"), ("old", "a"))
    world.restart(program)
    with_the_old_key = code(program.get(ROOMS))
    fresh = world.bearer("max")
    world.changes["jwt_keys"] = key_set(("new", "b"))
    world.restart(program, fresh)

    assert with_the_old_key == (401, "nextcloud_not_connected")
    assert code(program.get(ROOMS)) == (401, "unauthenticated")
    assert code(fresh.get(ROOMS)) == (401, "nextcloud_not_connected")


def test_a_new_secret_key_ends_tokens_and_sign_ins(world: World) -> None:
    program, browser = world.bearer("max"), world.sign_in("max")

    world.changes["secret_key"] = SecretStr("n" * 40)
    world.restart(program, browser)

    assert code(program.get(ROOMS)) == (401, "unauthenticated")
    assert code(browser.get(ROOMS)) == (401, "unauthenticated")
