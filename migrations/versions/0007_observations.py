"""What the server has seen, counted into spans of time."""

import sqlalchemy as sa
from alembic import op

from models.columns import SECONDS

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "observations",
        sa.Column("span", sa.Integer(), primary_key=True),
        sa.Column("started_at", SECONDS, primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("route", sa.String(80), primary_key=True),
        sa.Column("outcome", sa.String(40), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("latencies", sa.JSON(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("observations")
