"""What a day of a brigade looks like in numbers, with an outage in the evening."""

from __future__ import annotations

import math

from models.observation_store import FINE, Series, Tally
from nextcloud.routes import AVATAR, OK, ROOMS
from services.observations import Kind

HOURS = 20


def busy_day(now: int) -> dict[tuple[int, Series], Tally]:
    """What the hours before `now` (Unix seconds) looked like."""
    tallies: dict[tuple[int, Series], Tally] = {}
    for place in range(HOURS * 12):
        at = now - now % FINE - (place + 1) * FINE
        number = 30 + round(25 * math.sin(place / 30))
        down = 40 < place < 60
        classes = [number // 2, number // 3, number // 10, 1, place % 3, 0, 0, 0, 0]
        tallies[at, Series(Kind.UPSTREAM, ROOMS, OK)] = Tally(sum(classes) * (not down), classes if not down else [])
        tallies[at, Series(Kind.UPSTREAM, AVATAR, OK)] = Tally(place % 4, [place % 4, *[0] * 8])
        if down:
            tallies[at, Series(Kind.UPSTREAM, ROOMS, "nextcloud_maintenance")] = Tally(number // 3)
            tallies[at, Series(Kind.UPSTREAM, ROOMS, "nextcloud_tls_expired")] = Tally(place % 5)
        tallies[at, Series(Kind.WEB, "callback", "2xx")] = Tally(number * 2)
        tallies[at, Series(Kind.WEB, "page", "2xx")] = Tally(number // 4)
        tallies[at, Series(Kind.WEB, "rest", "2xx")] = Tally(number // 2)
        tallies[at, Series(Kind.SIGN_IN, "password", OK)] = Tally(place % 2)
        tallies[at, Series(Kind.SIGN_IN, "password", "failed")] = Tally(place % 7 == 0)
        tallies[at, Series(Kind.CONNECTIONS, "", "connected")] = Tally(60 - place // 10, level=True)
        tallies[at, Series(Kind.CONNECTIONS, "", "not_connected")] = Tally(20 + place // 10, level=True)
        tallies[at, Series(Kind.CONNECTIONS, "", "refused")] = Tally(place // 60, level=True)
        tallies[at, Series(Kind.BUDGET, "", "taken")] = Tally(place // 50 % 4, level=True)
    return tallies
