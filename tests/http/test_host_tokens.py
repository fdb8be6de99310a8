"""Tokens that the host dashboard signs itself: whom they open the calls to, and when not."""

import base64
import hmac
import json
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import Key, OctKey, RSAKey
from pydantic import SecretStr, ValidationError
from werkzeug.test import TestResponse

from services import host_keys, key_set
from settings import Settings
from tests.http.framed import SETTINGS, frame
from tests.http.host import AUDIENCE, ISSUER, KeyServer, as_setting, new_key, public_pem, settings, token
from tests.world import CONNECT, ROOMS, Caller, World, at_once, code, eventually, names

ALGORITHMS = ("HS256", "RS256", "Ed25519", "EdDSA")
GOOD = (401, "nextcloud_not_connected")
"""What a call answers whose token is good, as long as nothing is connected."""
REFUSED = (401, "unauthenticated")
AWAY = (503, "host_keys_unavailable")


@pytest.fixture
def key() -> Key:
    return new_key("Ed25519")


@pytest.fixture
def world(make_world: Callable[..., World], key: Key) -> World:
    """An app that takes tokens of a host, which signs with `key`."""
    world = make_world(**settings(public_pem(key), "Ed25519"))
    world.member("max")
    return world


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    server = KeyServer()
    yield server
    server.close()


@pytest.fixture
def fetching(make_world: Callable[..., World], key_server: KeyServer, key: Key) -> World:
    """An app that fetches the keys of the host, which publishes `key`."""
    key_server.keys = [key]
    world = make_world(**settings(key_server.url, "Ed25519"))
    world.member("max")
    return world


def send(world: World, bearer: str) -> TestResponse:
    return world.app.test_client().get(ROOMS, headers={"Authorization": f"Bearer {bearer}"})


def ask(world: World, bearer: str) -> tuple[int, str]:
    return code(send(world, bearer))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_the_host_opens_the_calls_of_its_member(make_world: Callable[..., World], algorithm: str) -> None:
    key = new_key(algorithm)
    world = make_world(**settings(as_setting(key), algorithm))
    world.simulator.member("max").joins("Einsatzgruppe 1")
    world.member("max")
    program = Caller(world.app.test_client(use_cookies=False), "max", token(world, key, algorithm))

    world.connect(program)

    assert names(program.get(ROOMS)) == ["Einsatzgruppe 1"]
    assert program.data(program.delete(CONNECT)) == {"revoked": True}


@pytest.mark.parametrize("algorithm", ["Ed25519", "EdDSA"])
def test_the_two_names_of_one_algorithm_are_the_same(world: World, key: Key, algorithm: str) -> None:
    assert ask(world, token(world, key, algorithm)) == GOOD


def test_our_own_tokens_are_good_beside_them(world: World) -> None:
    assert code(world.bearer("max").get(ROOMS)) == GOOD


def test_without_the_settings_no_token_of_a_host_is_good(make_world: Callable[..., World], key: Key) -> None:
    world = make_world()
    world.member("max")

    assert ask(world, token(world, key, "Ed25519")) == REFUSED


def test_a_token_of_the_host_opens_no_page(world: World, key: Key) -> None:
    bearer = token(world, key, "Ed25519")

    assert world.app.test_client().get("/", headers={"Authorization": f"Bearer {bearer}"}).status_code == 303


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"}, {"iss": None}, {"iss": [ISSUER]}, {"aud": "another"}, {"aud": None},
        {"aud": ["another"]}, {"aud": []}, {"aud": {"x": AUDIENCE}}, {"aud": AUDIENCE + "x"}, {"sub": None},
        {"sub": ""}, {"sub": 5}, {"sub": ["max"]}, {"exp": None}, {"exp": "morgen"}, {"exp": True},
        {"exp": float("nan")},
        {"iat": "gestern"}, {"iat": 9999999999}, {"nbf": 9999999999}, {"nbf": "morgen"},
    ],
)  # fmt: skip
def test_a_token_with_other_claims_is_worth_nothing(world: World, key: Key, changes: dict[str, Any]) -> None:
    assert ask(world, token(world, key, "Ed25519", **changes)) == REFUSED


@pytest.mark.parametrize(
    "changes", [{"aud": [AUDIENCE, "another"]}, {"iat": None}, {"exp": 9999999999.5}, {"role": "admin"}, {"jti": 5}]
)
def test_what_does_not_matter_may_be_otherwise(world: World, key: Key, changes: dict[str, Any]) -> None:
    assert ask(world, token(world, key, "Ed25519", **changes)) == GOOD


@pytest.mark.parametrize("header", [{"kid": None}, {"kid": "another"}, {"typ": "at+jwt"}, {"ver": "2"}])
def test_the_header_of_a_token_for_a_given_key_may_say_what_it_likes(
    world: World, key: Key, header: dict[str, Any]
) -> None:
    assert ask(world, token(world, key, "Ed25519", header=header)) == GOOD


def test_a_token_that_is_too_old_says_so_and_clocks_may_differ_a_little(world: World, key: Key) -> None:
    bearer = token(world, key, "Ed25519")
    world.clock.advance(305)
    late = ask(world, bearer)
    world.clock.advance(10)

    assert late == GOOD
    assert ask(world, bearer) == (401, "token_expired")


def test_the_name_is_where_the_setting_says(make_world: Callable[..., World], key: Key) -> None:
    world = make_world(**settings(public_pem(key), "Ed25519", claim="preferred_username"))
    world.member("max")

    assert ask(world, token(world, key, "Ed25519", name=None, preferred_username="max")) == GOOD  # type: ignore[arg-type]
    assert ask(world, token(world, key, "Ed25519", sub=4711, preferred_username="max")) == GOOD
    assert ask(world, token(world, key, "Ed25519", name="max")) == REFUSED
    for nobody in (5, ["max"], {"max": 1}, True, ""):
        assert ask(world, token(world, key, "Ed25519", preferred_username=nobody)) == REFUSED


@pytest.mark.parametrize(
    "name", ["niemand", "max ", " max", "max\u0000", "m\ud800x", "max" + "x" * 80, "m?x", "1", "%", "anna"]
)
def test_a_name_that_is_none_here_names_nobody(world: World, key: Key, name: str) -> None:
    assert ask(world, token(world, key, "Ed25519", name=name)) == (403, "unknown_member")


def test_a_name_that_would_be_cut_is_not_that_of_another(world: World, key: Key) -> None:
    world.member("x" * 80)

    assert ask(world, token(world, key, "Ed25519", name="x" * 80)) == GOOD
    assert ask(world, token(world, key, "Ed25519", name="x" * 81)) == (403, "unknown_member")


def test_a_name_may_be_capitalised(world: World, key: Key) -> None:
    assert ask(world, token(world, key, "Ed25519", name="Max")) == GOOD


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)]
    return ".".join(parts)


@pytest.mark.parametrize("algorithm", ["RS256", "Ed25519"])
def test_a_public_key_is_not_taken_for_a_shared_secret(make_world: Callable[..., World], algorithm: str) -> None:
    key = new_key(algorithm)
    world = make_world(**settings(public_pem(key), algorithm))
    world.member("max")
    now = int(world.clock())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "max", "iat": now, "exp": now + 300}
    told = unsigned({"alg": "HS256", "kid": "one"}, claims)

    for secret in (public_pem(key), public_pem(key).strip(), json.dumps(key.as_dict(private=False))):
        mac = base64.urlsafe_b64encode(hmac.digest(secret.encode(), told.encode(), "sha256")).rstrip(b"=").decode()
        assert ask(world, f"{told}.{mac}") == REFUSED


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "Ed25519", "EdDSA", "RS256", "ES256"])
def test_a_token_without_a_signature_is_worth_nothing(world: World, algorithm: str) -> None:
    now = int(world.clock())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "max", "iat": now, "exp": now + 300}

    assert ask(world, unsigned({"alg": algorithm, "kid": "one"}, claims) + ".") == REFUSED


def test_only_the_algorithm_of_the_setting_is_taken(make_world: Callable[..., World]) -> None:
    key = new_key("HS256")
    world = make_world(**settings(as_setting(key), "HS256"))
    world.member("max")

    assert ask(world, token(world, key, "HS256")) == GOOD
    assert ask(world, token(world, key, "HS512")) == REFUSED


def test_another_key_of_the_same_name_signs_nothing(world: World) -> None:
    assert ask(world, token(world, new_key("Ed25519"), "Ed25519")) == REFUSED


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_that_was_changed_is_worth_nothing(world: World, key: Key, part: int) -> None:
    parts = token(world, key, "Ed25519").split(".")
    parts[part] = parts[part][:8] + ("AA" if parts[part][8:10] != "AA" else "BB") + parts[part][10:]

    assert ask(world, ".".join(parts)) == REFUSED


def test_the_hosts_key_signs_none_of_our_tokens(world: World, key: Key) -> None:
    ours = {"iss": world.settings.address, "aud": "talkboard", "sub": str(world.row("max")["id"])}

    assert ask(world, token(world, key, "Ed25519", **ours)) == REFUSED


def test_a_member_who_is_disabled_is_out_at_once_here_and_within_ten_seconds_elsewhere(world: World, key: Key) -> None:
    there, bearer = world.beside(), token(world, key, "Ed25519")
    assert (ask(world, bearer), ask(there, bearer)) == (GOOD, GOOD)

    world.wired.roster.disable("max")
    here = ask(world, bearer)
    world.clock.advance(10)

    assert here == (403, "unknown_member")
    assert ask(there, bearer) == (403, "unknown_member")


def test_signing_out_everywhere_ends_what_was_issued_before(world: World, key: Key) -> None:
    before = token(world, key, "Ed25519")
    untimed = token(world, key, "Ed25519", iat=None)
    world.wired.services.sign_ins.end_all(world.row("max")["id"])
    world.clock.advance(1)

    assert ask(world, before) == REFUSED
    assert ask(world, untimed) == REFUSED
    assert ask(world, token(world, key, "Ed25519")) == GOOD


def test_nothing_of_a_token_is_logged(fetching: World, key: Key, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    good, bad = token(fetching, key, "Ed25519"), token(fetching, new_key("Ed25519", "two"), "Ed25519")
    for bearer in (good, bad, bad[:-5]):
        ask(fetching, bearer)

    assert not [part for bearer in (good, bad) for part in bearer.split(".") if part in caplog.text]


# Keys that are fetched


def test_keys_are_fetched_when_the_first_token_comes_and_then_remembered(
    fetching: World, key_server: KeyServer, key: Key
) -> None:
    at_start = key_server.asked
    answers = [ask(fetching, token(fetching, key, "Ed25519")) for _ in range(5)]

    assert at_start == 0
    assert answers == [GOOD] * 5
    assert key_server.asked == 1


def test_many_first_tokens_at_once_ask_once(fetching: World, key_server: KeyServer, key: Key) -> None:
    bearer = token(fetching, key, "Ed25519")

    assert at_once(8, lambda _: ask(fetching, bearer)) == [GOOD] * 8
    assert key_server.asked == 1


def test_a_new_key_is_found_without_a_restart(fetching: World, key_server: KeyServer, key: Key) -> None:
    ask(fetching, token(fetching, key, "Ed25519"))
    fetching.clock.advance(60)
    new = new_key("Ed25519", "two")
    key_server.keys = [new, key]

    assert ask(fetching, token(fetching, new, "Ed25519")) == GOOD
    assert ask(fetching, token(fetching, key, "Ed25519")) == GOOD
    assert key_server.asked == 2


@pytest.mark.parametrize("fetched", [True, False], ids=["fetched", "given"])
def test_without_a_name_none_of_several_keys_is_tried(
    make_world: Callable[..., World], key_server: KeyServer, key: Key, fetched: bool
) -> None:
    key_server.keys = [key, new_key("Ed25519", "two")]
    given = json.dumps({"keys": [one.as_dict(private=False) for one in key_server.keys]})
    world = make_world(**settings(key_server.url if fetched else given, "Ed25519"))
    world.member("max")

    assert ask(world, token(world, key, "Ed25519")) == GOOD
    assert ask(world, token(world, key, "Ed25519", header={"kid": None})) == REFUSED


def test_unknown_keys_ask_once_a_minute_at_most(fetching: World, key_server: KeyServer, key: Key) -> None:
    ask(fetching, token(fetching, key, "Ed25519"))
    for number in range(5):
        assert ask(fetching, token(fetching, new_key("Ed25519", f"k{number}"), "Ed25519")) == REFUSED
    in_the_first_minute = key_server.asked
    fetching.clock.advance(61)
    for number in range(5):
        assert ask(fetching, token(fetching, new_key("Ed25519", f"k{number}"), "Ed25519")) == REFUSED

    assert (in_the_first_minute, key_server.asked) == (1, 2)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256", "ES256"])
def test_a_token_of_another_algorithm_does_not_even_ask(fetching: World, key_server: KeyServer, algorithm: str) -> None:
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "max", "exp": int(fetching.clock()) + 300}

    assert ask(fetching, unsigned({"alg": algorithm, "kid": "x"}, claims) + ".AAAA") == REFUSED
    assert key_server.asked == 0


def test_a_key_that_the_host_has_withdrawn_is_good_for_ten_minutes_at_most(
    fetching: World, key_server: KeyServer, key: Key
) -> None:
    ask(fetching, token(fetching, key, "Ed25519"))
    key_server.keys = [new_key("Ed25519", "two")]
    fetching.clock.advance(580)
    before = ask(fetching, token(fetching, key, "Ed25519"))
    fetching.clock.advance(20)

    assert before == GOOD
    assert ask(fetching, token(fetching, key, "Ed25519")) == REFUSED


def page(request: Any) -> None:
    KeyServer.send(request, b"<html>", 200)


def elsewhere(request: Any) -> None:
    KeyServer.send(request, b"", 302, Location=f"http://{request.headers['Host']}/other")


def nothing(request: Any) -> None:
    KeyServer.send(request, b'{"keys": []}')


def of_another_form(request: Any) -> None:
    KeyServer.send(request, b'{"keys": {"kty": "OKP"}}')


def deep(request: Any) -> None:
    KeyServer.send(request, b"[" * 50_000)


def hangs_up(request: Any) -> None:
    request.connection.close()


TROUBLES = [page, elsewhere, nothing, of_another_form, deep, hangs_up, "fail", "flood", "drip"]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_host_that_does_not_answer_is_told_from_a_bad_token(
    fetching: World, key_server: KeyServer, key: Key, trouble: Any, caplog: pytest.LogCaptureFixture
) -> None:
    publish = key_server.answer
    key_server.answer = getattr(key_server, trouble) if isinstance(trouble, str) else trouble
    bearer = token(fetching, key, "Ed25519")

    first, again = send(fetching, bearer), send(fetching, bearer)

    assert (code(first), code(again)) == (AWAY, AWAY)
    assert 1 <= int(again.headers["Retry-After"]) <= 61
    assert key_server.asked == 1
    assert caplog.text.count("host_keys.away") == 1
    key_server.answer = publish
    fetching.clock.advance(60)
    assert ask(fetching, bearer) == GOOD


def test_whoever_has_a_key_does_not_wait_for_the_question_of_another(
    fetching: World, key_server: KeyServer, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(fetching, token(fetching, key, "Ed25519"))
    fetching.clock.advance(key_set.FRESH_SECONDS)
    monkeypatch.setattr("wiring.FETCH_SECONDS", 60)
    answered, in_time = threading.Event(), []
    key_server.answer = lambda request: in_time.append(answered.wait(10)) or key_server.publish(request)  # type: ignore[func-returns-value]
    asking = threading.Thread(target=ask, args=(fetching, token(fetching, key, "Ed25519")))
    asking.start()
    eventually(lambda: key_server.asked == 2)

    answer = ask(fetching, token(fetching, key, "Ed25519"))
    answered.set()
    asking.join()

    assert (answer, in_time) == (GOOD, [True])


def test_with_nobody_at_the_address_it_is_the_same(make_world: Callable[..., World], key: Key) -> None:
    world = make_world(**settings("http://127.0.0.1:9/jwks.json", "Ed25519"))
    world.member("max")

    assert ask(world, token(world, key, "Ed25519")) == AWAY
    assert code(world.bearer("max").get(ROOMS)) == GOOD


def test_a_frame_is_told_when_to_ask_again(make_world: Callable[..., World], key: Key) -> None:
    world = make_world(**settings("http://127.0.0.1:9/jwks.json", "Ed25519"), **SETTINGS)

    answer = frame(world).redeem(token(world, key, "Ed25519"))

    assert (answer.status_code, answer.get_json()) == (503, {"error": "unavailable"})
    assert 1 <= int(answer.headers["Retry-After"]) <= 61


@pytest.mark.parametrize("trouble", [page, nothing])
def test_keys_that_are_known_stay_good_while_the_host_is_away_for_a_day(
    fetching: World, key_server: KeyServer, key: Key, trouble: Any
) -> None:
    ask(fetching, token(fetching, key, "Ed25519"))
    key_server.answer = trouble
    fetching.clock.advance(host_keys.KEPT_SECONDS - 30)
    before = ask(fetching, token(fetching, key, "Ed25519"))
    fetching.clock.advance(60)

    assert before == GOOD
    assert ask(fetching, token(fetching, key, "Ed25519")) == AWAY


def test_of_a_set_only_what_can_check_the_algorithm_counts(fetching: World, key_server: KeyServer, key: Key) -> None:
    public = key.as_dict(private=False)
    weak = {"kty": "oct", "kid": "weak", "k": base64.urlsafe_b64encode(b"x" * 40).decode()}
    key_server.keys = [
        None, 5, {}, {"kty": "OKP"}, {"kty": "OKP", "crv": "Ed25519", "x": 5, "kid": "one"},
        {"kty": "OKP", "crv": "X25519", "x": public["x"], "kid": "one"}, {"kty": "AKP", "kid": "one"}, weak,
        {**public, "use": "enc"}, {**public, "kty": "EC"}, {**public, "alg": "ES256"},
        RSAKey.generate_key(2048, {"kid": "one"}),
        {**public, "alg": "EdDSA", "use": "sig", "key_ops": ["verify"], "x5c": ["…"]},
    ]  # fmt: skip

    assert ask(fetching, token(fetching, key, "Ed25519")) == GOOD
    assert ask(fetching, token(fetching, key, "Ed25519", header={"kid": None})) == GOOD
    secret = OctKey.import_key("x" * 40, {"kid": "weak"})
    assert ask(fetching, token(fetching, secret, "HS256")) == REFUSED


# The settings


def given(**values: Any) -> Settings:
    base = {"nextcloud_url": "https://c.example.org", "secret_key": SecretStr("s" * 40)}
    return Settings(_env_file=None, **base, credential_keys="A" * 43 + "=", **values)


def sentence(**values: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        given(**values)
    return str(caught.value)


@pytest.mark.parametrize("missing", ["key", "algorithm", "issuer", "audience"])
def test_the_settings_belong_together(key: Key, missing: str) -> None:
    some = settings(public_pem(key), "Ed25519")
    del some[f"host_jwt_{missing}"]

    assert f"HOST_JWT_{missing.upper()} must be set too" in sentence(**some)


def test_a_claim_alone_is_a_mistake_too() -> None:
    assert "HOST_JWT_KEY, HOST_JWT_ALGORITHM" in sentence(host_jwt_claim="name")


def test_keys_may_be_given_in_every_usual_way(tmp_path: Path) -> None:
    for algorithm in ALGORITHMS:
        key = new_key(algorithm)
        jwk = key.as_dict(private=isinstance(key, OctKey))
        (tmp_path / "key").write_text(as_setting(key) + "\n")
        ways = [as_setting(key), as_setting(key).replace("\n", "\\n"), json.dumps(jwk), json.dumps({"keys": [jwk]})]
        for way in (*ways, str(tmp_path / "key")):
            assert given(**settings(way, algorithm)).host_jwt_key


@pytest.mark.parametrize(
    ("value", "algorithm", "why"),
    [
        ("x" * 31, "HS256", "at least 32 bytes"),
        ('{"kty": "oct", "k": "eHh4"}', "HS256", "no public key"),
        ("/there/is/no/such/file/on/this/machine", "HS256", "names no file"),
        ("https://dashboard.example.org/jwks.json", "HS256", "must not be an address"),
        ("http://dashboard.example.org/jwks.json", "RS256", "must be https"),
        ("x" * 40, "RS256", "is no public key"),
        ("{kaputt", "Ed25519", "is no JSON"),
        ("[]", "Ed25519", "is no public key"),
        ('{"keys": []}', "Ed25519", "no public key"),
        ("x" * 40, "HS512", "must be"),
    ],
)
def test_a_key_of_no_use_is_said_at_start_and_not_repeated(value: str, algorithm: str, why: str) -> None:
    said = sentence(**settings(value, algorithm))

    assert why in said or "Input should be" in said
    assert value not in said


def test_a_private_or_weak_key_or_one_of_another_kind_is_refused() -> None:
    pair, strong, weak = new_key("Ed25519"), new_key("RS256"), rsa.generate_private_key(65537, 1024)
    weak_pem = weak.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    private_pem = pair.as_pem(private=True).decode()  # type: ignore[union-attr]

    assert "private key" in sentence(**settings(private_pem, "Ed25519"))
    assert "private key" in sentence(**settings(json.dumps(pair.as_dict(private=True)), "Ed25519"))
    assert "no secret" in sentence(**settings(public_pem(strong), "HS256"))
    assert "no public key" in sentence(**settings(public_pem(strong), "Ed25519"))
    assert "2048 bits" in sentence(**settings(weak_pem, "RS256"))


def test_our_own_address_can_not_be_the_issuer(key: Key) -> None:
    assert "own address" in sentence(**settings(public_pem(key), "Ed25519", issuer="http://127.0.0.1:8050/"))
