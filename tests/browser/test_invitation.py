"""An invitation, from the operator's command to the dashboard."""

from __future__ import annotations

import re

import pytest

from tests.browser.looks import DESKTOP, PHONE, resize, system, too_wide, violations
from tests.browser.pages import Card, SignInPage
from tests.browser.served import Served

CHOSEN = "selbst-gewählt-112"
GONE = "the server responded with a status of 410"


@pytest.fixture
def link(served: Served, sign_in_page: SignInPage) -> str:
    found = re.search(
        r"http\S+/invite#\S+", served.command("members", "invite", "lena", "--display-name", "Lena Köhler")
    )
    assert found
    return found[0]


def fill_in(page: SignInPage, password: str, repeated: str) -> None:
    page.fill("#password", password)
    page.fill("#repeated", repeated)
    page.click("button[type=submit]")


def looks(page: SignInPage) -> list[str]:
    """What axe finds, and what does not fit, in both themes and widths."""
    troubles = []
    for theme in ("light", "dark"):
        system(page.driver, prefers_color_scheme=theme)
        for width in (PHONE, DESKTOP):
            resize(page.driver, width)
            troubles += violations(page.driver) + too_wide(page.driver)
    return troubles


def test_who_opens_the_link_sets_a_password_and_is_signed_in(
    served: Served, sign_in_page: SignInPage, link: str
) -> None:
    token = link.split("#")[1]
    sign_in_page.driver.get(link)
    sign_in_page.see("Willkommen, Lena Köhler")
    assert sign_in_page.path() == "/invite"
    assert sign_in_page.driver.execute_script("return location.hash + document.referrer") == ""
    assert looks(sign_in_page) == []

    fill_in(sign_in_page, CHOSEN, CHOSEN + "x")
    sign_in_page.see("Die beiden Passwörter sind nicht gleich.")
    assert looks(sign_in_page) == []
    assert len(sign_in_page.browser.get_logs()) == 1  # that it was refused
    fill_in(sign_in_page, CHOSEN, CHOSEN)

    card = Card(sign_in_page.browser, served.url).wait_until_there().wait_for("not_connected")
    card.see("Lena Köhler")
    card.log_out().submit("lena", CHOSEN)
    card.wait_until_there()
    assert token not in served.log()


def test_a_used_link_says_so_and_one_that_is_pasted_counts(served: Served, sign_in_page: SignInPage, link: str) -> None:
    sign_in_page.driver.get(served.url + "invite")
    sign_in_page.see("Hier den ganzen Einladungslink einfügen")
    assert looks(sign_in_page) == []
    sign_in_page.fill("#token", link)
    sign_in_page.click("button[type=submit]")
    sign_in_page.see("Willkommen, Lena Köhler")
    fill_in(sign_in_page, CHOSEN, CHOSEN)
    Card(sign_in_page.browser, served.url).wait_until_there()

    sign_in_page.driver.get(link)

    sign_in_page.see("Diese Einladung wurde schon benutzt.")
    assert looks(sign_in_page) == []
    (entry,) = sign_in_page.browser.get_logs()
    assert GONE in entry["message"]


def test_a_second_link_in_the_same_tab_counts(served: Served, sign_in_page: SignInPage, link: str) -> None:
    """Only what stands behind the # changes then: no page is loaded."""
    sign_in_page.driver.get(served.url + "invite")
    sign_in_page.see("Hier den ganzen Einladungslink einfügen")

    sign_in_page.driver.get(link)

    sign_in_page.see("Willkommen, Lena Köhler")
