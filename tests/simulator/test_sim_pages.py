"""The pages a person clicks through, in both languages."""

from __future__ import annotations

import pytest

from simulator import Simulator
from tests.simulator.conftest import FIELD, Api, Browser


def picker_link(page_text: str) -> str:
    return page_text.split('id="login" href="')[1].split('"')[0].replace("&amp;", "&")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Connect an app", "Log in", "Grant access", "you can close this window")),
        ("de", ("App verbinden", "Anmelden", "Zugriff gewähren", "Sie können dieses Fenster schließen")),
    ],
)
def test_connecting_step_by_step(sim: Simulator, api: Api, language: str, words: tuple[str, ...]) -> None:
    person = Browser(sim, language)
    flow = api.init()

    picker = person.open(flow["login"])
    assert picker.history[0].status_code == 303
    assert picker.url.path == "/login/v2/flow"
    assert words[0] in picker.text
    assert "Feuerwehr Dashboard" in picker.text

    login = person.open(picker_link(picker.text))
    assert login.url.path == "/login"
    assert words[1] in login.text

    grant = person.log_in("max", "geheim", login)
    assert words[2] in grant.text
    assert "Max Mustermann" in grant.text
    assert "(max)" in grant.text
    assert "Feuerwehr Dashboard" in grant.text
    assert api.poll(flow).status_code == 404

    done = person.submit(grant, "/login/v2/grant")
    assert (done.status_code, words[3] in done.text) == (200, True)
    assert api.poll(flow).json()["loginName"] == "max"
    assert person.open(flow["login"]).status_code == 403
    person.client.close()


def test_who_is_logged_in_goes_straight_to_the_grant(api: Api, browser: Browser) -> None:
    browser.log_in("anna", "auch geheim")
    flow = api.init()
    grant = browser.open(picker_link(browser.open(flow["login"]).text))
    assert grant.url.path == "/login/v2/grant"
    browser.submit(grant, "/login/v2/grant")
    assert api.poll(flow).json()["loginName"] == "anna"


def test_the_server_of_the_result_is_the_one_in_the_address_bar(sim: Simulator, api: Api, browser: Browser) -> None:
    browser.simulator = sim
    elsewhere = sim.url.replace("127.0.0.1", "localhost")
    flow = api.init()
    picker = browser.open(flow["login"].replace(sim.url, elsewhere))
    login = browser.open(elsewhere + picker_link(picker.text))
    known = dict(FIELD.findall(login.text))
    grant = browser.client.post(f"{elsewhere}/login", data=known | {"user": "max", "password": "geheim"})
    browser.client.post(f"{elsewhere}/login/v2/grant", data=dict(FIELD.findall(grant.text)))
    assert api.poll(flow).json()["server"] == elsewhere


def test_an_unknown_link_is_refused(browser_de: Browser) -> None:
    page = browser_de.open("/login/v2/flow/" + "x" * 128)
    assert page.status_code == 403
    assert "Beginnen Sie in der App von vorne" in page.text


def test_a_link_that_expires_half_way_is_refused(sim: Simulator, api: Api, browser: Browser) -> None:
    browser.log_in("max", "geheim")
    grant = browser.open(picker_link(browser.open(api.init()["login"]).text))
    sim.clock.advance(1201)
    assert browser.submit(grant, "/login/v2/grant").status_code == 403
    assert sim.app_passwords("max") == []


@pytest.mark.parametrize(("field", "status"), [("requesttoken", 412), ("stateToken", 403)])
def test_a_grant_needs_both_tokens(sim: Simulator, api: Api, browser: Browser, field: str, status: int) -> None:
    browser.log_in("max", "geheim")
    grant = browser.open(picker_link(browser.open(api.init()["login"]).text))
    assert browser.submit(grant, "/login/v2/grant", **{field: "wrong"}).status_code == status
    assert sim.app_passwords("max") == []


def test_another_browser_cannot_grant(sim: Simulator, api: Api, browser: Browser, browser_de: Browser) -> None:
    link = picker_link(browser.open(api.init()["login"]).text)
    browser_de.log_in("anna", "auch geheim")
    assert browser_de.open(link).status_code == 403


def test_pages_cannot_be_framed_and_post_home_only(api: Api, browser: Browser) -> None:
    page = browser.open(api.init()["login"])
    assert page.headers["x-frame-options"] == "SAMEORIGIN"
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert "form-action 'self'" in policy


def test_a_wrong_password_is_said_and_counted(sim: Simulator, browser: Browser) -> None:
    page = browser.log_in("max", "falsch")
    assert "do not fit together" in page.text
    assert sim.failures() == 1


def test_a_locked_address_cannot_log_in(browser: Browser) -> None:
    for _ in range(11):
        browser.log_in("max", "falsch")
    page = browser.log_in("max", "geheim")
    assert page.status_code == 429
    assert "half an hour" in page.text


def test_logging_in_leads_nowhere_else(sim: Simulator, browser: Browser) -> None:
    page = browser.submit(browser.open("/login?redirect_url=//evil.example"), "/login", user="max", password="geheim")
    assert page.url.path == "/apps/spreed/"


def test_a_login_in_the_browser_repairs_parked_app_passwords(
    sim: Simulator, api: Api, browser: Browser, secret: str
) -> None:
    sim.member("max").changes_password("neu")
    assert api.rooms("max", secret).status_code == 401
    browser.log_in("max", "neu")
    assert api.rooms("max", secret).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/index.php"])
def test_a_conversation_asks_to_log_in_and_then_opens_and_is_read(
    sim: Simulator, api: Api, browser: Browser, secret: str, prefix: str
) -> None:
    one = sim.member("max").joins("Ausbildung")
    one.post("anna", "Wer <kommt>?")
    login = browser.open(f"{prefix}/call/{one.token}")
    assert login.url.params["redirect_url"] == f"/call/{one.token}"
    page = browser.log_in("max", "geheim", login)
    assert page.url.path == f"/call/{one.token}"
    assert "Wer &lt;kommt&gt;?" in page.text
    assert api.rooms("max", secret).json()["ocs"]["data"][0]["unreadMessages"] == 0


def test_one_can_write_in_a_conversation(sim: Simulator, browser: Browser) -> None:
    one = sim.member("max").joins("Ausbildung")
    browser.log_in("max", "geheim")
    page = browser.submit(browser.open(f"/call/{one.token}"), f"/call/{one.token}", text="Ich komme")
    assert "Ich komme" in page.text
    assert (one.messages[-1].text, one.messages[-1].actor.id) == ("Ich komme", "max")


def test_a_conversation_of_others_leads_to_ones_own(sim: Simulator, browser: Browser) -> None:
    one = sim.member("anna").joins("Kommando")
    sim.member("max").joins("Ausbildung")
    browser.log_in("max", "geheim")
    page = browser.open(f"/call/{one.token}")
    assert page.url.path == "/apps/spreed/"
    assert "Ausbildung" in page.text
    assert "Kommando" not in page.text


def test_a_device_can_be_revoked(sim: Simulator, api: Api, browser_de: Browser, secret: str) -> None:
    browser_de.log_in("max", "geheim")
    page = browser_de.open("/settings/user/security")
    assert "Talkboard (max)" in page.text
    page = browser_de.submit(page, "/settings/user/security")
    assert "keine App verbunden" in page.text
    assert api.rooms("max", secret).status_code == 401


def test_logging_out(browser: Browser) -> None:
    page = browser.log_in("max", "geheim")
    browser.submit(page, "/logout")
    assert browser.open("/apps/spreed/").url.path == "/login"


def test_the_pages_work_in_a_subdirectory_without_rewriting() -> None:
    with Simulator(web_root="/nextcloud", pretty_urls=False) as sim:
        sim.member("max", password="geheim")
        one = sim.member("max").joins("Ausbildung")
        person = Browser(sim)
        page = person.log_in("max", "geheim", person.open(f"/index.php/call/{one.token}"))
        assert page.url.path == f"/nextcloud/index.php/call/{one.token}"
        assert person.submit(page, f"/call/{one.token}", text="Hallo").status_code == 200
        assert one.messages[-1].text == "Hallo"
        person.client.close()
