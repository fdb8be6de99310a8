"""The count of failed logins per address."""

from __future__ import annotations

from dataclasses import dataclass

HALF_AN_HOUR = 30 * 60
HALF_A_DAY = 12 * 3600
ALLOWED = 10
FIRST_DELAY = 100
LONGEST_DELAY = 25_000


@dataclass(frozen=True)
class Failure:
    """One row: a login that was refused."""

    address: str
    login_name: str
    at: float


class Failures:
    """Rows of failed logins. Not locked: the state's lock is held by the caller."""

    def __init__(self) -> None:
        self._rows: list[Failure] = []

    def add(self, address: str, login_name: str, now: float) -> None:
        """Count one failed login."""
        self._rows.append(Failure(address, login_name, now))

    def forgive(self, address: str, user_id: str) -> None:
        """Drop the rows of this user id and address, after a success."""
        self._rows = [row for row in self._rows if (row.address, row.login_name) != (address, user_id)]

    def count(self, address: str, now: float, within: float = HALF_AN_HOUR) -> int:
        """Rows of `address` younger than `within` seconds."""
        return sum(row.address == address and now - row.at < within for row in self._rows)

    def locked(self, address: str, now: float) -> bool:
        """Whether the address gets no further try: too many rows in half a day and in half an hour."""
        return self.count(address, now, HALF_A_DAY) > ALLOWED and self.count(address, now) > ALLOWED

    def delay(self, address: str, now: float) -> int:
        """Milliseconds, as the capabilities report them."""
        rows = self.count(address, now, HALF_A_DAY)
        if rows == 0:
            return 0
        return LONGEST_DELAY if rows > ALLOWED else min(FIRST_DELAY * 2**rows, LONGEST_DELAY)
