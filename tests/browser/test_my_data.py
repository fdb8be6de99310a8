"""„Meine Daten“ in the browser: the sign-ins one by one, the file, and the end of it all."""

from __future__ import annotations

from collections.abc import Callable

from dash.testing.browser import Browser

from simulator import Simulator
from tests.browser.pages import Card, Preferences, SignInPage
from tests.browser.served import Served
from tests.browser.test_invitation import looks
from tests.world import PASSWORD


def test_one_other_browser_is_signed_out_by_its_button(
    connected: Card, served: Served, another_browser: Callable[..., Browser]
) -> None:
    elsewhere = SignInPage(another_browser(), served.url).sign_in("max").wait_for("connected")
    preferences = Preferences(connected.browser, served.url).open()
    preferences.wait_for_sign_ins(2)
    assert sum("dieser Browser" in one for one in preferences.sign_ins()) == 1
    assert all("angemeldet seit" in one for one in preferences.sign_ins())

    preferences.click("#preferences-sign-ins button[name=sign_in]")

    preferences.wait_for_sign_ins(1)
    assert preferences.path() == "/preferences"
    elsewhere.tick()
    elsewhere.wait_for_path("/login?next=%2F")


def test_a_member_reads_what_is_kept_and_deletes_it_all(connected: Card, served: Served, simulator: Simulator) -> None:
    preferences = Preferences(connected.browser, served.url).open()
    preferences.see("Meine Daten")
    preferences.see("30 Tage nach der letzten Benutzung")
    file = preferences.driver.execute_async_script(
        "fetch(document.querySelector('#my-data a').href).then(answer => answer.json()).then(arguments[0])"
    )
    assert file["stored"]["users"][0]["nextcloud_user_id"] == "max"

    preferences.click("#my-data a[href$=delete]")
    page = SignInPage(preferences.browser, served.url)
    page.see("Der Zugang zu Nextcloud wird widerrufen.")
    assert looks(page) == []
    page.fill("#proof", "falsch-falsch")
    page.click("button[type=submit]")
    page.see("Das Passwort ist falsch")
    assert len(page.browser.get_logs()) == 1  # that it was refused
    page.fill("#proof", PASSWORD)
    page.click("button[type=submit]")

    page.see("Nextcloud hat bestätigt, dass der Zugang widerrufen ist.")
    assert simulator.app_passwords("max") == []
    assert served.sql("SELECT count(*) FROM users WHERE name = 'max'") == [(0,)]
    page.open("preferences")
    assert page.path() == "/login?next=%2Fpreferences"
