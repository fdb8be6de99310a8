"""The account behind an app password: who it is, and how the password is taken back."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from nextcloud.client import Account, NextcloudClient, Scheme, decode
from nextcloud.errors import AppPasswordRefused, TalkNotAllowed, WrongAccount

USER_PATH = "/cloud/user"
APP_PASSWORD_PATH = "/core/apppassword"  # noqa: S105 - a path


@dataclass(frozen=True)
class Identity:
    """Who an app password belongs to: `user_id` as in `X-User-Id`, and the name to show."""

    user_id: str
    display_name: str


class _User(msgspec.Struct):
    id: str
    display_name: str = msgspec.field(name="display-name", default="")


def identify(client: NextcloudClient, account: Account, scheme: Scheme = "basic") -> Identity:
    """Who `account` really is: a login name may be an e-mail address or of other letter case.

    Raises the causes of `NextcloudClient.ocs`; WrongAccount where body and header name different users (F41).
    """
    answer = client.ocs("GET", USER_PATH, account, scheme=scheme)
    user: _User = decode(answer.data, _User, USER_PATH)
    if not user.id or user.id != answer.user_id:
        raise WrongAccount("user id of the body is not the one of the header")
    return Identity(user.id, user.display_name or user.id)


def revoke(client: NextcloudClient, account: Account, scheme: Scheme = "basic") -> bool:
    """Deletes the app password at Nextcloud. True: it is gone by this call; False: it was no longer valid.

    Raises the other causes of `NextcloudClient.ocs`: then it may still be valid. After a True nobody may use
    the credential again: Nextcloud would count it as a failed login.
    """
    try:
        client.ocs("DELETE", APP_PASSWORD_PATH, account, scheme=scheme)
    except (AppPasswordRefused, TalkNotAllowed):
        return False
    return True
