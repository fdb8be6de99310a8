"""The gate: a stranger is shown the sign-in, whatever he asks for, and nothing of any member."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.world import Caller, World
from tests.world import private as secret

PUBLIC = {
    "/api/docs",
    "/api/openapi.json",
    "/login",
    "/logout",
    "/invite",
    "/healthz",
    "/embed/session",
    "/embed/selftest",
    "/embed/logout",
    "/readyz",
    "/manifest.webmanifest",
    "/favicon.ico",
}
PUBLIC_FILES = ("/embed.js", "/static/", "/assets/", "/_dash-component-suites/")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")

OF_MAX = ("Max Mustermann", "Einsatzgruppe 1", secret("Nur für die Gruppe bestimmt"), "talk-card", "preferences-")
"""What only Max may see; the last two are parts of pages and of the list of callbacks."""


@pytest.fixture
def busy(world: World) -> World:
    """An app that members have used, so that something could have stayed behind."""
    room = world.simulator.member("max").joins("Einsatzgruppe 1")
    room.post("anna", OF_MAX[2])
    max_ = world.connected("max")
    for path in ("/", "/preferences", "/_dash-layout", "/_dash-dependencies", "/gibt-es-nicht"):
        max_.get(path)
    max_.tick()
    page(max_, "/preferences")
    return world


def page(caller: Caller, path: str) -> TestResponse:
    """What the renderer asks for when it opens a page."""
    return caller.post("/_dash-update-component", json=page_question(path))


def page_question(path: str) -> dict[str, Any]:
    outputs = [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}]
    values = [
        {"id": "_pages_location", "property": "pathname", "value": path},
        {"id": "_pages_location", "property": "search", "value": ""},
    ]
    return {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": outputs,
        "inputs": values,
        "changedPropIds": ["_pages_location.pathname", "_pages_location.search"],
    }


def example(rule: Rule) -> str:
    """A path that the rule takes."""
    return rule.rule.replace("<path:path>", "a/b").replace("<path:name>", "x").replace(
        "<string:package_name>/<path:fingerprinted_path>", "dash/dash-renderer/build/dash_renderer.min.js"
    ).replace("<path:filename>", "talkboard.css")  # fmt: skip


def every_address(world: World) -> Iterator[tuple[str, str]]:
    for rule in world.app.url_map.iter_rules():
        for method in METHODS:
            yield method, example(rule)


def leaks(answer: TestResponse) -> list[str]:
    body = answer.get_data(as_text=True)
    return [text for text in OF_MAX if text in body]


def refused(answer: TestResponse) -> bool:
    """Whether an answer sends a stranger to the sign-in, or turns him away."""
    to_sign_in = answer.status_code == 303 and answer.headers["Location"].startswith("/login")
    callback = answer.status_code == 200 and answer.request.path == "/_dash-update-component"
    if callback and answer.request.method != "HEAD":
        assert "sideUpdate" in answer.get_json()
    methods_alone = answer.request.method == "OPTIONS" and "Allow" in answer.headers and not answer.data
    return to_sign_in or callback or methods_alone or answer.status_code in (401, 403, 404, 405)


def test_a_stranger_gets_nothing_of_a_member_from_any_address(busy: World) -> None:
    stranger = busy.app.test_client()

    for method, path in every_address(busy):
        answer = stranger.open(path, method=method, buffered=True)
        if path.startswith(PUBLIC_FILES):
            assert not set(leaks(answer)) & set(OF_MAX[:3]), (method, path)
        else:
            assert leaks(answer) == [], (method, path)


def test_a_stranger_is_refused_everywhere_but_at_what_is_public(busy: World) -> None:
    stranger = busy.app.test_client()

    for method, path in every_address(busy):
        if path in PUBLIC or path.startswith(PUBLIC_FILES) or path.startswith("/api/auth/"):
            continue
        assert refused(stranger.open(path, method=method, buffered=True)), (method, path)


def test_what_is_public_is_exactly_this(busy: World) -> None:
    """A new rule is behind the gate unless it is named here."""
    stranger = busy.app.test_client()

    public = {
        path
        for method, path in every_address(busy)
        if method == "GET" and not refused(stranger.get(path, buffered=True))
    }

    assert {path for path in public if not path.startswith(PUBLIC_FILES)} == PUBLIC - {
        "/logout",
        "/embed/selftest",
        "/embed/logout",
    }


@pytest.mark.parametrize(
    "path",
    [
        "/", "/preferences", "/gallery", "/gibt-es-nicht", "/_dash-layout", "/_dash-dependencies", "/_reload-hash",
        "/_favicon.ico", "//", "/_dash-layout/", "/login/", "/assets", "/static", "/_DASH-LAYOUT", "/%5fdash-layout",
        "/assets/../_dash-layout", "/assets/%2e%2e/_dash-layout", "/static/../../app.py", "/assets/../app.py",
        "/_dash-component-suites/../_dash-layout", "/_dash-component-suites/dash/../../../../app.py",
    ],
)  # fmt: skip
def test_strange_addresses_open_nothing(busy: World, path: str) -> None:
    stranger = busy.app.test_client()

    for method in ("GET", "POST", "HEAD"):
        answer = stranger.open(path, method=method, buffered=True)
        assert leaks(answer) == []
        assert answer.status_code in (301, 303, 308, 400, 401, 404, 405)


def test_a_strangers_callback_is_answered_with_the_way_to_the_sign_in(busy: World) -> None:
    stranger = Caller(busy.app.test_client(), "")

    for answer in (stranger.tick(), stranger.act("disconnect"), page(stranger, "/preferences")):
        assert answer.status_code == 200
        assert answer.get_json() == {
            "multi": True,
            "response": {},
            "sideUpdate": {"leave": {"href": "/login?next=%2F"}},
        }
    assert len(busy.simulator.app_passwords("max")) == 1


@pytest.mark.parametrize("body", [None, b"", b"nonsense", b"{}", b"[]", b"\xff"])
def test_a_callback_that_is_nonsense_is_turned_away_before_dash_sees_it(busy: World, body: bytes | None) -> None:
    answer = busy.app.test_client().post("/_dash-update-component", data=body, content_type="application/json")

    assert answer.status_code == 200
    assert "sideUpdate" in answer.get_json()


@pytest.mark.parametrize("path", ["/gibt-es-nicht", "/preferences/x", "/Preferences", "/avatar/..%2foperator"])
def test_a_member_reads_in_his_language_that_there_is_nothing(busy: World, path: str) -> None:
    """Dash would answer 200, and with an English page."""
    max_ = busy.sign_in("max")

    answer = max_.get(path, headers={"Accept-Language": "de"})

    assert answer.status_code == 404
    assert "Unter dieser Adresse gibt es nichts." in answer.get_data(as_text=True)
    assert max_.get(path, headers={"X-Talkboard-Frame": "session"}).status_code == 404


def test_a_slash_at_the_end_of_a_page_is_forgiven(busy: World) -> None:
    max_ = busy.sign_in("max")

    answer = max_.get("/preferences/?a=b")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/preferences?a=b")
    assert max_.post("/preferences/").status_code in (400, 404, 405)


def test_a_page_remembers_where_the_stranger_wanted_to_go(world: World) -> None:
    answer = world.app.test_client().get("/preferences?a=b&c=d")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=%2Fpreferences%3Fa%3Db%26c%3Dd")


@pytest.mark.parametrize("path", ["/_dash-layout", "/_dash-dependencies", "/_reload-hash"])
def test_what_scripts_ask_for_is_401_and_no_page(world: World, path: str) -> None:
    answer = world.app.test_client().get(path)

    assert answer.status_code == 401
    assert answer.is_json


def test_the_page_of_one_member_never_holds_anothers_text(busy: World) -> None:
    """Dash can render every page once as its first visitor and send the result to everybody."""
    anna = busy.sign_in("anna")

    for path in ("/", "/preferences", "/_dash-layout", "/_dash-dependencies", "/gibt-es-nicht"):
        answer = anna.get(path)
        assert answer.status_code == (404 if path == "/gibt-es-nicht" else 200)
        assert not set(leaks(answer)) & set(OF_MAX[:3]), path
    settings = page(anna, "/preferences").get_data(as_text=True)
    assert '"value":"anna"' in settings
    assert "Max" not in settings


def test_the_html_of_a_page_holds_nothing_of_its_own_member_either(busy: World) -> None:
    max_ = busy.sign_in("max")

    assert leaks(max_.get("/")) == []
    assert leaks(max_.get("/preferences")) == []


def test_no_member_is_in_the_validation_layout(busy: World) -> None:
    dash = busy.app.extensions.get("dash") or next(
        function.__self__
        for functions in busy.app.before_request_funcs.values()
        for function in functions
        if hasattr(function, "__self__") and hasattr(function.__self__, "validation_layout")
    )

    written = str(dash.validation_layout)

    assert all(text not in written for text in OF_MAX[:3])


@pytest.mark.parametrize("token", ["", "wrong", None])
@pytest.mark.parametrize("action", ["disconnect", "connect", "cancel"])
def test_a_callback_without_the_token_of_the_session_does_nothing(busy: World, token: str | None, action: str) -> None:
    max_ = busy.sign_in("max")
    body = {"inputs": [{"id": "talk-action", "property": "data", "value": {"name": action}}]}
    headers = {} if token is None else {"X-CSRFToken": token}

    answer = max_.client.post("/_dash-update-component", json=body, headers=headers)

    assert answer.get_json()["sideUpdate"] == {"leave": {"href": "/"}}
    assert len(busy.simulator.app_passwords("max")) == 1


def test_the_token_of_another_session_is_no_token(world: World) -> None:
    max_, anna = world.sign_in("max"), world.sign_in("anna")
    foreign = cookie(anna.client, "_csrf_token")

    answer = max_.post("/_dash-update-component", json={}, headers={"X-CSRFToken": foreign})

    assert "sideUpdate" in answer.get_json()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/preferences", "/_dash-layout", "/gibt-es-nicht"])
def test_no_other_address_is_changed_without_a_token(world: World, path: str, method: str) -> None:
    max_ = world.sign_in("max")

    assert max_.client.open(path, method=method).status_code in (400, 405)


def cookie(client: FlaskClient, name: str) -> str:
    found = client.get_cookie(name)
    assert found is not None
    return found.value
