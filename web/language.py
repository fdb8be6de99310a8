"""The language of a request: the member's choice, then the browser's, then DEFAULT_LOCALE.

The English sentence is the key of the catalogues under `translations/`.
"""

from __future__ import annotations

from flask import Flask, request
from flask_babel import Babel, get_locale
from flask_babel import gettext as _gettext
from flask_babel import ngettext as _ngettext

LOCALES = ("de", "en")


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
