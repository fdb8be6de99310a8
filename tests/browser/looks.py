"""How a page is looked at: its width, theme and language, what axe finds, what a screen reader hears."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from selenium.webdriver.chrome.webdriver import WebDriver

(AXE,) = (Path(__file__).parents[1] / "vendor").glob("axe-core-*/axe.min.js")
PHONE, DESKTOP = 320, 1280

_RUN = """
const [tags, done] = arguments;
axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']}).then(
  found => done(found.violations.flatMap(rule => rule.nodes.map(
    node => `${rule.id}: ${node.target.join(' ')} ${node.failureSummary}`))),
  error => done([String(error)]));
"""
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_TOO_WIDE = """
const hidden = '.visually-hidden, #js-plotly-tester'; // in which Plotly measures words
const wide = document.documentElement.clientWidth;
const clips = one => one !== document.body && getComputedStyle(one).overflowX !== 'visible';
const clipped = one => one.parentElement && (clips(one.parentElement) || clipped(one.parentElement));
return [...document.querySelectorAll('body *')].filter(one => {
  const box = one.getBoundingClientRect();
  return box.width && (box.right > wide + 1 || box.left < -1) && !one.closest(hidden) && !clipped(one);
}).map(one => `too wide: ${one.tagName}.${one.className}`);
"""


def resize(driver: WebDriver, width: int, height: int = 800) -> None:
    """The window as wide as a device of `width` pixels."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def system(driver: WebDriver, **features: str) -> None:
    """What the system says: `prefers_color_scheme="dark"`, `forced_colors="active"`. Nothing moves: a colour that is
    still on its way would be measured."""
    features = {"prefers_reduced_motion": "reduce", **features}
    named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": named})


def violations(driver: WebDriver) -> list[str]:
    """What axe finds on the page as it is now: rules of WCAG 2.2 AA, and good practice."""
    if not driver.execute_script("return Boolean(window.axe)"):
        driver.execute_script(AXE.read_text(encoding="utf-8"))
    found: list[str] = driver.execute_async_script(_RUN, _TAGS)
    return found


def too_wide(driver: WebDriver) -> list[str]:
    """What reaches beyond the window to the side."""
    found: list[str] = driver.execute_script(_TOO_WIDE)
    return found


def heard(driver: WebDriver, role: str) -> list[str]:
    """The accessible names of all that has `role`, as Chromium tells them to a screen reader."""
    tree: list[dict[str, Any]] = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    return [node["name"]["value"] for node in tree if not node["ignored"] and node.get("role", {}).get("value") == role]
