"""The operator's page: how it stands, as plots and as numbers, without a word of anybody's."""

from __future__ import annotations

import time

import pytest
from dash.testing.wait import until

from models.database import Database
from models.observation_store import ObservationStore
from simulator import Simulator
from tests.browser.busy_day import busy_day
from tests.browser.looks import DESKTOP, PHONE, resize, system, too_wide, violations
from tests.browser.pages import Card, Page, Preferences, SignInPage
from tests.browser.served import Served
from tests.browser.test_first_load import loaded

PLOTS = 6
GROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(26, 29, 33)"}
"""What the plots of a theme stand on."""
TITLES = {"de": "Einstellungen", "en": "Settings"}
CONVERSATION, MESSAGE = "Nur für Eingeweihte", "Die Brandstiftung war es nicht"

_DRAWN = """
return [...document.querySelectorAll('.operator-graph .js-plotly-plot')].filter(
  plot => plot.layout && plot.layout.uirevision && plot.querySelector('.main-svg')).length
"""
_COLOURS = """
return [...document.querySelectorAll('.operator-graph .js-plotly-plot')].map(
  plot => plot.querySelector('.main-svg').style.background);
"""
_FITS = """
return [...document.querySelectorAll('.operator-graph .main-svg')].every(
  svg => svg.getBoundingClientRect().right <= document.documentElement.clientWidth);
"""
_CLOCK_STOPS = "return window.dash_component_api.getLayout('operator-clock').props.disabled"
_ROWS = "return document.querySelectorAll('#operator-numbers-latency tbody tr').length"
_HIDE = """
Object.defineProperty(document, 'hidden', {configurable: true, get: () => arguments[0]});
document.dispatchEvent(new Event('visibilitychange'));
"""


class OperatorPage(Page):
    """`/operator`."""

    def open(self) -> OperatorPage:
        self.driver.get(f"{self.url}operator")
        return self.wait_until_there()

    def wait_until_there(self) -> OperatorPage:
        self._until(lambda: self.drawn() == PLOTS, 30, lambda: f"{self.drawn()} plots in:\n{self.text()}")
        self.browser.wait_for_element("#operator-summary .operator-tile")
        return self

    def drawn(self) -> int:
        return int(self.driver.execute_script(_DRAWN))

    def grounds(self) -> set[str]:
        """The colours behind the plots."""
        return set(self.driver.execute_script(_COLOURS))

    def wait_for_theme(self, theme: str) -> None:
        """Until every plot is drawn in the colours of that theme."""
        self._until(lambda: self.grounds() == {GROUNDS[theme]}, 15, lambda: f"{self.grounds()}, not {theme}")

    def wait_until_plots_fit(self) -> None:
        """Until Plotly has drawn them anew for a changed window."""
        self._until(lambda: self.driver.execute_script(_FITS), 15, lambda: "plots wider than the window")

    def callbacks(self) -> int:
        return Card(self.browser, self.url).callbacks()

    def rows(self) -> int:
        """How many the table of latencies has."""
        return int(self.driver.execute_script(_ROWS))

    def hide(self, *, hidden: bool) -> None:
        """As if the tab went to the back, or came to the front again."""
        self.driver.execute_script(_HIDE.replace("arguments[0]", str(hidden).lower()))

    def show_numbers(self) -> None:
        self.driver.execute_script("document.querySelectorAll('details').forEach(one => { one.open = true; })")


@pytest.fixture
def operator(served: Served, sign_in_page: SignInPage, simulator: Simulator) -> OperatorPage:
    """The page of Max, who is an operator and has connected his account."""
    served.sql("UPDATE users SET operator = TRUE WHERE name = 'max'")
    simulator.member("max").joins(CONVERSATION).post("peter", MESSAGE)
    served.connect("max")
    database = Database(served.database_url)
    ObservationStore(database).keep(busy_day(int(time.time())))
    database.close()
    sign_in_page.sign_in("max").wait_for("connected")
    return OperatorPage(sign_in_page.browser, sign_in_page.url)


def test_an_operator_comes_by_the_menu_and_sees_how_it_stands(operator: OperatorPage) -> None:
    operator.click(".member-menu .dropdown-toggle")
    operator.click(".member-menu a[href$='operator']")
    operator.wait_until_there()
    operator.show_numbers()

    seen = operator.text()
    for words in ("Betrieb", "Antwortzeit von Nextcloud", "0 von 6", "/apps/spreed/api/v4/room", "Max Mustermann"):
        assert words in seen
    assert "Nextcloud wird gerade gewartet" in seen or "Wartung" in seen
    assert CONVERSATION not in seen
    assert MESSAGE not in seen
    assert CONVERSATION not in operator.driver.page_source


def test_no_other_member_sees_a_way_there(card: Card) -> None:
    card.click(".member-menu .dropdown-toggle")
    card.see("Abmelden")

    assert card.driver.execute_script("return document.querySelectorAll('a[href*=operator]').length") == 0


def test_plots_are_in_the_colours_of_the_theme_even_when_it_changes(operator: OperatorPage) -> None:
    system(operator.driver, prefers_color_scheme="light")
    operator.open()
    assert operator.grounds() == {GROUNDS["light"]}

    system(operator.driver, prefers_color_scheme="dark")

    operator.wait_for_theme("dark")


@pytest.mark.parametrize("language", ["de", "en"])
def test_axe_finds_nothing_and_everything_fits(operator: OperatorPage, language: str) -> None:
    Preferences(operator.browser, operator.url).open().choose_language(language)
    operator.see(TITLES[language])
    looks: dict[tuple[str, int], list[str]] = {}
    operator.open().show_numbers()
    assert operator.language() == language
    for theme in GROUNDS:
        system(operator.driver, prefers_color_scheme=theme)
        operator.wait_for_theme(theme)
        for width in (PHONE, DESKTOP):
            resize(operator.driver, width)
            operator.wait_until_plots_fit()
            troubles = violations(operator.driver) + too_wide(operator.driver)
            if troubles:
                looks[theme, width] = troubles
    assert looks == {}


def test_it_asks_again_only_while_somebody_looks(operator: OperatorPage, served: Served) -> None:
    operator.open()
    before = operator.callbacks()

    operator.hide(hidden=True)
    assert operator.driver.execute_script(_CLOCK_STOPS) is True
    assert operator.callbacks() == before

    operator.hide(hidden=False)
    until(lambda: operator.callbacks() > before, 10)


def test_a_month_is_shown_when_it_is_asked_for(operator: OperatorPage) -> None:
    operator.open()
    before = operator.rows()

    operator.click("#operator-period option[value='month']")

    until(lambda: operator.rows() == 30 != before, 15)


def test_the_dashboard_pays_nothing_for_it(operator: OperatorPage) -> None:
    operator.open()
    names = {one["url"] for one in loaded(Card(operator.browser, operator.url))}
    own = {name for name in names if "plotly" in name or "/operator." in name or "graph" in name}
    assert len(own) >= 3, names

    Card(operator.browser, operator.url).open().wait_for("connected")

    assert own & {one["url"] for one in loaded(Card(operator.browser, operator.url))} == set()
