"""What the server has seen, counted into spans of time: numbers alone, of nobody."""

from __future__ import annotations

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from models.columns import SECONDS

BOUNDS_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends of the classes into which durations are counted; what took longer is counted in one class more."""


class Observation(SQLModel, table=True):
    """A row of `observations`: how often one thing happened within `span` seconds from `started_at` on.

    For what has a level instead (such as the number of connections) `number` is the last one that was seen.
    `latencies` counts durations by class; it is empty for what takes no time.
    """

    __tablename__ = "observations"

    span: int = Field(primary_key=True)
    started_at: int = Field(primary_key=True, sa_type=SECONDS)
    kind: str = Field(primary_key=True, max_length=16)
    route: str = Field(primary_key=True, max_length=80)
    outcome: str = Field(primary_key=True, max_length=40)
    number: int = 0
    latencies: list[int] = Field(default_factory=list, sa_type=JSON)
