"""Every cause a member or a caller of the REST endpoints can meet: one row each, read by both.

The English sentence is the key of the catalogues. A new cause is a row here, a class in `nextcloud/errors.py`
where Nextcloud is the reason, and its sentence in the catalogues.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


def N_(sentence: str) -> str:  # noqa: N802 - gettext's name for "translate later"
    """Marks a sentence for the catalogues; it is translated where it is shown."""
    return sentence


@dataclass(frozen=True)
class Cause:
    """`code` as others rely on it, HTTP `status` of the REST answer, the sentence for the member.

    `name` is what the cause is called among ourselves and in the log, where several share a code.
    `way_out` says what the member can do or expect, `hint` (English, for the log) what the operator can.
    `pause_seconds`: how long Nextcloud is left alone after it, doubled with each further failure up to
    `longest_pause_seconds`; 0 stands for the refresh period. `keeps_rows`: whether the rows of the last good
    answer may stay on the card meanwhile.
    """

    code: str
    status: int
    sentence: str
    way_out: str = ""
    hint: str = ""
    pause_seconds: int = 0
    longest_pause_seconds: int = 0
    keeps_rows: bool = False
    name: str = ""


_BY_ITSELF = N_("This card keeps trying by itself.")
_TELL_ADMINISTRATOR = N_("Please tell the administrator.")

_OURS = (
    Cause("unauthenticated", 401, N_("Please sign in.")),
    Cause("token_expired", 401, N_("The token has expired. Please get a new one.")),
    Cause("invalid_credentials", 401, N_("Name or password is wrong.")),
    Cause("rate_limited", 429, N_("Too many tries. Please try again in a few minutes.")),
    Cause("invalid_request", 422, N_("The request is not of the expected form.")),
    Cause("csrf_failed", 403, N_("The page was open for too long. Please load it again.")),
    Cause("not_found", 404, N_("There is nothing at this address.")),
    Cause("method_not_allowed", 405, N_("This address does not take this method.")),
    Cause("internal_error", 500, N_("Something went wrong on our side. Please try again.")),
    Cause("unavailable", 503, N_("Talkboard cannot reach its database. Please try again in a moment.")),
    Cause("flow_not_found", 404, N_("There is no such connection under way.")),
    Cause(
        "host_keys_unavailable",
        503,
        N_("The token cannot be checked just now. Please try again in a moment."),
        hint="does the address in HOST_JWT_KEY answer this server with a JWK set?",
    ),
    Cause("unknown_member", 403, N_("There is no such member, or the member is disabled.")),
)

_UNREACHABLE = Cause(
    "nextcloud_unreachable",
    502,
    N_("Nextcloud cannot be reached"),
    _BY_ITSELF,
    "is Nextcloud up, and does it answer this server with JSON?",
    longest_pause_seconds=300,
    keeps_rows=True,
)

_UNREACHABLE_BECAUSE = {
    "nextcloud_wrong_account": "an answer was for another account: does something before Nextcloud keep answers?",
    "nextcloud_name_unknown": "the host name in NEXTCLOUD_URL has no address: look at the DNS of this server",
    "nextcloud_tls_failed": "no TLS: does the port in NEXTCLOUD_URL speak https, and answer the handshake?",
    "nextcloud_tls_expired": "the TLS certificate of Nextcloud has expired, or the clock here is wrong",
    "nextcloud_tls_other_name": "the TLS certificate of Nextcloud is for another name than that in NEXTCLOUD_URL",
    "nextcloud_tls_untrusted": "the TLS certificate of Nextcloud is self-signed or its authority unknown here: "
    "name the authority in NEXTCLOUD_CA_FILE, or let Nextcloud send the whole chain",
}
"""What an operator can do about each; members are told the same of all."""

_MISCONFIGURED = Cause(
    "nextcloud_misconfigured",
    502,
    N_("Nextcloud is not set up correctly"),
    _TELL_ADMINISTRATOR,
    "check NEXTCLOUD_URL, trusted_domains, overwriteprotocol: Nextcloud is not at this address or leads away from it",
    pause_seconds=900,
    longest_pause_seconds=3600,
)

_LOCKED = Cause(
    "nextcloud_locked",
    503,
    N_("Nextcloud does not let this server in just now"),
    N_("That usually ends within half an hour. This card keeps trying by itself."),
    "failed logins from this address: allow-list this server in Nextcloud's brute-force settings",
    pause_seconds=1800,
    keeps_rows=True,
)

_CONNECT_FAILED = Cause("connect_failed", 502, N_("Connecting did not work. Please try again."))

OTHER_USER = "nextcloud_other_user"
"""Name of the cause when a member has granted the access to an account that is not to be his."""

_NEXTCLOUD = (
    Cause("nextcloud_not_connected", 401, N_("Nextcloud is not connected. Please connect it.")),
    _CONNECT_FAILED,
    replace(
        _CONNECT_FAILED,
        name=OTHER_USER,
        sentence=N_(
            "That is the Nextcloud account of another user name. Please log out of Nextcloud, and connect the account "
            "that has the same user name as you have here."
        ),
        hint="NEXTCLOUD_SAME_USER lets a member connect only the account whose user id is his name",
    ),
    Cause(
        "nextcloud_revoked",
        401,
        N_("Connection revoked"),
        N_("After a change of password, log in to Nextcloud once and try again. Otherwise connect again."),
        "the member revoked the app password, or the account was disabled or got a new password",
        pause_seconds=3600,
    ),
    _UNREACHABLE,
    *(replace(_UNREACHABLE, name=name, hint=hint) for name, hint in _UNREACHABLE_BECAUSE.items()),
    _MISCONFIGURED,
    replace(
        _MISCONFIGURED,
        name="nextcloud_not_understood",
        hint="is the host in NEXTCLOUD_URL among trusted_domains? Else this Nextcloud takes other requests than ours",
        pause_seconds=3600,
    ),
    replace(
        _MISCONFIGURED,
        name="nextcloud_credentials_lost",
        sentence=N_("Your access does not reach Nextcloud"),
        way_out=N_("It is not your account, and connecting again does not help. Please tell the administrator."),
        hint="the server in front of Nextcloud drops the header Authorization (Apache with FPM: CGIPassAuth On)",
    ),
    Cause(
        "talk_unavailable",
        502,
        N_("Talk is not available in Nextcloud"),
        N_("Perhaps it is just being updated. This card looks again by itself."),
        "is the app Talk (spreed) installed and enabled?",
        pause_seconds=900,
        longest_pause_seconds=3600,
    ),
    Cause(
        "talk_not_allowed",
        403,
        N_("Talk is not enabled for your account"),
        N_("The administrator of Nextcloud can enable it."),
        "Talk's own settings allow it to certain groups only, or the account is a guest's",
        pause_seconds=6 * 3600,
    ),
    Cause(
        "nextcloud_maintenance",
        503,
        N_("Nextcloud is under maintenance"),
        _BY_ITSELF,
        "maintenance mode is on: occ maintenance:mode --off ends it",
        pause_seconds=120,
        keeps_rows=True,
    ),
    Cause(
        "nextcloud_updating",
        503,
        N_("Nextcloud is being updated"),
        _BY_ITSELF,
        "the database waits for its upgrade: occ upgrade, or the page of the updater",
        pause_seconds=120,
        keeps_rows=True,
    ),
    _LOCKED,
    replace(
        _LOCKED,
        name="nextcloud_in_doubt",
        hint="bearer tokens are refused, and no login by name is allowed until the lock ends or a slot is free",
    ),
)

CAUSES = {cause.name or cause.code: cause for cause in (*_OURS, *_NEXTCLOUD)}


def cause_of(name: str) -> Cause:
    """The row of `name`, mostly a code. Raises KeyError for a name that is none: a mistake of ours, found by a test."""
    return CAUSES[name]


class CauseError(Exception):
    """A call of a member could not be answered; `code` is the name of a cause, `retry_after` in seconds."""

    def __init__(self, code: str, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after
