"""The one place through which a credential goes to Nextcloud.

Nextcloud counts failed logins per address, and all members share this server's: after eleven failures in half
an hour it refuses everybody. A credential that was refused must therefore not be sent again by Basic; where it
has to be sent once more it goes as Bearer token, which Nextcloud does not count (docs/nextcloud.md §2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from nextcloud.client import Account, Scheme

T = TypeVar("T")


class Lockout:
    """Decides how a request proves its account."""

    def call(self, account: Account, request: Callable[[Account, Scheme], T], *, refused: bool = False) -> T:
        """What `request` returns, called with the account and the way to prove it.

        `refused` says that Nextcloud has refused this credential before. Raises what `request` raises.
        """
        return request(account, "bearer" if refused else "basic")
