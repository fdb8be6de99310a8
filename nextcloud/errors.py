"""What can go wrong with a Nextcloud, one class per cause that a member can meet.

NextcloudError
├── AppPasswordRefused      nextcloud_revoked
├── Unreachable             nextcloud_unreachable
│   ├── Broken              nextcloud_unreachable     (it failed on the question itself)
│   ├── TooLarge            nextcloud_unreachable     (the answer has no end)
│   ├── WrongAccount        nextcloud_wrong_account   (the answer was for somebody else)
│   ├── NameUnknown         nextcloud_name_unknown    (its host name has no address)
│   └── TlsFailed           nextcloud_tls_failed      (no safe connection came about)
│       ├── Expired         nextcloud_tls_expired
│       ├── OtherName       nextcloud_tls_other_name
│       └── Untrusted       nextcloud_tls_untrusted
├── Misconfigured           nextcloud_misconfigured
│   ├── CredentialsLost     nextcloud_credentials_lost (a proxy ate the Authorization header)
│   └── NotUnderstood       nextcloud_not_understood  (our request is not what it takes)
├── Maintenance             nextcloud_maintenance
├── Updating                nextcloud_updating
├── Locked                  nextcloud_locked
│   └── InDoubt             nextcloud_in_doubt         (nothing open to tell what a refusal meant)
├── TalkUnavailable         talk_unavailable
├── TalkNotAllowed          talk_not_allowed
│   └── ForbiddenPage       talk_not_allowed           (403 with a page instead of OCS)
└── ConnectFailed           connect_failed

The word on the right is the name of the cause in `services/causes.py`; several names may share the code that
members and programs are told, so that the operator is told more than they.

The text of an error is for the log: it names paths and types, never a credential, a token or a message.
"""

from __future__ import annotations


class NextcloudError(Exception):
    """Base of them all, never raised itself. `code` names its cause in `services/causes.py` and in the log."""

    code = "nextcloud_unreachable"

    def __init__(self, detail: str = "", retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        """Seconds that Nextcloud asked us to wait, where it said so."""


class AppPasswordRefused(NextcloudError):
    """401 with WWW-Authenticate. Nextcloud may count it, so the credential is not sent again unasked."""

    code = "nextcloud_revoked"


class Unreachable(NextcloudError):
    """No answer in time, or one that is not Nextcloud's: a proxy's page, broken JSON, a server error.

    `never_sent`: no connection came about, so Nextcloud can not have seen the request.
    """

    code = "nextcloud_unreachable"

    def __init__(self, detail: str = "", retry_after: int | None = None, *, never_sent: bool = False) -> None:
        super().__init__(detail, retry_after)
        self.never_sent = never_sent


class Broken(Unreachable):
    """500: Nextcloud got the question and failed on it. Asking a few times more is worth it, not for ever."""


class TooLarge(Unreachable):
    """The answer was still going on where the limit for it was reached. Nothing of it was kept."""


class WrongAccount(Unreachable):
    """The answer carries another `X-User-Id` than the account's. Nothing of it may be used."""

    code = "nextcloud_wrong_account"


class NameUnknown(Unreachable):
    """The host name of Nextcloud has no address just now."""

    code = "nextcloud_name_unknown"


class TlsFailed(Unreachable):
    """No TLS connection came about: the handshake failed or took too long, or nobody speaks TLS there."""

    code = "nextcloud_tls_failed"


class Expired(TlsFailed):
    """Nextcloud's certificate has expired, or is not valid yet."""

    code = "nextcloud_tls_expired"


class OtherName(TlsFailed):
    """Nextcloud's certificate is for another host name."""

    code = "nextcloud_tls_other_name"


class Untrusted(TlsFailed):
    """Nextcloud's certificate is not signed by anybody whom this server trusts."""

    code = "nextcloud_tls_untrusted"


class Misconfigured(NextcloudError):
    """An address, a redirect or a header is set up wrongly; the operator can mend it, the member cannot."""

    code = "nextcloud_misconfigured"


class CredentialsLost(Misconfigured):
    """401 without WWW-Authenticate to a Basic request: the credentials did not arrive. Nothing was counted."""

    code = "nextcloud_credentials_lost"


class NotUnderstood(Misconfigured):
    """400, 412, 426: an untrusted domain, or a request of ours that this Nextcloud does not take."""

    code = "nextcloud_not_understood"


class Maintenance(NextcloudError):
    """503 with `X-Nextcloud-Maintenance-Mode: 1`."""

    code = "nextcloud_maintenance"


class Updating(NextcloudError):
    """The database waits for its upgrade: a page where JSON should be, or what `/status.php` says."""

    code = "nextcloud_updating"


class Locked(NextcloudError):
    """429: too many failed logins from this address, so every Basic login is refused for half an hour."""

    code = "nextcloud_locked"


class InDoubt(Locked):
    """Our own budget, not Nextcloud: no slot is free to ask with, or to find out what a refusal by Bearer meant.
    Trying again costs nothing that is counted."""

    code = "nextcloud_in_doubt"


class TalkUnavailable(NextcloudError):
    """404 with OCS code 998: Talk is not installed, disabled or being updated."""

    code = "talk_unavailable"


class TalkNotAllowed(NextcloudError):
    """403: this account may not use Talk."""

    code = "talk_not_allowed"


class ForbiddenPage(TalkNotAllowed):
    """403 that is no OCS answer: Nextcloud's page for guests, or that of something in front of it."""


class ConnectFailed(NextcloudError):
    """The login flow ended without an account that can be used."""

    code = "connect_failed"
