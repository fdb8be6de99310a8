"""The public files that carry the operator's colour: a style sheet of its tones, and the icon."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path

from services.brand import DEFAULT_COLOUR, Brand, Tones

ICON = "icon.svg"
STYLES = "brand.css"
MIME_TYPES = {ICON: "image/svg+xml", STYLES: "text/css"}

_ICON_FILE = Path(__file__).parent / "static" / ICON
_WITH_NUMBERS = ("ink", "ink_hover")
"""Those that Bootstrap wants as three numbers as well."""


@cache
def brand_file(name: str, brand: Brand) -> str | None:
    """The content of a file in the colour of `brand`; None for a file that does not depend on it."""
    if name == STYLES:
        return _styles(brand)
    return _icon(brand) if name == ICON else None


def _styles(brand: Brand) -> str:
    lines = [*_variables("--brand", brand.light), *_variables("--brand-dark", brand.dark)]
    return ":root {\n" + "".join(f"  {line};\n" for line in lines) + "}\n"


def _variables(prefix: str, tones: Tones) -> list[str]:
    lines = []
    for name, colour in asdict(tones).items():
        variable = prefix if name == "fill" else f"{prefix}-{name.replace('_', '-')}"
        lines.append(f"{variable}: {colour}")
        if name in _WITH_NUMBERS:
            lines.append(f"{variable}-rgb: {', '.join(str(number) for number in bytes.fromhex(colour[1:]))}")
    return lines


def _icon(brand: Brand) -> str:
    drawn = _ICON_FILE.read_text(encoding="utf-8")
    return drawn.replace('"#fff"', f'"{brand.light.text}"').replace(f'"{DEFAULT_COLOUR}"', f'"{brand.light.fill}"')
