"""What the instance says in German and in English."""

from __future__ import annotations

from simulator.conversations import Message

LANGUAGES = ("en", "de")

GERMAN = {
    "Connect an app": "App verbinden",
    "wants to use your account.": "möchte Ihr Konto verwenden.",
    "Go on only if you have just started this yourself. Whoever sent you this link could otherwise "
    "read along with your account.": "Fahren Sie nur fort, wenn Sie das gerade selbst begonnen haben. "
    "Wer Ihnen diesen Link geschickt hat, könnte sonst mit Ihrem Konto mitlesen.",
    "Log in": "Anmelden",
    "Account name or e-mail address": "Kontoname oder E-Mail-Adresse",
    "Password": "Passwort",
    "This name and password do not fit together.": "Name und Passwort passen nicht zusammen.",
    "Too many attempts from your address. Please wait half an hour.": "Zu viele Versuche von Ihrer Adresse. "
    "Bitte warten Sie eine halbe Stunde.",
    "Grant access": "Zugriff gewähren",
    "You are logged in as": "Sie sind angemeldet als",
    "gets access to your account until you withdraw it.": "erhält Zugriff auf Ihr Konto, bis Sie ihn wieder entziehen.",
    "Account connected": "Konto verbunden",
    "All done: you can close this window.": "Fertig: Sie können dieses Fenster schließen.",
    "Access refused": "Zugriff verweigert",
    "This link is unknown, has expired or was used already. Start again in the app.": "Dieser Link ist "
    "unbekannt, abgelaufen oder schon benutzt. Beginnen Sie in der App von vorne.",
    "This page belongs to another login. Start again in the app.": "Diese Seite gehört zu einer anderen "
    "Anmeldung. Beginnen Sie in der App von vorne.",
    "Conversations": "Unterhaltungen",
    "No conversations yet.": "Noch keine Unterhaltungen.",
    "Devices & sessions": "Geräte & Sitzungen",
    "Log out": "Abmelden",
    "Write a message": "Nachricht schreiben",
    "Send": "Senden",
    "These apps and devices may use your account.": "Diese Apps und Geräte dürfen Ihr Konto verwenden.",
    "No app is connected to your account.": "Mit Ihrem Konto ist keine App verbunden.",
    "connected since": "verbunden seit",
    "Revoke": "Widerrufen",
    "archived": "archiviert",
    "unread": "ungelesen",
    "Nobody can write here.": "Hier kann niemand schreiben.",
    "Under maintenance": "Wartungsarbeiten",
    "This instance is being worked on and will be back shortly.": "An dieser Instanz wird gearbeitet. "
    "Sie ist bald wieder da.",
    "Page not found": "Seite nicht gefunden",
    "There is nothing at this address.": "Unter dieser Adresse gibt es nichts.",
    "Internal error": "Interner Fehler",
    "The request could not be answered.": "Die Anfrage konnte nicht beantwortet werden.",
    "Guests may not use this.": "Gäste dürfen das nicht verwenden.",
    "Update needed": "Aktualisierung nötig",
    "This instance is being updated and will be back shortly.": "Diese Instanz wird gerade aktualisiert. "
    "Sie ist bald wieder da.",
    "Access through an untrusted domain": "Zugriff über eine nicht vertrauenswürdige Domain",
    "Please ask the administrator to trust this address.": "Bitte die Administration, dieser Adresse zu vertrauen.",
    "A simulator, not a real Nextcloud": "Ein Simulator, kein echtes Nextcloud",
    "You": "Du",
}

SENTENCES = {
    ("conversation_created", False): ("{actor} opened the conversation", "{actor} hat die Unterhaltung eröffnet"),
    ("conversation_created", True): ("You opened the conversation", "Du hast die Unterhaltung eröffnet"),
    ("user_added", False): ("{actor} let {user} in", "{actor} hat {user} aufgenommen"),
    ("user_added", True): ("{actor} let you in", "{actor} hat dich aufgenommen"),
    ("call_started", False): ("{actor} began a call", "{actor} hat einen Anruf begonnen"),
    ("call_started", True): ("You began a call", "Du hast einen Anruf begonnen"),
}


def translate(text: str, language: str) -> str:
    """The text in the language, or as it is."""
    return GERMAN.get(text, text) if language == "de" else text


def system_sentence(message: Message, viewer: str, language: str) -> str:
    """The sentence of a system message for this reader, ready but for its `{placeholders}`."""
    about = "user" if message.system == "user_added" else "actor"
    own = message.parameters.get(about, {}).get("id") == viewer
    pair = SENTENCES.get((message.system, own))
    if pair is None:
        return message.system.replace("_", " ")
    return pair[LANGUAGES.index("de" if language == "de" else "en")]
