"""Every failed call below /api has the same form, whatever failed."""

from typing import Any

import pytest

from services.causes import CAUSES
from tests.world import CONNECT, POLL, ROOMS, TOKEN, World, code

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
WRONG = [(ROOMS, "POST"), (ROOMS, "DELETE"), (CONNECT, "GET"), (CONNECT, "PUT"), (POLL, "GET"), (POLL, "DELETE"),
         (TOKEN, "GET"), (TOKEN, "DELETE"), (TOKEN, "PATCH")]  # fmt: skip


@pytest.mark.parametrize("sign_in", [True, False])
@pytest.mark.parametrize(
    "path", ["/api/", "/api/x", "/api/nextcloud", "/api/nextcloud/talk/rooms/", "/api/nextcloud/talk/rooms/x",
             "/api/auth/token/", "/api/%00", "/api/../api/x", "/api/_dash-layout"],
)  # fmt: skip
def test_an_unknown_address_is_not_found_by_any_method(world: World, path: str, sign_in: bool) -> None:
    client = world.sign_in("max").client if sign_in else world.app.test_client()

    answers = [client.open(path, method=method) for method in METHODS]

    assert [code(answer) for answer in answers] == [(404, "not_found")] * len(METHODS)


@pytest.mark.parametrize(("path", "method"), WRONG)
def test_a_wrong_method_has_the_same_form_and_names_the_right_ones(world: World, path: str, method: str) -> None:
    answer = world.app.test_client().open(path, method=method)

    assert code(answer) == (405, "method_not_allowed")
    assert answer.headers["Allow"]
    assert method not in answer.headers["Allow"].split(", ")


def test_the_form_is_exactly_this(world: World) -> None:
    body = world.app.test_client().get(ROOMS).get_json()

    assert body == {"success": False, "error": {"code": "unauthenticated", "message": "Bitte anmelden."}}


@pytest.mark.parametrize(
    ("languages", "message"),
    [
        ("de", "Bitte anmelden."),
        ("en", "Please sign in."),
        ("en-US,en;q=0.9,de;q=0.8", "Please sign in."),
        ("de-AT", "Bitte anmelden."),
        ("fr", "Bitte anmelden."),
        ("nonsense;;q=x", "Bitte anmelden."),
    ],
)
def test_the_message_is_in_the_callers_language(world: World, languages: str, message: str) -> None:
    answer = world.app.test_client().get(ROOMS, headers={"Accept-Language": languages})

    assert answer.get_json()["error"]["message"] == message


def test_a_members_own_choice_comes_first(world: World) -> None:
    max_ = world.sign_in("max")
    world.wired.services.members.choose_locale(world.row("max")["id"], "en")

    answer = max_.get(ROOMS, headers={"Accept-Language": "de"})

    assert answer.get_json()["error"]["message"] == "Nextcloud is not connected. Please connect it."


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b"5", b'{"token":5}', b'{"token":["x"]}', b'{"token":"%s"}' % (b"x" * 201)]
)
def test_a_poll_of_another_form_is_an_invalid_request(world: World, body: bytes) -> None:
    max_ = world.sign_in("max")
    max_.post(CONNECT)

    assert code(max_.post(POLL, data=body, content_type="application/json")) == (422, "invalid_request")


@pytest.mark.parametrize("options", [{}, {"json": {}}, {"json": {"token": None}}, {"json": {"unbekannt": 1}}])
def test_a_poll_without_a_token_asks_about_the_newest_flow(world: World, options: dict[str, Any]) -> None:
    max_ = world.sign_in("max")
    max_.post(CONNECT)

    assert max_.data(max_.post(POLL, **options)) == {"status": "pending"}


def test_a_body_that_is_too_large_has_the_same_form(world: World) -> None:
    answer = world.app.test_client().post(TOKEN, data=b"x" * (300 * 1024), content_type="application/json")

    assert answer.status_code in (413, 422)
    assert answer.get_json()["success"] is False


def test_an_error_of_ours_has_the_same_form_and_tells_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    max_ = world.connected("max")

    def broken(*_arguments: object) -> None:
        raise RuntimeError("innere Angelegenheit")

    monkeypatch.setattr("web.rest._rooms", broken)

    answer = max_.get(ROOMS)

    assert code(answer) == (500, "internal_error")
    assert "innere" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(("path", "method"), [(CONNECT, "POST"), (CONNECT, "DELETE"), (POLL, "POST")])
@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_browser_needs_the_token_of_its_session(world: World, path: str, method: str, token: str) -> None:
    max_ = world.connected("max")

    answer = max_.client.open(path, method=method, headers={"X-CSRFToken": token})

    assert code(answer) == (403, "csrf_failed")
    assert len(world.simulator.app_passwords("max")) == 1


@pytest.mark.parametrize(("path", "method"), [(ROOMS, "GET"), (CONNECT, "POST"), (CONNECT, "DELETE"), (POLL, "POST")])
def test_a_stranger_is_told_to_sign_in_by_every_call(world: World, path: str, method: str) -> None:
    assert code(world.app.test_client().open(path, method=method)) == (401, "unauthenticated")


@pytest.mark.parametrize("path", [ROOMS, CONNECT, TOKEN])
def test_options_gives_nothing_away(world: World, path: str) -> None:
    answer = world.app.test_client().options(path)

    assert (answer.status_code, answer.data) == (204, b"")
    assert not [header for header in answer.headers if header[0].startswith("Access-Control")]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("unauthenticated", 401), ("token_expired", 401), ("invalid_credentials", 401), ("rate_limited", 429),
        ("invalid_request", 422), ("not_found", 404), ("flow_not_found", 404), ("unknown_member", 403),
        ("nextcloud_not_connected", 401), ("nextcloud_revoked", 401), ("nextcloud_unreachable", 502),
        ("nextcloud_misconfigured", 502), ("connect_failed", 502), ("talk_unavailable", 502),
        ("talk_not_allowed", 403), ("nextcloud_maintenance", 503), ("nextcloud_updating", 503),
        ("nextcloud_locked", 503),
    ],
)  # fmt: skip
def test_every_code_has_its_status(name: str, status: int) -> None:
    assert CAUSES[name].status == status
