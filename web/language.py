"""The language of a request: the member's choice, then the browser's, then DEFAULT_LOCALE.

The English sentence is the key of the catalogues under `translations/`.
"""

from __future__ import annotations

from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale
from flask_babel import gettext as _gettext
from flask_babel import ngettext as _ngettext

from web.context import known_member, site

LOCALES = ("de", "en")


def init(server: Flask, default_locale: str, time_zone: str) -> None:
    """Lets every request of `server` speak its caller's language."""
    Babel(server, default_locale=default_locale, default_timezone=time_zone, locale_selector=_chosen_locale)


def gettext(message: str, **values: object) -> str:
    """`message` in the language of this request, with `%(name)s` filled from `values`."""
    return str(_gettext(message, **values))


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """The form of the sentence for `num`, in the language of this request; `%(num)s` is filled."""
    return str(_ngettext(singular, plural, num, **values))


def current_language() -> str:
    """The language of this request, one of `LOCALES`."""
    locale = get_locale()
    return locale.language if locale else LOCALES[0]


def _chosen_locale() -> str | None:
    if not has_request_context():
        return None
    if site().demo and request.args.get("language") in LOCALES:
        return request.args["language"]  # the gallery shows each language to everybody
    member = known_member()
    if member is not None and member.locale in LOCALES:
        return member.locale
    return request.accept_languages.best_match(LOCALES) or site().default_locale
