"""What members have chosen for their card and their pages."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SWITCHES = ("card_compact", "card_favorites_first", "card_mentions_first", "card_concerning_only")


def upgrade() -> None:
    op.add_column("users", sa.Column("card_rows", sa.Integer(), nullable=False, server_default="3"))
    for name in _SWITCHES:
        op.add_column("users", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("users", sa.Column("theme", sa.String(8), nullable=True))


def downgrade() -> None:
    for name in ("theme", *_SWITCHES, "card_rows"):
        op.drop_column("users", name)
