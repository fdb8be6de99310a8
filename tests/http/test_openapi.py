"""The OpenAPI document says what the calls are, and the page for people says the same."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from services.causes import CAUSES
from tests.world import CONNECT, POLL, ROOMS, TOKEN, World, code

DOCUMENT, PAGE = "/api/openapi.json", "/api/docs"
CALLS = {
    ("POST", TOKEN): "createToken",
    ("POST", "/api/embed/tickets"): "createTicket",
    ("GET", ROOMS): "listRooms",
    ("POST", CONNECT): "startConnection",
    ("POST", POLL): "pollConnection",
    ("DELETE", CONNECT): "endConnection",
    ("GET", DOCUMENT): "getDocument",
    ("GET", PAGE): "readDocument",
}
API = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture
def document(world: World) -> Any:
    return world.app.test_client().get(DOCUMENT).get_json()


def calls(document: Any) -> dict[tuple[str, str], Any]:
    return {(method.upper(), path): call for path, item in document["paths"].items() for method, call in item.items()}


def codes(call: Any) -> set[str]:
    failed = [answer for status, answer in call["responses"].items() if status != "200"]
    shapes = [answer["content"]["application/json"]["schema"]["allOf"][1] for answer in failed]
    return {one for shape in shapes for one in shape["properties"]["error"]["properties"]["code"]["enum"]}


def test_the_document_is_openapi_3_1_by_its_own_rules(document: Any) -> None:
    assert document["openapi"].startswith("3.1.")
    validate(document)


def test_it_names_every_route_below_api_and_no_other(world: World, document: Any) -> None:
    routes = {
        (method, rule.rule)
        for rule in world.app.url_map.iter_rules()
        if rule.rule.startswith("/api")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert {place: call["operationId"] for place, call in calls(document).items()} == CALLS
    assert set(CALLS) == routes


def test_it_is_public_and_the_same_for_everybody(world: World, document: Any) -> None:
    member = world.connected("max")

    assert member.get(DOCUMENT).get_json() == document
    assert world.bearer("max").get(DOCUMENT).get_json() == document


def test_every_call_has_a_summary_and_says_who_may_call(document: Any) -> None:
    found = calls(document)

    assert all(call["summary"] for call in found.values())
    assert [place for place, call in found.items() if not call.get("security")] == [
        ("POST", TOKEN),
        ("GET", DOCUMENT),
        ("GET", PAGE),
    ]
    assert found["GET", ROOMS]["security"] == [{"bearer": []}, {"session": []}]
    assert found["POST", CONNECT]["security"] == [{"bearer": []}, {"session": [], "csrf": []}]


def test_the_ways_to_call_are_named_as_they_are(document: Any, make_world: Callable[..., World]) -> None:
    https = make_world(public_url="https://talk.example.org").app.test_client().get(DOCUMENT).get_json()

    schemes = document["components"]["securitySchemes"]
    assert (schemes["bearer"]["scheme"], schemes["csrf"]["name"]) == ("bearer", "X-CSRFToken")
    assert schemes["session"]["name"] == "talkboard"
    assert https["components"]["securitySchemes"]["session"]["name"] == "__Host-talkboard"


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "http://127.0.0.1:8050"),
        ({"public_url": "https://talk.example.org"}, "https://talk.example.org"),
        ({"public_url": "https://example.org", "url_prefix": "/talk/"}, "https://example.org/talk"),
    ],
)
def test_it_says_where_this_installation_is(
    make_world: Callable[..., World], settings: dict[str, str], address: str
) -> None:
    client = make_world(**settings).app.test_client()

    assert client.get(DOCUMENT).get_json()["servers"][0]["url"] == address
    assert f"{address}/api/auth/token" in client.get(PAGE).get_data(as_text=True)


def test_the_codes_of_a_call_are_those_of_its_status(document: Any) -> None:
    for call in calls(document).values():
        for status, answer in call["responses"].items():
            for one in codes({"responses": {status: answer}}) if status != "200" else ():
                assert CAUSES[one].status == int(status)


def test_every_code_is_an_answer_of_some_call(document: Any) -> None:
    everywhere = set().union(*(codes(call) for call in calls(document).values()))

    assert everywhere | {"not_found"} == {cause.code for cause in CAUSES.values()}
    assert set(document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]) == everywhere | {"not_found"}


def test_where_a_wait_may_be_told_the_header_is_named(document: Any) -> None:
    for call in calls(document).values():
        told = {status for status, answer in call["responses"].items() if "Retry-After" in answer.get("headers", {})}
        assert told == {"429", "503"} & set(call["responses"])
        assert "Allow" in call["responses"]["405"]["headers"]


def test_every_example_is_of_the_form_that_it_is_an_example_of(document: Any) -> None:
    shown = 0
    for call in calls(document).values():
        for body in (call.get("requestBody", {}), *call["responses"].values()):
            for content in body.get("content", {}).values():
                examples = [one["value"] for one in content.get("examples", {}).values()]
                for example in [*examples, *([content["example"]] if "example" in content else [])]:
                    OAS31Validator({**content["schema"], "components": document["components"]}).validate(example)
                    shown += 1
    assert shown > 70


def test_the_document_for_people_in_the_repository_names_the_same_codes(document: Any) -> None:
    text = API.read_text(encoding="utf-8")
    everywhere, of_a_caller, of_a_change = (
        set(re.findall(r"`(\w+)`", part))
        for part in text.split("Every call may also answer ")[1].split(". The table")[0].split(";")
    )
    for (method, path), call in calls(document).items():
        if path.startswith(("/api/openapi", "/api/docs")):
            continue
        section = text.split(f"### {method} {path}")[1].split("\n### ")[0].split("\n## ")[0]
        listed = section.split("\nCodes: ")[1].split("\n\n")[0]
        expected = set(re.findall(r"`(\w+)`", listed)) | everywhere
        of_members = call.get("security") not in (None, [{"embedKey": []}])
        expected |= of_a_caller if of_members else set()
        expected |= of_a_change if of_members and method != "GET" else set()
        assert codes(call) == expected, path


@pytest.mark.parametrize("path", [DOCUMENT, PAGE, "/api", "/api/", "/api/docs/", "/api//docs", "/api/doc"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_below_api_nothing_leads_to_a_page_of_dash_or_to_the_sign_in(world: World, path: str, method: str) -> None:
    answer = world.app.test_client().open(path, method=method)

    if path not in (DOCUMENT, PAGE):
        assert code(answer) == (404, "not_found")
    elif method != "GET":
        assert code(answer) == (405, "method_not_allowed")
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    else:
        assert answer.status_code == 200


def test_a_neighbour_of_api_is_a_page_as_any_other(world: World) -> None:
    assert world.app.test_client().get("/apix").status_code == 303


def test_the_page_shows_every_call_with_its_codes_and_examples(world: World, document: Any) -> None:
    page = world.app.test_client().get(PAGE).get_data(as_text=True)

    for (method, path), call in calls(document).items():
        part = page.split(f'id="{call["operationId"]}"')[1].split("</section>")[0]
        assert method in part
        assert path in part
        assert codes(call) == {one for one in CAUSES if f"<code>{one}</code>" in part}
    assert "Ich bringe die Puppen mit." in page
    assert "lastMessage.author" in page.replace("conversations[].", "")


def test_the_page_loads_nothing_from_elsewhere_and_runs_no_script(world: World) -> None:
    answer = world.app.test_client().get(PAGE)
    page = answer.get_data(as_text=True)
    loaded = re.findall(r'<(?:link|img|script|iframe|source)\b[^>]*?(?:href|src)="([^"]*)"', page)

    assert loaded
    assert [address for address in loaded if not re.match(r"/(assets|static)/", address)] == []
    assert "<script" not in page
    assert "style=" not in page
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for address in loaded:
        with world.app.test_client().get(address) as file:
            assert file.status_code == 200, address


def test_neither_sets_a_cookie_for_a_stranger(world: World) -> None:
    answers = [world.app.test_client().get(path) for path in (DOCUMENT, PAGE)]

    assert [answer.headers.getlist("Set-Cookie") for answer in answers] == [[], []]
