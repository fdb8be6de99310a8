"""Light or dark: the member's choice, else the system's."""

from __future__ import annotations

from flask import request
from markupsafe import Markup

from services.brand import Brand
from web.context import known_member, site
from web.gate import GALLERY

THEMES = ("light", "dark")

_DARK_MEDIA = {None: "(prefers-color-scheme: dark)", "light": "not all", "dark": "all"}


def chosen_theme() -> str | None:
    """One of `THEMES`, or None for the system's."""
    if site().demo and request.path == GALLERY and request.args.get("theme") in THEMES:
        return request.args["theme"]
    member = known_member()
    return member.theme if member is not None and member.theme in THEMES else None


def theme_tags(brand: Brand, brand_url: str, dark_url: str) -> Markup:
    """What the head of a page says about colours. The dark style sheet is linked in any case, for the media in which
    it counts: a script may change the theme by that attribute alone."""
    theme = chosen_theme()
    bars = {"light": brand.light.bar, "dark": brand.dark.bar}
    tags = [
        Markup('<link rel="stylesheet" href="{}">').format(brand_url),
        Markup('<link rel="stylesheet" id="dark-theme" href="{}" media="{}">').format(dark_url, _DARK_MEDIA[theme]),
        Markup('<meta name="color-scheme" content="{}">').format(theme or " ".join(THEMES)),
    ]
    for name in (theme,) if theme else THEMES:
        media = Markup() if theme else Markup(' media="(prefers-color-scheme: {})"').format(name)
        tags.append(Markup('<meta name="theme-color"{} content="{}">').format(media, bars[name]))
    return Markup("\n    ").join(tags)
