"""The operator's colour: whatever it is, its tones can be read, or it is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import brand
from services.brand import Tones, contrast

ASSETS = Path(__file__).parents[2] / "assets"
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def variable(file: str, name: str) -> str:
    """The first value of a variable in a style sheet, as #rrggbb."""
    found = re.search(rf"{name}: (#[0-9a-f]+);", (ASSETS / file).read_text(encoding="utf-8"))
    assert found, name
    return brand.normalised(found[1])


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#b71c1c", "#b71c1c") == 1


def test_the_surfaces_are_those_of_the_style_sheets() -> None:
    assert variable("talkboard.css", "--talk-surface") == brand.LIGHT_SURFACE
    assert variable("talkboard.css", "--bs-body-bg") == brand.LIGHT_PAGE
    assert variable("dark.css", "--talk-surface") == brand.DARK_SURFACE
    assert variable("dark.css", "--bs-secondary-bg") == brand.DARK_HOVER


@given(COLOURS)
def test_whatever_the_colour_it_can_be_read_or_it_is_refused(colour: str) -> None:
    try:
        tones = brand.brand(colour)
    except ValueError:
        assert contrast(colour, brand.LIGHT_SURFACE) < 3
        return

    assert tones.light.fill == colour
    legible(tones.light, brand.LIGHT_SURFACE, brand.LIGHT_PAGE)
    legible(tones.dark, brand.DARK_SURFACE, brand.DARK_HOVER)
    assert contrast(tones.light.fill, brand.LIGHT_SURFACE) >= 3
    assert contrast(tones.dark.fill, brand.DARK_HOVER) >= 3


def legible(tones: Tones, *grounds: str) -> None:
    for ground in (tones.fill, tones.hover):
        assert contrast(tones.text, ground) >= 4.5
    for ground in (tones.bar, tones.bar_hover):
        assert contrast(tones.bar_text, ground) >= 4.5
    for ground in (*grounds, tones.tint):
        assert contrast(tones.ink, ground) >= 4.5
        assert contrast(tones.ink_hover, ground) >= 4.5


def test_white_words_as_long_as_they_can_be_read() -> None:
    assert brand.brand("#b71c1c").light.text == "#ffffff"
    assert brand.brand("#e65100").light.text == "#000000"


@pytest.mark.parametrize("colour", ["#ffd600", "#ffffff", "#80deea"])
def test_what_could_not_be_seen_is_refused(colour: str) -> None:
    with pytest.raises(ValueError, match=r"too light: .* \(contrast 1\.\d; at least 3 is needed\)"):
        brand.brand(colour)


@pytest.mark.parametrize("value", ["#B71C1C", "b71c1c", " #b71c1c "])
def test_a_colour_may_be_written_in_some_ways(value: str) -> None:
    assert brand.normalised(value) == "#b71c1c"
    assert brand.normalised("#a0C") == "#aa00cc"


@pytest.mark.parametrize("value", ["red", "#b71c1", "#gggggg", "rgb(1,2,3)", "#b71c1c;}", ""])
def test_anything_else_is_no_colour(value: str) -> None:
    with pytest.raises(ValueError, match="must be a colour like #b71c1c"):
        brand.normalised(value)
