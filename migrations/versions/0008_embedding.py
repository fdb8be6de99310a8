"""Tickets of host dashboards, and sign-ins of frames."""

import sqlalchemy as sa
from alembic import op

from models.columns import SECONDS

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "embed_tickets",
        sa.Column("ticket_hash", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("display_name", sa.String(120), nullable=False),
        sa.Column("origin", sa.String(300), nullable=False),
        sa.Column("expires_at", SECONDS, nullable=False),
    )
    op.create_index("ix_embed_tickets_expires_at", "embed_tickets", ["expires_at"])
    op.add_column("sign_ins", sa.Column("frame", sa.String(6), nullable=True))
    op.add_column("sign_ins", sa.Column("claim_hash", sa.String(64), nullable=True))
    op.create_index("ix_sign_ins_claim_hash", "sign_ins", ["claim_hash"])


def downgrade() -> None:
    op.execute("DELETE FROM sign_ins WHERE frame IS NOT NULL")
    op.drop_index("ix_sign_ins_claim_hash", "sign_ins")
    op.drop_column("sign_ins", "claim_hash")
    op.drop_column("sign_ins", "frame")
    op.drop_index("ix_embed_tickets_expires_at", "embed_tickets")
    op.drop_table("embed_tickets")
