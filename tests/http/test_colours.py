"""The operator's colour and the member's theme, in what the browser is sent."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.world import World

YEAR = "public, max-age=31536000, immutable"


def head(page: str) -> dict[str, str]:
    """The media of the dark style sheet, and the colours that the head of a page names, by their media."""
    (dark,) = re.findall(r'<link rel="stylesheet" id="dark-theme" href="/assets/dark\.css[^"]*" media="([^"]+)">', page)
    bars = re.findall(r'<meta name="theme-color"(?: media="([^"]+)")? content="([^"]+)">', page)
    (scheme,) = re.findall(r'<meta name="color-scheme" content="([^"]+)">', page)
    return {"dark": dark, "scheme": scheme, **dict(bars)}


SYSTEM = {
    "dark": "(prefers-color-scheme: dark)",
    "scheme": "light dark",
    "(prefers-color-scheme: light)": "#b71c1c",
    "(prefers-color-scheme: dark)": "#7b1313",
}


def test_a_stranger_and_a_member_who_chose_nothing_see_what_the_system_says(world: World) -> None:
    max_ = world.sign_in("max")

    for page in (world.app.test_client().get("/login"), max_.get("/"), max_.get("/preferences")):
        assert head(page.get_data(as_text=True)) == SYSTEM


@pytest.mark.parametrize(
    ("theme", "media", "bar"), [("dark", "all", "#7b1313"), ("light", "not all", "#b71c1c")], ids=["dark", "light"]
)
def test_the_members_choice_is_in_the_page_from_its_first_byte(world: World, theme: str, media: str, bar: str) -> None:
    max_ = world.sign_in("max")
    world.wired.services.members.choose_theme(world.row("max")["id"], theme)

    for path in ("/", "/preferences"):
        assert head(max_.get(path).get_data(as_text=True)) == {"dark": media, "scheme": theme, "": bar}


def test_no_theme_but_ours_is_believed(world: World) -> None:
    max_ = world.sign_in("max")
    world.wired.services.members.choose_theme(world.row("max")["id"], '"><b')

    assert head(max_.get("/").get_data(as_text=True)) == SYSTEM


def styles(client: FlaskClient) -> tuple[str, str]:
    """Address and content of the style sheet with the operator's colour, as the sign-in page links it."""
    page = client.get("/login").get_data(as_text=True)
    (address,) = re.findall(r'href="(/static/brand\.css\?v=\w{12})"', page)
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    assert answer.headers["Cache-Control"] == YEAR
    return address, answer.get_data(as_text=True)


def test_the_colour_is_a_public_style_sheet_that_is_kept(world: World) -> None:
    _address, content = styles(world.app.test_client())

    assert "--brand: #b71c1c;" in content
    assert "--brand-ink-rgb: 183, 28, 28;" in content
    assert "--brand-dark-bar: #7b1313;" in content


def test_another_colour_is_everywhere_at_once(make_world: Callable[..., World]) -> None:
    red, blue = make_world(), make_world(brand_color="#0D47A1")
    client = blue.app.test_client()

    address, content = styles(client)

    assert address != styles(red.app.test_client())[0]
    assert "--brand: #0d47a1;" in content
    assert client.get("/manifest.webmanifest").get_json()["theme_color"] == "#0d47a1"
    assert head(client.get("/login").get_data(as_text=True))["(prefers-color-scheme: light)"] == "#0d47a1"
    for icon in ("/static/icon.svg", "/favicon.ico"):
        drawn = client.get(icon).get_data(as_text=True)
        assert "#0d47a1" in drawn
        assert "#b71c1c" not in drawn
