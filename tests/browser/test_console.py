"""The empty console that every browser test ends with is worth something only if it would not stay empty."""

from __future__ import annotations

from tests.browser.pages import Card


def test_a_script_that_the_policy_forbids_would_be_seen(card: Card) -> None:
    card.driver.execute_script(
        "const script = document.createElement('script');"
        "script.textContent = 'window.injected = true';"
        "document.head.append(script)"
    )

    assert card.driver.execute_script("return window.injected") is None
    (entry,) = card.browser.get_logs()
    assert "Content Security Policy" in entry["message"]


def test_a_mere_warning_would_be_seen(card: Card) -> None:
    card.driver.execute_script("console.warn('a word')")

    (entry,) = card.browser.get_logs()
    assert "a word" in entry["message"]
