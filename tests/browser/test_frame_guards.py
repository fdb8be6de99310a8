"""What the frame's script refuses, slows down and leaves alone: heights, colours, what nobody sees, who was here."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from dash.testing.wait import until
from selenium.webdriver.chrome.webdriver import WebDriver

from tests.browser.element import FRAME, add, events, fetched, in_card, inside, wait, wait_in_card
from tests.browser.stand_in import StandIn

EVERY_MS = 100
LATE_MS = 50
"""How much later than it was said the first of them may have been noted."""

FILL = "document.getElementById('talk-card').innerHTML = `<section style=\"height: ${arguments[0]}\">geheim</section>`"
QUIET = """
const [quiet, done] = arguments;
const look = () => {
  const last = events.filter(one => one[0] === 'height').length;
  setTimeout(() => last === events.filter(one => one[0] === 'height').length ? done(last) : look(), quiet);
};
look();
"""
CHANGE_IN_EACH_FRAME = """
const done = arguments[arguments.length - 1];
const post = MessagePort.prototype.postMessage;
const times = [];
MessagePort.prototype.postMessage = function (...given) {
  if (given[0].type === 'talkboard:height') times.push([performance.now(), given[0].height]);
  return post.apply(this, given);
};
const section = document.querySelector('#talk-card > section');
let height = 300;
const change = () => {
  section.style.height = `${height += 5}px`;
  section.textContent = height; // what grows without anything new in it is taken for a loop
  if (times.length < 6) requestAnimationFrame(change);
  else setTimeout(() => done([height, times]), 300);
};
change();
"""
UNSEEN_SECONDS = 3
WATCH = """
window.seen = [];
let before = true;
setInterval(() => {
  const now = !document.hidden && !window.talkboard?.outOfView;
  if (now !== before) seen.push(Date.now());
  before = now;
}, 20);
return true;
"""
OUT_OF_VIEW = "return window.talkboard?.outOfView === true"
GOOD = {"background": "#1e2126", "text": "#eceef1", "accent": "#ff8a80"}
BAD: dict[str, Any] = {
    "not on the list": GOOD | {"shadow": "#000000"},
    "address": GOOD | {"background": "url(https://evil.example/)"},
    "second declaration": GOOD | {"text": "#eceef1; color: red"},
    "end of the rule": GOOD | {"accent": "#ff8a80}"},
    "another line": GOOD | {"accent": "#ff8a80\n"},
    "name": GOOD | {"text": "white"},
    "short": GOOD | {"text": "#fff"},
    "see-through": GOOD | {"background": "#1e212600"},
    "variable": GOOD | {"text": "var(--bs-body-color)"},
    "in a list": GOOD | {"text": ["#eceef1"]},
    "number": GOOD | {"text": 0},
    "text that can not be read": GOOD | {"text": "#777777"},
    "accent that can not be read": GOOD | {"accent": "#b71c1c"},
    "no background": {"text": "#eceef1"},
    "no text": {"background": "#1e2126"},
    "light, in a dark theme": {"background": "#ffffff", "text": "#000000"},
    "no set at all": "#1e2126",
    "a list": ["#1e2126", "#eceef1"],
}


@pytest.fixture
def signed_in(driver: WebDriver, stand_in: StandIn) -> None:
    """A card whose frame has said its first height."""
    add(driver, stand_in, "frame")
    assert fetched(driver) == [200]
    in_card(driver, FILL, "300px")
    wait(driver, "return events.some(one => one[0] === 'height' && one[1].height === 300)")


def heights(driver: WebDriver) -> list[int]:
    """All that were told, once no other has come for a while."""
    driver.execute_async_script(QUIET, 5 * EVERY_MS)
    return [one["height"] for one in events(driver, "height")]


@pytest.mark.usefixtures("signed_in")
def test_content_that_grows_with_its_frame_is_not_followed_for_ever(driver: WebDriver) -> None:
    in_card(driver, FILL, "calc(100vh + 10px)")
    assert heights(driver) == [300, 310, 320, 330]
    assert driver.execute_script(FRAME).size["height"] == 330

    in_card(driver, FILL, "200px")
    assert heights(driver)[4:] == [200]
    in_card(driver, FILL, "calc(100vh + 1px)")
    assert heights(driver)[5:] == []


@pytest.mark.usefixtures("signed_in")
def test_a_pixel_more_or_less_is_not_told(driver: WebDriver) -> None:
    for height in ("301px", "299px", "300.4px", "302px"):
        in_card(driver, FILL, height)
        heights(driver)

    assert heights(driver) == [300, 302]


@pytest.mark.usefixtures("signed_in")
def test_content_that_never_stops_changing_is_told_ten_times_a_second(driver: WebDriver) -> None:
    last, said = inside(driver, driver.execute_script(FRAME), lambda: driver.execute_async_script(CHANGE_IN_EACH_FRAME))

    times = [time for time, _ in said]
    assert times[-1] - times[0] >= (len(times) - 1) * EVERY_MS - LATE_MS
    assert said[-1][1] == last


@pytest.mark.usefixtures("signed_in")
def test_content_of_an_absurd_height_is_scrolled(driver: WebDriver) -> None:
    in_card(driver, FILL, "1000000px")
    assert heights(driver) == [300, 720]
    assert in_card(driver, "scrollTo(0, 5000); return scrollY") == 5000

    in_card(driver, FILL, "1px")
    assert heights(driver) == [300, 720, 120]
    in_card(driver, FILL, "0")
    assert heights(driver) == [300, 720, 120]


def colours(driver: WebDriver, wanted: Any) -> list[Any]:
    """What the frame has made of them: whether it takes them, and what stands in its style."""
    driver.execute_script("document.querySelector('talk-card').colors = arguments[0]", wanted)
    driver.execute_script("return document.querySelector('talk-card').session()")  # answered after it
    found: list[Any] = in_card(
        driver,
        "const {style} = document.documentElement;"
        "return [document.documentElement.hasAttribute('data-host-colors'),"
        "        [...style].filter(name => name !== 'color-scheme').map(name => style.getPropertyValue(name))]",
    )
    return found


TAKEN, REFUSED = [True, list(GOOD.values())], [False, []]


@pytest.mark.usefixtures("signed_in")
def test_colours_of_the_host_are_taken_all_or_none(driver: WebDriver) -> None:
    assert colours(driver, None) == REFUSED
    for why, bad in BAD.items():
        assert colours(driver, GOOD) == TAKEN
        assert colours(driver, bad) == REFUSED, why
    assert colours(driver, GOOD) == TAKEN
    assert colours(driver, {name: GOOD[name] for name in ("background", "text")}) == [True, [*GOOD.values()][:2]]

    driver.execute_script("document.querySelector('talk-card').setAttribute('theme', 'light')")
    wait_in_card(driver, "return document.documentElement.style.colorScheme === 'light'")
    assert colours(driver, GOOD) == REFUSED
    driver.execute_script("document.querySelector('talk-card').setAttribute('theme', 'dark')")
    wait_in_card(driver, "return document.documentElement.hasAttribute('data-host-colors')")


@pytest.mark.parametrize(("wanted", "expected"), [(GOOD, TAKEN), (BAD["address"], REFUSED)])
def test_colours_that_are_there_from_the_beginning_are_looked_at_as_well(
    driver: WebDriver, stand_in: StandIn, wanted: Any, expected: Any
) -> None:
    add(driver, stand_in, "frame")
    driver.execute_script(
        "const card = document.querySelector('talk-card'); card.remove(); card.colors = arguments[0];"
        "setTimeout(() => document.body.append(card))",
        wanted,
    )
    assert fetched(driver) == [200]

    assert in_card(driver, "return document.documentElement.hasAttribute('data-host-colors')") is expected[0]
    assert in_card(driver, "return document.documentElement.style.getPropertyValue('--host-background')") == (
        expected[1][0] if expected[1] else ""
    )


def leave(driver: WebDriver, how: str) -> None:
    """So that nobody sees the frame for some seconds, and then somebody does."""
    home = driver.current_window_handle
    if how == "scrolled away":
        driver.execute_script("document.body.style.paddingTop = '5000px'; scrollTo(0, 0)")
        wait_in_card(driver, OUT_OF_VIEW)
    else:
        driver.switch_to.new_window("tab")
        driver.execute_cdp_cmd("Page.bringToFront", {})
    time.sleep(UNSEEN_SECONDS)  # the proof that nothing happens
    driver.switch_to.window(home)
    driver.execute_cdp_cmd("Page.bringToFront", {})
    driver.execute_script("scrollTo(0, 9999)")


@pytest.mark.parametrize("how", ["scrolled away", "in a hidden tab"])
def test_a_frame_that_nobody_sees_is_not_signed_in_anew_until_it_is_seen(
    driver: WebDriver, stand_in: StandIn, how: str
) -> None:
    stand_in.seconds = 1
    add(driver, stand_in, "frame")
    wait(driver, "return tickets >= 3")  # who is seen is signed in anew before the end

    wait_in_card(driver, WATCH)
    driver.execute_script("window.drawn = []; setInterval(() => drawn.push([Date.now(), tickets]), 50)")
    leave(driver, how)

    left, back = wait_in_card(driver, "return seen.length >= 2 && seen.slice(-2)")
    unseen_ms = 1000 * (UNSEEN_SECONDS - 0.5)
    assert back - left > unseen_ms
    drawn = driver.execute_script("return drawn")
    counts = [count for at, count in drawn if left + 500 < at < left + unseen_ms]
    assert len(set(counts)) == 1  # a question that was under way may still have been answered
    wait(driver, "return tickets > arguments[0]", counts[-1])
    assert fetched(driver) == [200]


ASK_LATER = """
window.answer = null;
fetch('/frame/_dash-update-component', {method: 'POST', body: '{}'})
  .then(async answer => { window.answer = answer.status === 200 ? (await answer.json()).for : answer.status; });
"""
FACE = "document.getElementById('talk-card').innerHTML = '<img data-face data-face-src=\"/frame/avatar/a\">'"
FORGET = "window.forgotten = 0; (window.talkboard ??= {}).forget = () => window.forgotten++"


@pytest.mark.parametrize("told", [True, False], ids=["signs the frame out", "gives another ticket"])
def test_what_was_asked_for_one_member_is_never_shown_to_the_next(
    driver: WebDriver, stand_in: StandIn, told: bool
) -> None:
    add(driver, stand_in, "frame")
    assert fetched(driver) == [200]
    in_card(driver, FORGET)
    in_card(driver, FACE)
    until(lambda: stand_in.count("avatar/a") == 1, 20)
    stand_in.held["_dash-update-component"] = threading.Event()
    in_card(driver, ASK_LATER)
    until(lambda: stand_in.count("_dash-update-component") == 2, 20)

    stand_in.who = "anna"
    if told:
        driver.execute_script("const card = document.querySelector('talk-card'); card.logout(); card.refresh()")
    else:
        in_card(driver, "const now = Date.now; Date.now = () => now() + 301000; dispatchEvent(new Event('focus'))")
    wait(driver, "return tickets === 2")
    wait_in_card(driver, "return forgotten > 0")
    stand_in.held.pop("_dash-update-component").set()

    wait_in_card(driver, "return answer !== null")
    assert in_card(driver, "return answer") in ("anna", 204)
    in_card(driver, FACE)
    until(lambda: stand_in.count("avatar/a") == 2, 20)  # nor is a picture
