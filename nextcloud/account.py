"""The account behind an app password: who it is, how the password is taken back, whether it is to be wiped."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from nextcloud.client import Account, Answer, NextcloudClient, Scheme, decode
from nextcloud.errors import ForbiddenPage, NextcloudError, Unreachable, WrongAccount

USER_PATH = "/cloud/user"
USER_ID_LENGTH = 255
"""Nextcloud's own limit is 64; directories have been seen to go beyond."""

DISPLAY_NAME_LENGTH = 120

APP_PASSWORD_PATH = "/core/apppassword"  # noqa: S105 - a path


@dataclass(frozen=True)
class Identity:
    """Who an app password belongs to: `user_id` as in `X-User-Id`, and the name to show."""

    user_id: str
    display_name: str


class _Wipe(msgspec.Struct):
    wipe: bool = False


class _User(msgspec.Struct):
    id: str
    display_name: str = msgspec.field(name="display-name", default="")


def identify(client: NextcloudClient, account: Account, scheme: Scheme = "basic") -> Identity:
    """Who `account` really is: a login name may be an e-mail address or of other letter case.

    Raises the causes of `NextcloudClient.ocs`; WrongAccount where body and header name different users (F41) or
    none that could be one.
    """
    answer = client.ocs("GET", USER_PATH, account, scheme=scheme)
    user: _User = decode(answer.data, _User, USER_PATH)
    if not user.id or user.id != answer.user_id:
        raise WrongAccount("user id of the body is not the one of the header")
    if len(user.id) > USER_ID_LENGTH:
        raise WrongAccount("user id of endless length")
    return Identity(user.id, (user.display_name or user.id)[:DISPLAY_NAME_LENGTH])


def revoke(client: NextcloudClient, account: Account, scheme: Scheme = "basic") -> None:
    """Deletes the app password at Nextcloud. Afterwards nobody may use it: that would be a failed login.

    Raises AppPasswordRefused or TalkNotAllowed (Nextcloud's 403 for what is no app password) where it was no
    longer valid, and the other causes of `NextcloudClient.ocs`: then it may still be valid.
    """
    try:
        client.ocs("DELETE", APP_PASSWORD_PATH, account, scheme=scheme)
    except ForbiddenPage as error:  # it need not have come from Nextcloud
        raise Unreachable(str(error)) from None


def is_to_be_wiped(client: NextcloudClient, account: Account) -> bool:
    """Whether the member has marked this device "wipe" in Nextcloud. To be asked once, after a refusal.

    Nextcloud limits this question to ten in five minutes for an address. Any answer but a clear yes is a no.
    """
    try:
        answer = _wipe(client, account, "check")
        shape: _Wipe = decode(answer.body, _Wipe, "wipe check")
    except NextcloudError:
        return False
    return answer.status == 200 and shape.wipe


def report_wiped(client: NextcloudClient, account: Account) -> None:
    """Tells Nextcloud that everything of this device is gone; it removes the app password and tells the member.

    Raises Unreachable where that did not arrive.
    """
    status = _wipe(client, account, "success").status
    if status not in (200, 404):  # 404: it is not, or no longer, marked
        raise Unreachable(f"{status} on wipe success")


def _wipe(client: NextcloudClient, account: Account, step: str) -> Answer:
    form = {"token": account.app_password.get_secret_value()}
    return client.send("POST", f"{account.base_url}/index.php/core/wipe/{step}", form=form)
