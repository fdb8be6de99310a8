"""The count of failed logins per address."""

from __future__ import annotations

from dataclasses import dataclass

HALF_AN_HOUR = 30 * 60
HALF_A_DAY = 12 * 3600
ALLOWED = 10
FIRST_DELAY = 100
LONGEST_DELAY = 25_000
PLANTED = 12
LOOPBACK = ("127.0.0.1", "::1")


@dataclass(frozen=True)
class Failure:
    """One row: a login that was refused."""

    address: str
    login_name: str
    at: float
    planted: bool = False
    """Not of this instance's making: a trouble put it there, and it locks only whom the trouble meets."""


class Failures:
    """Rows of failed logins. Not locked: the state's lock is held by the caller."""

    def __init__(self) -> None:
        self._rows: list[Failure] = []

    def add(self, address: str, login_name: str, now: float) -> None:
        """Count one failed login."""
        self._rows.append(Failure(address, login_name, now))

    def plant(self, at: float) -> None:
        """As many failures of somebody else as lock an address."""
        self.uproot()
        self._rows += [Failure(address, "", at, planted=True) for address in LOOPBACK for _ in range(PLANTED)]

    def uproot(self) -> None:
        """Take away what was planted."""
        self._rows = [row for row in self._rows if not row.planted]

    def forgive(self, address: str, user_id: str) -> None:
        """Drop the rows of this user id and address, after a success."""
        self._rows = [row for row in self._rows if (row.address, row.login_name) != (address, user_id)]

    def count(self, address: str, now: float, within: float = HALF_AN_HOUR, *, planted: bool = True) -> int:
        """Rows of `address` younger than `within` seconds, with or without those that were planted."""
        rows = [row for row in self._rows if planted or not row.planted]
        return sum(row.address == address and now - row.at < within for row in rows)

    def locked(self, address: str, now: float, *, planted: bool = False) -> bool:
        """Whether the address gets no further try: too many rows in half a day and in half an hour."""
        counted = [self.count(address, now, within, planted=planted) for within in (HALF_A_DAY, HALF_AN_HOUR)]
        return min(counted) > ALLOWED

    def delay(self, address: str, now: float, *, planted: bool = False) -> int:
        """Milliseconds, as the capabilities report them."""
        rows = self.count(address, now, HALF_A_DAY, planted=planted)
        if rows == 0:
            return 0
        return LONGEST_DELAY if rows > ALLOWED else min(FIRST_DELAY * 2**rows, LONGEST_DELAY)
