"""Everything that can be wrong with the instance, by name: which requests it concerns and when it strikes.

A name's deed stands under the same name in the module of its stage: `wire` (before the instance is asked, as a
network or a proxy in front would), `gates` (the instance turns the request away), `twists` (a good answer is
spoilt). Troubles of the stage INSIDE have no deed: the routes ask `visit.meets(name)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

STATUS, INIT, POLL, WIPE, PAGE = "status", "init", "poll", "wipe", "page"
OCS, CAPABILITIES, USER, TALK, AVATAR = "ocs", "capabilities", "user", "talk", "avatar"
API = frozenset({OCS, CAPABILITIES, USER, TALK})
AS_MEMBER = API | {AVATAR}
FLOW = frozenset({INIT, POLL})
PROGRAMS = API | FLOW | {STATUS, WIPE}
ALL = PROGRAMS | {PAGE, AVATAR}
WITH_TALK = frozenset({TALK, CAPABILITIES, PAGE, AVATAR})
PICTURES = frozenset({AVATAR})


class Stage(Enum):
    """When a trouble strikes."""

    WIRE = auto()
    GATE = auto()
    INSIDE = auto()
    TWIST = auto()


@dataclass(frozen=True)
class Group:
    """A heading of the control page."""

    german: str
    english: str


@dataclass(frozen=True)
class Trouble:
    """One named state. `of_accounts`: it concerns only requests that tell whose they are."""

    name: str
    group: Group
    stage: Stage
    where: frozenset[str]
    german: str
    english: str
    of_accounts: bool = False


NET = Group("Netz und Proxy", "Network and proxy")
HOUSE = Group("Zustand von Nextcloud", "State of Nextcloud")
ACCOUNT = Group("Konto und Anmeldung", "Account and login")
ANSWER = Group("Seltsame Antworten", "Strange answers")
FACES = Group("Bilder der Unterhaltungen", "Pictures of conversations")
CONNECTING = Group("Verbinden", "Connecting")

_W, _G, _I, _T = Stage.WIRE, Stage.GATE, Stage.INSIDE, Stage.TWIST

_KNOWN = (
    Trouble("unreachable", NET, _W, ALL, "schließt jede Verbindung ohne Antwort", "closes every connection unanswered"),
    Trouble("slow", NET, _W, ALL, "antwortet erst nach 29 Sekunden", "answers only after 29 seconds"),
    Trouble("drip", NET, _W, ALL, "schickt endlos ein Byte je Sekunde", "sends one byte a second, without end"),
    Trouble("wrong_path", NET, _W, ALL, "404 als HTML: hier ist kein Nextcloud", "404 as HTML: no Nextcloud here"),
    Trouble("redirect", NET, _W, ALL, "leitet um: nach https und zum Login im Wechsel",
            "redirects: to https and to a login page in turn"),
    Trouble("sso_page", NET, _W, ALL, "200 mit der Login-Seite eines Proxys", "200 with the login page of a proxy"),
    Trouble("proxy_502", NET, _W, ALL, "502 des Proxys als HTML", "502 of the proxy as HTML"),
    Trouble("proxy_503", NET, _W, ALL, "503 des Proxys als HTML", "503 of the proxy as HTML"),
    Trouble("proxy_504", NET, _W, ALL, "504 des Proxys als HTML", "504 of the proxy as HTML"),
    Trouble("authorization_lost", NET, _I, AS_MEMBER, "der Proxy verschluckt Authorization, Basic und Bearer",
            "the proxy drops Authorization, Basic and Bearer"),
    Trouble("bearer_lost", NET, _I, AS_MEMBER, "der Proxy verschluckt nur Bearer", "the proxy drops Bearer only"),
    Trouble("maintenance", HOUSE, _G, ALL, "ist im Wartungsmodus", "is in maintenance mode"),
    Trouble("updating", HOUSE, _G, ALL, "wird aktualisiert: 200 mit der Update-Seite, OCS 503",
            "is being updated: 200 with the upgrade page, OCS 503"),
    Trouble("updating_cli", HOUSE, _G, ALL, "wird auf der Kommandozeile aktualisiert: Seite mit 503",
            "is being updated by command line: page with 503"),
    Trouble("untrusted_domain", HOUSE, _G, ALL, "kennt diesen Rechnernamen nicht: 400",
            "does not trust this host name: 400"),
    Trouble("talk_missing", HOUSE, _I, WITH_TALK, "Talk ist nicht installiert", "Talk is not installed"),
    Trouble("server_error", HOUSE, _G, AS_MEMBER | FLOW | {WIPE, PAGE}, "interner Fehler: 500, OCS 996",
            "internal error: 500, OCS 996"),
    Trouble("csrf_412", HOUSE, _G, API, "412: CSRF-Prüfung gescheitert", "412: CSRF check failed"),
    Trouble("outdated_426", HOUSE, _G, frozenset({TALK}), "426: die App sei zu alt", "426: the client is too old"),
    Trouble("locked", ACCOUNT, _I, AS_MEMBER | {PAGE}, "zwölf Fehlversuche haben die Adresse gesperrt: 429 für Basic",
            "twelve failures have locked the address: 429 to Basic"),
    Trouble("ratelimited_429_plain", ACCOUNT, _G, AS_MEMBER | FLOW | {WIPE},
            "429 ohne OCS: mit {\"message\": …} und leer im Wechsel",
            "429 without OCS: with {\"message\": …} and empty in turn"),
    Trouble("revoked", ACCOUNT, _I, AS_MEMBER, "die bisherigen App-Passwörter sind widerrufen: 401, zählt",
            "the app passwords of before are revoked: 401, counted", of_accounts=True),
    Trouble("password_parked", ACCOUNT, _I, AS_MEMBER,
            "die App-Passwörter ruhen bis zur Anmeldung im Browser: 401, zählt nicht",
            "the app passwords rest until a login in the browser: 401, not counted", of_accounts=True),
    Trouble("disabled", ACCOUNT, _I, AS_MEMBER | {PAGE}, "das Konto ist deaktiviert: 401, zählt nicht",
            "the account is disabled: 401, not counted", of_accounts=True),
    Trouble("wipe", ACCOUNT, _I, AS_MEMBER | {WIPE}, "das Gerät soll gelöscht werden: 401, zählt",
            "the device is to be wiped: 401, counted", of_accounts=True),
    Trouble("talk_not_allowed", ACCOUNT, _I, WITH_TALK, "das Konto darf Talk nicht verwenden: 403",
            "the account may not use Talk: 403", of_accounts=True),
    Trouble("guest", ACCOUNT, _I, frozenset({TALK}), "das Konto ist ein Gast: 403 als HTML",
            "the account is a guest's: 403 as HTML", of_accounts=True),
    Trouble("other_user", ACCOUNT, _I, AS_MEMBER, "antwortet mit Namen und Daten eines anderen Kontos",
            "answers with the name and data of another account", of_accounts=True),
    Trouble("user_mismatch", ACCOUNT, _T, frozenset({USER}), "cloud/user nennt ein anderes Konto als X-User-Id",
            "cloud/user names another account than X-User-Id"),
    Trouble("no_user_id", ACCOUNT, _T, AS_MEMBER, "X-User-Id fehlt", "X-User-Id is missing"),
    Trouble("cookie_trap", ACCOUNT, _T, ALL, "setzt bei jeder Antwort viele langlebige Cookies",
            "sets many lasting cookies with every answer"),
    Trouble("xml", ANSWER, _I, API, "antwortet immer in XML", "always answers in XML"),
    Trouble("not_json", ANSWER, _T, PROGRAMS, "nennt JSON, was keines ist", "calls JSON what is none"),
    Trouble("truncated_gzip", ANSWER, _T, PROGRAMS, "gzip bricht in der Mitte ab", "gzip ends in the middle"),
    Trouble("gzip_bomb", ANSWER, _W, PROGRAMS, "wenige Kilobyte gzip werden 200 MB",
            "a few kilobytes of gzip become 200 MB"),
    Trouble("huge", ANSWER, _W, PROGRAMS, "100 MB JSON", "100 MB of JSON"),
    Trouble("wrong_types", ANSWER, _T, PROGRAMS, "Felder mit falschem Typ, jedes Mal eine Stufe tiefer",
            "fields of wrong types, one level deeper each time"),
    Trouble("data_null", ANSWER, _T, API, "data ist null", "data is null"),
    Trouble("data_object", ANSWER, _T, API, "data ist ein Objekt statt einer Liste", "data is an object, not a list"),
    Trouble("no_ocs", ANSWER, _T, API, "JSON ohne „ocs“", "JSON without “ocs”"),
    Trouble("v1_failure", ANSWER, _T, API, "200, aber meta meldet einen Fehler", "200, yet meta tells of a failure"),
    Trouble("avatar_401", FACES, _W, PICTURES, "jedes Bild: 401, ohne dass etwas gezählt wird",
            "every picture: 401, nothing is counted"),
    Trouble("avatar_429", FACES, _W, PICTURES, "jedes Bild: 429", "every picture: 429"),
    Trouble("avatar_503", FACES, _W, PICTURES, "jedes Bild: 503 als HTML", "every picture: 503 as HTML"),
    Trouble("avatar_html", FACES, _W, PICTURES, "statt jedes Bildes eine Seite mit 200",
            "a page with 200 in place of every picture"),
    Trouble("avatar_mislabelled", FACES, _T, PICTURES, "eine Seite, die sich PNG nennt",
            "a page that calls itself PNG"),
    Trouble("avatar_script", FACES, _T, PICTURES, "jedes Bild: SVG mit Skript", "every picture: SVG with a script"),
    Trouble("avatar_huge", FACES, _T, PICTURES, "jedes Bild hat 15 MB", "every picture has 15 MB"),
    Trouble("avatar_slow", FACES, _W, PICTURES, "jedes Bild kommt erst nach 29 Sekunden",
            "every picture comes only after 29 seconds"),
    Trouble("flow_http", CONNECTING, _T, FLOW, "Adressen mit http und ohne Port", "addresses with http and no port"),
    Trouble("flow_other_host", CONNECTING, _T, FLOW, "Adressen auf einem anderen Rechner", "addresses on another host"),
    Trouble("flow_userinfo", CONNECTING, _T, FLOW, "Adressen mit einem Namen davor (a@…)",
            "addresses with a name in front (a@…)"),
    Trouble("flow_outside_root", CONNECTING, _T, FLOW, "Adressen außerhalb von Nextcloud",
            "addresses outside of Nextcloud"),
    Trouble("flow_bad_token", CONNECTING, _T, FLOW, "Schlüssel mit unerlaubten Zeichen",
            "tokens of forbidden characters"),
    Trouble("flow_lost_answer", CONNECTING, _T, FLOW, "die eine Antwort mit dem App-Passwort geht verloren",
            "the one answer with the app password is lost"),
    Trouble("flow_500", CONNECTING, _G, frozenset({POLL}), "das Abfragen scheitert mit 500", "polling fails with 500"),
    Trouble("flow_login_with_colon", CONNECTING, _T, FLOW, "der Anmeldename enthält „:“",
            "the login name contains “:”"),
    Trouble("flow_app_password_pasted", CONNECTING, _T, FLOW,
            "ein eingefügtes App-Passwort: 29 Zeichen, fremder Gerätename",
            "a pasted app password: 29 characters, not our device name"),
)  # fmt: skip

TROUBLES = {one.name: one for one in _KNOWN}


def groups() -> dict[Group, list[Trouble]]:
    """All troubles under their headings, in the order of the registry."""
    found: dict[Group, list[Trouble]] = {}
    for one in _KNOWN:
        found.setdefault(one.group, []).append(one)
    return found
