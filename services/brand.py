"""The operator's colour, and the tones of it that can be read wherever they stand. Pure.

Contrast is that of WCAG 2: 4.5 for words, 3 for what has to be seen, such as a button or a badge.
"""

from __future__ import annotations

import colorsys
import re
from dataclasses import dataclass

DEFAULT_COLOUR = "#b71c1c"
WORDS, SHAPES = 4.5, 3.0
WHITE, BLACK = "#ffffff", "#000000"

LIGHT_SURFACE, LIGHT_PAGE = "#ffffff", "#f1f2f4"
DARK_SURFACE, DARK_HOVER = "#1a1d21", "#25292f"
"""As `assets/talkboard.css` and `assets/dark.css` have them."""

_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_STEP = 0.005
_TINT = 0.93
_PRESSED = 0.82
_DARK_BAR = 0.67

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Tones:
    """The colour in one theme, each tone as `#rrggbb`.

    `fill` is a button or a badge, `hover` the same under the pointer, `text` the words on both; `ink` is the colour
    of words on a card or the page, `ink_hover` the same under the pointer; `bar` is the bar at the top with its own
    `bar_hover` and `bar_text`; `tint` is the ground of a row under the pointer.
    """

    fill: str
    hover: str
    text: str
    ink: str
    ink_hover: str
    bar: str
    bar_hover: str
    bar_text: str
    tint: str


@dataclass(frozen=True)
class Brand:
    """The operator's colour in both themes."""

    light: Tones
    dark: Tones


def brand(colour: str) -> Brand:
    """The tones of `colour`, written as `normalised` gives it.

    Raises ValueError where nobody could see a button of that colour on a white card.
    """
    on_card = contrast(colour, LIGHT_SURFACE)
    if on_card < SHAPES:
        raise ValueError(
            f"is too light: a button or badge of it can not be seen on the white card (contrast {on_card:.1f}; "
            f"at least {SHAPES:.0f} is needed)"
        )
    return Brand(_light(colour), _dark(colour))


def normalised(value: str) -> str:
    """`value` as `#rrggbb` in small letters. Raises ValueError where it is no colour."""
    found = _HEX.fullmatch(value.strip())
    if not found:
        raise ValueError(f"must be a colour like {DEFAULT_COLOUR}")
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black and white)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def text_on(colour: str) -> str:
    """White words where they can be read on `colour`, else black ones, which then can."""
    return WHITE if contrast(colour, WHITE) >= WORDS else BLACK


def _light(colour: str) -> Tones:
    tint = _mixed(colour, WHITE, _TINT)
    ink = _away_from((LIGHT_PAGE, tint), colour, WORDS, -_STEP)
    return _tones(colour, ink, _scaled(ink, _PRESSED), colour, tint)


def _dark(colour: str) -> Tones:
    fill = _away_from((DARK_HOVER, DARK_SURFACE), colour, SHAPES, _STEP)
    ink = _away_from((DARK_HOVER, DARK_SURFACE), colour, WORDS, _STEP)
    bar = _away_from((WHITE,), _scaled(colour, _DARK_BAR), WORDS, -_STEP)
    return _tones(fill, ink, _mixed(ink, WHITE, 0.3), bar, DARK_HOVER)


def _tones(fill: str, ink: str, ink_hover: str, bar: str, tint: str) -> Tones:
    return Tones(fill, _pressed(fill), text_on(fill), ink, ink_hover, bar, _pressed(bar), text_on(bar), tint)


def _pressed(colour: str) -> str:
    """Farther away from the words on it."""
    return _scaled(colour, _PRESSED) if text_on(colour) == WHITE else _mixed(colour, WHITE, 1 - _PRESSED)


def _away_from(grounds: tuple[str, ...], colour: str, wanted: float, step: float) -> str:
    """`colour`, lighter or darker by as many steps as it takes to have the wanted contrast to all of `grounds`."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_rgb(colour))
    while min(contrast(colour, ground) for ground in grounds) < wanted and 0 < lightness + step < 1:
        lightness += step
        colour = _hex(colorsys.hls_to_rgb(hue, lightness, saturation))
    return colour


def _scaled(colour: str, factor: float) -> str:
    red, green, blue = _rgb(colour)
    return _hex((red * factor, green * factor, blue * factor))


def _mixed(colour: str, other: str, share: float) -> str:
    """`colour` with a `share` of `other`, from 0 to 1."""
    red, green, blue = (a * (1 - share) + b * share for a, b in zip(_rgb(colour), _rgb(other), strict=True))
    return _hex((red, green, blue))


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hex(rgb: Rgb) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in rgb)


def _luminance(colour: str) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
