"""What a frame in a host dashboard shows: the card alone, and what stands in its place while nobody is signed in."""

from __future__ import annotations

from dash import html
from flask import render_template, request
from flask_babel import force_locale
from markupsafe import Markup

from components import talk_card
from web import frames
from web.context import site
from web.language import LOCALES
from web.language import gettext as _
from web.public import static_url


def layout() -> html.Main:
    """The same card as on the dashboard."""
    return html.Main(talk_card.members_card(), className="talk-embedded")


def frame_script() -> Markup:
    """The script that finds out who looks at the frame. It must come before every other."""
    return Markup(
        '<script src="{src}" data-frame data-prefix="{prefix}" data-origins="{origins}" data-site="{site}"></script>'
    ).format(
        src=static_url("frame.js"),
        prefix=site().prefix,
        origins=" ".join(site().embed_origins),
        site=request.headers.get("Sec-Fetch-Site", frames.CROSS_SITE),
    )


def signed_out() -> str:
    """The sentences for whom nobody speaks, in all languages: only the frame's script knows which is wanted.

    There is one for each place where a sign-in would count: `here`; at the `host`, which hands tickets over; nowhere,
    in a page of a `foreign` site that hands over none.
    """
    sentences = []
    for language in LOCALES:
        with force_locale(language):
            sentences.append(
                {
                    "language": language,
                    "signed_out": {
                        "here": _("You are not signed in here."),
                        "host": _("Please sign in to the dashboard. You are then signed in here as well."),
                        "foreign": _(
                            "Signing in to Talkboard does not count on this page. In a window of its own it does."
                        ),
                    },
                    "sign_in": _("Sign in"),
                    "own_window": _("Open in a window of its own"),
                    "unreachable": _("Talkboard cannot be reached just now. It is tried again by itself."),
                }
            )
    return render_template("signed_out.html", sentences=sentences)
