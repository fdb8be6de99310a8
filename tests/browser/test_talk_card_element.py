"""`<talk-card>` and the script of its frame, each against the other and against what a stranger would say."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from dash.testing.wait import until
from selenium.webdriver.chrome.webdriver import WebDriver

from tests.browser.element import ADD, FRAME, add, events, fetched, in_card, inside, wait, wait_in_card
from tests.browser.stand_in import KNOWN_N, StandIn

SCHEMA = json.loads((Path(__file__).parents[2] / "embed" / "messages.schema.json").read_text(encoding="utf-8"))
CONNECTIONS = 6
"""How many a browser has to one server: what is asked beyond them waits."""
HELLO = "parent.postMessage({type: 'talkboard:hello', version: arguments[1] ?? 1, n: arguments[0]}, '*')"


SHOW = """
document.getElementById('talk-card').innerHTML = '<section data-state="connected" data-messages="7"' +
  'data-conversations="2" data-mentions="1" style="height: ' + arguments[0] + 'px">geheim</section>';
"""


def test_both_scripts_speak_as_the_schema_says(driver: WebDriver, stand_in: StandIn) -> None:
    add(driver, stand_in, "frame")

    assert fetched(driver) == [200]
    in_card(driver, SHOW, 300)
    wait(driver, "return events.some(one => one[0] === 'height' && one[1].height === 300)")
    driver.execute_script("""
      const card = document.querySelector('talk-card');
      card.setAttribute('theme', 'light');
      card.setAttribute('lang', 'en');
      card.colors = {background: '#ffffff', text: '#000000'};
      card.refresh();
      card.session().then(said => window.session = said);
    """)

    assert wait(driver, "return window.session") == {"signedIn": True, "state": "connected"}
    assert events(driver, "state") == [{"state": "connected", "cause": None}]
    assert events(driver, "unread") == [{"messages": 7, "conversations": 2, "mentions": 1}]
    assert len(events(driver, "ready")) == 1
    looks = in_card(
        driver,
        """
      const root = document.documentElement;
      return [root.lang, root.style.colorScheme, root.style.getPropertyValue('--host-text')];""",
    )
    assert looks == ["en", "light", "#000000"]
    driver.execute_script("document.querySelector('talk-card').logout()")
    wait(driver, "return events.some(one => one[0] === 'error' && one[1].code === 'signed_out')")
    said = [*driver.execute_script("return said"), *in_card(driver, "return said")]
    for message in said:
        jsonschema.validate(message, SCHEMA)
    assert {one["type"].removeprefix("talkboard:") for one in said} == {
        *("hello", "welcome", "ticket-wanted", "ticket", "ready", "state", "unread", "height", "error", "session"),
        *("theme", "language", "colors", "refresh", "session-wanted", "logout"),
    }
    assert "geheim" not in json.dumps(said)


def test_who_is_refused_renews_once_and_a_server_that_is_away_signs_nobody_out(
    driver: WebDriver, stand_in: StandIn
) -> None:
    add(driver, stand_in, "frame")
    assert fetched(driver) == [200]
    stand_in.tokens += 1

    assert fetched(driver, 3) == [200, 200, 200]
    assert driver.execute_script("return tickets") == 2

    stand_in.tokens += 1
    stand_in.answers["session"] = 503, {"error": "unavailable"}
    assert fetched(driver) == "TypeError: Failed to fetch"
    assert events(driver, "error") == []
    assert in_card(driver, "return document.getElementById('react-entry-point').hidden") is False

    del stand_in.answers["session"]
    wait(driver, "return tickets === 4")
    assert fetched(driver) == [200]


@pytest.mark.parametrize(("times", "status"), [(1, 200), (99, 204)])
def test_after_a_ticket_that_came_too_late_one_other_is_tried(
    driver: WebDriver, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, times: int, status: int
) -> None:
    answer = stand_in.answer
    refused: list[str] = []

    def refuse(path: str, bearer: str | None) -> tuple[int, dict[str, Any]]:
        if not path.endswith("embed/session") or len(refused) == times:
            return answer(path, bearer)
        refused.append(path)
        return 401, {"error": "ticket_refused"}

    monkeypatch.setattr(stand_in, "answer", refuse)
    add(driver, stand_in, "frame")

    assert fetched(driver) == [status]
    said = [] if status == 200 else [{"code": "ticket_refused"}]
    wait(driver, "return events.filter(one => one[0] === 'error').length === arguments[0]", len(said))
    assert events(driver, "error") == said
    assert driver.execute_script("return tickets") == 2


def test_what_carries_an_identity_is_led_nowhere_else(driver: WebDriver, stand_in: StandIn) -> None:
    add(driver, stand_in, "frame")
    assert fetched(driver) == [200]
    stand_in.answers["_dash-update-component"] = 302, {"location": "/frame/elsewhere"}

    assert fetched(driver) == "TypeError: Failed to fetch"
    assert stand_in.count("elsewhere") == 0


def test_signed_out_asks_nothing_and_goes_on_by_itself(driver: WebDriver, stand_in: StandIn) -> None:
    stand_in.answers["session"] = 200, {"signedIn": False}
    stand_in.answers["_dash-update-component"] = 200, {}
    add(driver, stand_in, "frame", tickets=False)
    wait_in_card(driver, "return !document.getElementById('frame-out').hidden")

    asked = stand_in.count("_dash-update-component")
    assert fetched(driver, 2) == [204, 204]
    in_card(driver, "fetch('/frame/_dash-layout').then(answer => window.layout = answer.status)")
    assert driver.execute_script("return document.querySelector('talk-card').session()")["signedIn"] is False
    assert (stand_in.count("_dash-update-component"), stand_in.count("_dash-layout")) == (asked, 0)
    assert in_card(driver, "return window.layout") is None
    assert in_card(driver, "return [...document.querySelectorAll('[data-out]')].map(one => one.hidden)") == [
        False,
        True,
    ]

    stand_in.answers["session"] = 200, {"signedIn": True}
    stand_in.answers["_dash-layout"] = 200, {}
    wait_in_card(driver, "return window.layout === 200")
    assert in_card(driver, "return document.getElementById('frame-out').hidden")
    assert fetched(driver) == [200]


def test_a_host_that_says_null_signs_out_and_its_logout_stays(driver: WebDriver, stand_in: StandIn) -> None:
    add(driver, stand_in, "frame")
    assert fetched(driver) == [200]
    in_card(driver, SHOW, 200)
    driver.execute_script("document.querySelector('talk-card').logout()")
    wait(driver, "return events.some(one => one[1]?.code === 'signed_out')")
    until(lambda: stand_in.count("embed/logout") == 1, 20)

    in_card(driver, "dispatchEvent(new Event('focus')); dispatchEvent(new Event('online'))")
    assert fetched(driver) == [204]
    driver.execute_script("window.refuse = true; document.querySelector('talk-card').refresh()")
    assert fetched(driver) == [204]
    assert stand_in.count("embed/session") == 1

    driver.execute_script("window.refuse = false; document.querySelector('talk-card').refresh()")
    wait(driver, "return tickets === 2")
    wait(driver, "return document.querySelector('talk-card').session().then(one => one.signedIn)")
    assert fetched(driver) == [200]


def test_who_signs_out_leaves_nothing_even_if_the_server_does_not_answer(driver: WebDriver, stand_in: StandIn) -> None:
    add(driver, stand_in, "frame")
    assert fetched(driver) == [200]
    in_card(driver, "window.talkboard = {forget: () => document.getElementById('talk-card').replaceChildren()}")
    in_card(driver, SHOW, 200)
    stand_in.held["logout"] = threading.Event()

    driver.execute_script("document.querySelector('talk-card').logout()")

    wait(driver, "return events.some(one => one[1]?.code === 'signed_out')")
    assert "geheim" not in in_card(driver, "return document.body.textContent")
    until(lambda: stand_in.count("embed/logout") == 1, 20)
    driver.execute_script("document.querySelector('talk-card').remove()")
    stand_in.held["logout"].set()


def test_frame_that_is_taken_away_after_signing_out_is_signed_out_all_the_same(
    driver: WebDriver, stand_in: StandIn
) -> None:
    add(driver, stand_in, "frame")
    assert fetched(driver) == [200]
    held = stand_in.held["_dash-update-component"] = threading.Event()
    ask = "fetch('/frame/_dash-update-component', {method: 'POST', body: '{}'})"
    in_card(driver, f"for (let one = 0; one < {CONNECTIONS}; one++) {ask}")
    until(lambda: stand_in.count("_dash-update-component") == 1 + CONNECTIONS, 20)

    driver.execute_script(
        "const card = document.querySelector('talk-card');"
        "card.addEventListener('talk-error', () => card.remove()); card.logout()"
    )

    until(lambda: stand_in.count("embed/logout") == 1, 20)
    assert driver.execute_script("return document.querySelector('talk-card')") is None
    held.set()


def test_pictures_are_asked_for_as_whoever_looks_at_the_frame(driver: WebDriver, stand_in: StandIn) -> None:
    add(driver, stand_in, "frame")
    assert fetched(driver) == [200]

    in_card(
        driver,
        "document.getElementById('talk-card').innerHTML = '<section data-state=\"connected\">' +"
        "'<img data-face data-face-src=\"/frame/avatar/a\">'.repeat(2) + '</section>'",
    )

    faces = (
        "return [...document.images].filter(one => one.src.startsWith('data:image/svg+xml') && one.naturalWidth === 7)"
    )
    wait_in_card(driver, f"{faces}.length === 2")
    assert [one for one in stand_in.asked if "avatar" in one[0]] == [("/frame/avatar/a", "Bearer token-1")]


def test_host_answers_its_own_frame_alone_and_once_for_each_n(driver: WebDriver, stand_in: StandIn) -> None:
    add(driver, stand_in, "puppet")
    frame = driver.execute_script(FRAME)
    sandbox = "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox"
    given = [frame.get_attribute(name) for name in ("sandbox", "title", "referrerpolicy", "allow")]
    assert given == [sandbox, "Nextcloud Talk", "strict-origin", ""]
    inside(driver, frame, lambda: wait(driver, "return document.readyState === 'complete' && 'got' in window"))

    for n in ("n-1", "n-1", "n-2"):
        in_card(driver, HELLO, n)
    in_card(driver, HELLO, "newer", 2)
    in_card(driver, HELLO, "older", 0)
    in_card(driver, HELLO, "none", "")
    wait(driver, "return events.some(one => one[1]?.code === 'version')")
    answered = in_card(driver, "return got.map(one => one.data.n)")
    assert answered == ["n-1", "n-2"]
    assert events(driver, "error") == [{"code": "version"}]

    # A frame beside it, of the same origin, and a page of another origin in its own place.
    driver.execute_script(
        "const other = document.createElement('iframe'); other.id = 'other'; other.src = arguments[0];"
        "document.body.append(other)",
        f"{stand_in.app}/puppet/embed/talk",
    )
    for place, address in (("#other", None), (None, f"{stand_in.host}/puppet/embed/talk")):
        element = driver.execute_script(FRAME) if place is None else driver.find_element("css selector", place)
        if address:
            driver.execute_script("arguments[0].src = arguments[1]", element, address)
        inside(
            driver,
            element,
            lambda: wait(driver, "return document.readyState === 'complete' && 'got' in window && !got.length"),
        )
        inside(driver, element, lambda: driver.execute_script(HELLO, "stranger"))
        wait(driver, "return got.some(one => one.data.n === 'stranger')")
        driver.execute_script("got = []")
        assert inside(driver, element, lambda: driver.execute_script("return got")) == []
        if not address:
            assert in_card(driver, "return got.map(one => one.data.n)") == ["n-1", "n-2"]
    assert [one["message"] for one in driver.get_log("browser") if "postMessage" in one["message"]] == []


def test_absurd_heights_and_old_messages_change_nothing(driver: WebDriver, stand_in: StandIn) -> None:
    add(driver, stand_in, "puppet")
    wait_in_card(driver, "return document.readyState === 'complete'")
    in_card(driver, HELLO, "n-1")
    wait_in_card(driver, "return ports.length")
    for height in ("1e9", "-5", "200", "NaN", "'high'", "undefined"):
        in_card(driver, f"ports[0].postMessage({{type: 'talkboard:height', version: 1, height: {height}}})")
    for version in ("0", "'1'", "undefined", "2"):
        in_card(driver, f"ports[0].postMessage({{type: 'talkboard:height', version: {version}, height: 300}})")
    in_card(driver, "ports[0].postMessage({type: 'talkboard:constructor', version: 1})")
    in_card(driver, "ports[0].postMessage({type: 'talkboard:ready', version: 1})")

    wait(driver, "return events.some(one => one[0] === 'ready')")
    assert [one["height"] for one in events(driver, "height")] == [720, 120, 200]
    assert driver.execute_script(FRAME).size["height"] == 200


WELCOME = """
const [frame, n, version, tickets] = arguments;
const channel = new MessageChannel();
window.port = channel.port1;
channel.port1.onmessage = event => got.push({data: event.data});
const target = frame ? document.querySelectorAll('iframe')[0].contentWindow : parent.frames[0];
target.postMessage({type: 'talkboard:welcome', version, n, tickets, lang: 'de'}, '*', [channel.port2]);
"""


def test_frame_takes_a_port_from_its_parent_alone(driver: WebDriver, stand_in: StandIn) -> None:
    stand_in.answers["session"] = 200, {"signedIn": True}
    driver.get(f"{stand_in.host}/bare")
    n = wait(driver, "return got[0]?.data.n")
    real, *beside = driver.find_elements("css selector", "iframe")
    language = "return document.documentElement.lang"

    for stranger in beside:  # of the frame's origin, and of the host's
        inside(driver, stranger, lambda: driver.execute_script(WELCOME, False, n, 1, True))
    driver.execute_script(WELCOME, True, "another", 1, True)
    for version in (2, 0, "1", None):
        driver.execute_script(WELCOME, True, n, version, True)
    inside(driver, real, lambda: wait(driver, "return got.length === 7"))
    assert inside(driver, real, lambda: driver.execute_script(language)) == "en"

    driver.execute_script(WELCOME, True, n, 1, False)
    inside(driver, real, lambda: wait(driver, "return document.documentElement.lang === 'de'"))
    for message in ("{type: 'talkboard:theme', version: 2}", "{type: 'talkboard:theme', version: 3}"):
        driver.execute_script(f"port.postMessage({message})")
    driver.execute_script("port.postMessage({type: 'talkboard:language', version: 0, lang: 'en'})")
    driver.execute_script("port.postMessage({type: 'talkboard:toString', version: 1})")
    driver.execute_script("port.postMessage({type: 'talkboard:session-wanted', version: 1, id: 1})")
    wait(driver, "return got.some(one => one.data.type === 'talkboard:session')")
    assert driver.execute_script("return got.filter(one => one.data.code === 'version').length") == 1
    assert inside(driver, real, lambda: driver.execute_script(language)) == "de"


def test_frame_says_nothing_to_a_page_that_is_not_listed_and_takes_nothing_from_it(
    driver: WebDriver, stand_in: StandIn
) -> None:
    driver.get(f"{stand_in.stranger}/around")
    until(lambda: stand_in.count("embed/session") == 1, 20)  # alone: it has asked for a host long enough
    (frame,) = driver.find_elements("css selector", "iframe")
    assert driver.execute_script("return got") == []

    driver.execute_script(WELCOME, True, KNOWN_N, 1, True)

    inside(driver, frame, lambda: wait(driver, "return got.length === 1"))
    driver.execute_script("port.postMessage({type: 'talkboard:session-wanted', version: 1, id: 1})")
    assert inside(driver, frame, lambda: driver.execute_script("return document.documentElement.lang")) == "en"
    assert driver.execute_script("return got") == []


def test_frame_takes_nothing_from_the_window_that_opened_its_host(driver: WebDriver, stand_in: StandIn) -> None:
    driver.get(f"{stand_in.host}/host")
    driver.execute_script(
        "document.body.innerHTML = '<button>Öffnen</button>';"
        "document.querySelector('button').onclick = () => window.opened = open('/around')"
    )
    home = driver.current_window_handle
    driver.find_element("css selector", "button").click()
    driver.switch_to.window(next(one for one in driver.window_handles if one != home))
    wait(driver, "return got.some(one => one.data.n === arguments[0])", KNOWN_N)
    driver.switch_to.window(home)

    driver.execute_script(
        WELCOME.replace("document.querySelectorAll('iframe')[0].contentWindow", "opened.frames[0]"),
        True,
        KNOWN_N,
        1,
        True,
    )

    driver.switch_to.window(next(one for one in driver.window_handles if one != home))
    (frame,) = driver.find_elements("css selector", "iframe")
    inside(driver, frame, lambda: wait(driver, "return got.length === 1"))
    assert inside(driver, frame, lambda: driver.execute_script("return document.documentElement.lang")) == "en"

    driver.execute_script(WELCOME, True, KNOWN_N, 1, True)
    inside(driver, frame, lambda: wait(driver, "return document.documentElement.lang === 'de'"))


@pytest.mark.parametrize("end", ["disconnected", "signed out"])
def test_whoever_heard_a_number_hears_that_there_is_none_any_more(
    driver: WebDriver, stand_in: StandIn, end: str
) -> None:
    add(driver, stand_in, "frame")
    assert fetched(driver) == [200]
    in_card(driver, SHOW, 300)
    wait(driver, "return events.some(one => one[0] === 'unread')")

    if end == "signed out":
        driver.execute_script("document.querySelector('talk-card').logout()")
    else:
        in_card(
            driver,
            "const picture = document.querySelector('#talk-card > [data-state]');"
            "picture.dataset.state = 'not_connected';"
            "for (const name of ['messages', 'conversations', 'mentions']) delete picture.dataset[name];",
        )

    wait(driver, "return events.filter(one => one[0] === 'unread').length === 2")
    assert events(driver, "unread")[-1] == {"messages": 0, "conversations": 0, "mentions": 0}


def test_mounted_twice_moved_loaded_twice_and_set_early(driver: WebDriver, stand_in: StandIn) -> None:
    driver.get(f"{stand_in.host}/empty")
    driver.execute_script(ADD, f"{stand_in.app}/frame", False)
    driver.execute_script(
        """
        const card = document.querySelector('talk-card');
        card.getTicket = () => Promise.resolve('ticket-' + ++tickets);
        for (let time = 0; time < 2; time++) {
          const script = document.createElement('script');
          script.src = arguments[0] + '/embed.js?' + time;
          script.onload = () => window.loaded = (window.loaded || 0) + 1;
          document.head.append(script);
        }""",
        stand_in.app,
    )
    wait(driver, "return window.loaded === 2 && tickets === 1")
    assert fetched(driver) == [200]

    driver.execute_script(
        "window.card = document.querySelector('talk-card'); window.frame = card.shadowRoot.firstChild;"
        "card.remove(); document.body.append(card)"
    )
    wait(driver, "return tickets === 2 && frame === card.shadowRoot.firstChild")
    assert fetched(driver) == [200]
    driver.execute_script(
        "const box = document.createElement('div'); document.body.append(box); box.moveBefore(card, null)"
    )
    assert fetched(driver) == [200]
    assert driver.execute_script("return tickets") == 2

    driver.execute_script("card.remove()")
    wait(driver, "return card.shadowRoot.childElementCount === 0")
    driver.execute_script("document.body.append(card)")
    wait(driver, "return tickets === 3")
    assert driver.execute_script("return card.shadowRoot.querySelectorAll('iframe').length") == 1
