"""Types of columns that both databases must hold alike."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer

SECONDS = BigInteger().with_variant(Integer(), "sqlite")
"""Unix seconds: PostgreSQL's own Integer ends in January 2038, SQLite's does not."""
