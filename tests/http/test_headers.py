"""The headers of every answer, and how the app is reached: https, a path, proxies."""

import base64
import hashlib
import re
from collections.abc import Callable

import pytest
from flask_compress import flask_compress
from werkzeug.test import TestResponse

from tests.world import CONNECT, PASSWORD, ROOMS, TOKEN, Caller, World, submit_sign_in
from web.prefix import PrefixMiddleware

YEAR = "public, max-age=31536000, immutable"
PATHS_OF_A_MEMBER = ["/", "/preferences", "/_dash-layout", "/_dash-dependencies", ROOMS, "/gibt-es-nicht", "/api/x"]


def policy(answer: TestResponse) -> dict[str, list[str]]:
    """The content security policy, by directive."""
    parts = answer.headers["Content-Security-Policy"].split(";")
    return {words[0]: words[1:] for words in (part.split() for part in parts)}


def answers(world: World) -> list[TestResponse]:
    """One answer of every kind, good and bad, to members and strangers."""
    max_, stranger = world.sign_in("max"), world.app.test_client()
    return [
        *(max_.get(path) for path in PATHS_OF_A_MEMBER),
        *(stranger.get(path) for path in (*PATHS_OF_A_MEMBER, "/login", "/healthz", "/manifest.webmanifest")),
        max_.tick(),
        Caller(stranger, "").tick(),
        max_.post(CONNECT, headers={"X-CSRFToken": ""}),
        stranger.post("/login"),
        stranger.post(TOKEN, json={}),
        stranger.get("/assets/gibt-es-nicht.css"),
        stranger.put("/login"),
    ]


def test_every_answer_carries_the_protecting_headers(world: World) -> None:
    for answer in answers(world):
        where = (answer.request.method, answer.request.path, answer.status_code)
        assert answer.headers["X-Content-Type-Options"] == "nosniff", where
        assert answer.headers["Referrer-Policy"] == "no-referrer", where
        assert policy(answer)["frame-ancestors"] == ["'none'"], where
        assert policy(answer)["default-src"] == ["'none'"], where
        assert policy(answer)["base-uri"] == ["'none'"], where
        assert answer.headers["Cache-Control"] == "no-store", where
        assert answer.headers["X-Frame-Options"] == "DENY", where
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin", where
        assert answer.headers["Permissions-Policy"] == "camera=(), microphone=(), geolocation=()", where


def test_no_answer_allows_unsafe_scripts(world: World) -> None:
    for answer in answers(world):
        scripts = policy(answer)["script-src"]
        assert scripts[0] == "'self'"
        assert all(re.fullmatch(r"'sha256-[A-Za-z0-9+/=]+'", source) for source in scripts[1:]), scripts
        assert "'unsafe-inline'" not in policy(answer)["style-src"]


def test_every_inline_script_of_a_page_is_allowed_by_its_hash(world: World) -> None:
    page = world.sign_in("max").get("/")
    inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>(.*?)</script>", page.get_data(as_text=True), re.DOTALL)

    executable = [text for attributes, text in inline if "application/json" not in attributes]
    assert executable
    for text in executable:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy(page)["script-src"]


def test_every_nonce_is_new(world: World) -> None:
    max_ = world.sign_in("max")

    nonces = {tuple(policy(max_.get("/"))["style-src"]) for _turn in range(5)}

    assert len(nonces) == 5
    assert "__NONCE__" not in max_.get("/").get_data(as_text=True)


def test_everything_a_page_loads_is_local_and_kept_for_a_year(world: World) -> None:
    max_ = world.sign_in("max")
    page = max_.get("/").get_data(as_text=True) + world.app.test_client().get("/login").get_data(as_text=True)
    addresses = set(re.findall(r'(?:src|href)="([^"]+)"', page)) - {"/", "/manifest.webmanifest"}

    assert len(addresses) > 10
    for address in addresses:
        assert address.startswith("/"), address
        answer = max_.get(address, buffered=True)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, YEAR), address


def test_what_is_kept_for_a_year_carries_nobodys_session(world: World) -> None:
    """A cache between browser and server would hand it to everybody."""
    max_ = world.sign_in("max")

    for address in ("/assets/talkboard.css", "/static/icon.svg", "/_dash-component-suites/dash/dcc/async-upload.js"):
        answer = max_.get(address, buffered=True)
        assert answer.headers.getlist("Set-Cookie") == [], address
        assert "Cookie" not in answer.headers.get("Vary", ""), address


def test_a_missing_file_is_not_kept(world: World) -> None:
    assert world.app.test_client().get("/assets/fehlt.css", buffered=True).headers["Cache-Control"] == "no-store"


def test_the_first_answer_after_a_start_is_as_protected_as_all_others(world: World) -> None:
    world.restart()

    answer = world.app.test_client().get("/login")

    assert policy(answer)["frame-ancestors"] == ["'none'"]
    assert len(policy(answer)["script-src"]) > 1


def test_on_plain_http_the_cookies_have_plain_names(world: World) -> None:
    max_ = world.sign_in("max")

    cookies = max_.client.get("/").headers.getlist("Set-Cookie")

    assert {cookie.split("=")[0] for cookie in cookies} == {"talkboard", "_csrf_token"}
    assert not any("Secure" in cookie for cookie in cookies)


def test_on_https_the_session_is_secure_and_bound_to_the_host(make_world: Callable[..., World]) -> None:
    world = make_world(public_url="https://talk.example.org")
    world.member("max")
    client = world.app.test_client()
    answer = submit_sign_in(client, "max", PASSWORD)

    cookies = [*answer.headers.getlist("Set-Cookie"), *client.get("/").headers.getlist("Set-Cookie")]

    assert {cookie.split("=")[0] for cookie in cookies} == {"__Host-talkboard", "_csrf_token"}
    for cookie in cookies:
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert "SameSite=Lax" in cookie
    assert all("HttpOnly" in cookie for cookie in cookies if cookie.startswith("__Host-"))


@pytest.mark.parametrize("strips", [True, False], ids=["proxy_strips_the_path", "proxy_keeps_the_path"])
def test_below_a_path_everything_stays_below_it(make_world: Callable[..., World], strips: bool) -> None:
    world = make_world(url_prefix="/talk/", public_url="https://example.org", trusted_proxies=1)
    world.member("max")
    client = world.app.test_client()
    mount = "" if strips else "/talk"

    stranger = client.get(mount + "/preferences")
    page = client.get(mount + "/login")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True)).group(1)
    form = {"username": "max", "password": PASSWORD, "next": "/talk/preferences", "csrf_token": token}
    signed_in = client.post(mount + "/login", data=form)
    start = client.get(mount + "/")

    assert stranger.headers["Location"] == "/talk/login?next=%2Ftalk%2Fpreferences"
    assert (signed_in.status_code, signed_in.headers["Location"]) == (303, "/talk/preferences")
    assert start.status_code == 200
    links = re.findall(r'(?:src|href|action)="(/[^"]*)"', page.get_data(as_text=True) + start.get_data(as_text=True))
    assert links
    assert all(link.startswith("/talk/") for link in links)
    for link in links:
        answer = client.get(link.removeprefix("/talk") if strips else link, buffered=True)
        assert answer.status_code in (200, 303), link
    elsewhere = client.post(mount + "/logout", data={"csrf_token": client.get_cookie("_csrf_token").value})
    assert elsewhere.headers["Location"] == "/talk/login"


def test_below_a_path_next_leads_nowhere_else(make_world: Callable[..., World]) -> None:
    world = make_world(url_prefix="/talk/")
    world.member("max")

    for target in ("/", "/other/", "/talk/../other", "/talk/%2e%2e/other", "/talkative", "//talk/"):
        answer = submit_sign_in(world.app.test_client(), "max", PASSWORD, target)
        assert answer.headers["Location"] == "/talk/", target


def test_rest_answers_name_the_public_address(make_world: Callable[..., World]) -> None:
    world = make_world(url_prefix="/talk/", public_url="https://example.org")
    max_ = world.bearer("max")

    answer = max_.data(max_.post(CONNECT))

    assert answer["poll"]["endpoint"] == "https://example.org/talk/api/nextcloud/poll"


def test_a_host_header_that_lies_changes_no_address(world: World) -> None:
    max_ = world.bearer("max")

    answer = max_.data(max_.post(CONNECT, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}))
    stranger = world.app.test_client().get("/", headers={"Host": "evil.example"})

    assert "evil" not in str(answer)
    assert stranger.headers["Location"] == "/login?next=%2F"


def test_no_other_site_is_let_in(world: World) -> None:
    max_ = world.sign_in("max")

    answer = max_.get(ROOMS, headers={"Origin": "https://evil.example"})

    assert not [header for header in answer.headers if header[0].startswith("Access-Control")]


UNKNOWN_FILES = ["/assets/", "/static/", "/static//etc/passwd", "/_dash-component-suites/gibt-es-nicht", "/assets/a/b"]
PLOTLY = "/_dash-component-suites/plotly/package_data/plotly.min.js"


@pytest.mark.parametrize("path", UNKNOWN_FILES)
def test_below_the_folders_of_files_what_is_unknown_is_missing_and_not_kept(world: World, path: str) -> None:
    for client in (world.app.test_client(), world.sign_in("max").client):
        answer = client.get(path, buffered=True, follow_redirects=True)
        assert answer.status_code == 404
        assert answer.headers["Cache-Control"] == "no-store"
        assert "_dash-config" not in answer.get_data(as_text=True)


def test_bundles_are_for_members(world: World) -> None:
    answer = world.app.test_client().get(PLOTLY, headers={"Accept-Encoding": "gzip"})

    assert (answer.status_code, answer.headers["Cache-Control"]) == (401, "no-store")


def test_a_bundle_is_compressed_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    compressed: list[str] = []
    once = flask_compress._compress_data
    monkeypatch.setattr(
        flask_compress, "_compress_data", lambda app, data, how: compressed.append(how) or once(app, data, how)
    )
    max_ = world.sign_in("max")

    for fingerprint in ("", ".v1m1", ".v1m2"):
        path = PLOTLY.replace("/plotly.min", f"/plotly{fingerprint}.min")
        answer = max_.get(path, headers={"Accept-Encoding": "gzip"}, buffered=True)
        assert answer.headers["Content-Encoding"] == "gzip"
    assert compressed == ["gzip"]


@pytest.mark.parametrize("prefix", ["/", "/talk/"])
def test_no_caller_moves_the_app(prefix: str) -> None:
    """As a server in front of the app would, that believes a header of this name."""
    met: list[str] = []
    mounted = PrefixMiddleware(lambda environ, _start: met.append(environ["SCRIPT_NAME"]) or [], prefix)

    mounted({"PATH_INFO": "/preferences", "SCRIPT_NAME": "/x"}, None)

    assert met == [prefix.rstrip("/")]


@pytest.mark.parametrize("path", ["/_dash-layout", "/_dash-dependencies", ROOMS, "callback"])
def test_what_comes_late_for_a_page_brings_no_ended_session_back(world: World, path: str) -> None:
    max_ = world.sign_in("max")
    assert max_.client.get("/").headers.getlist("Set-Cookie")

    answer = max_.tick() if path == "callback" else max_.client.get(path)

    assert answer.headers.getlist("Set-Cookie") == []
