"""The words that services put into lines, in the language of the request."""

from __future__ import annotations

from services.words import Words
from web.language import gettext as _


def words() -> Words:
    """All of them, in the reader's language."""
    return Words(
        you=_("You"),
        unnamed=_("Conversation"),
        no_messages=_("No messages yet"),
        expired=_("Message expired"),
        waiting=_("In the lobby, not let in yet"),
        hidden=_("Preview hidden"),
        guest=_("Guest"),
        deleted_account=_("Deleted account"),
        telephone=_("Telephone"),
        bot=_("Bot"),
        everyone=_("all"),
        team=_("Team"),
        nameless=_("Unnamed"),
        voice_message=_("Voice message"),
        call_recording=_("Call recording"),
        things=_things(),
        quotes=_("“”"),
    )


def _things() -> dict[str, str]:
    return {
        "file": _("File"),
        "image": _("Image"),
        "audio": _("Audio file"),
        "video": _("Video"),
        "contact": _("Contact"),
        "microphone": _("Voice message"),
        "poll": _("Poll"),
        "location": _("Location"),
        "card": _("Task card"),
        "calendar": _("Calendar entry"),
        "link": _("Link"),
        "thread": _("Thread"),
        "attachment": _("Attachment"),
    }
