"""Members and sign-ins of an OpenID provider."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("oidc_subject", sa.String(600), nullable=True))
    op.create_index("ix_users_oidc_subject", "users", ["oidc_subject"], unique=True)
    op.add_column("sign_ins", sa.Column("oidc_sid", sa.String(255), nullable=True))
    op.add_column("sign_ins", sa.Column("by_provider", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("sign_ins", "by_provider")
    op.drop_column("sign_ins", "oidc_sid")
    op.drop_index("ix_users_oidc_subject", "users")
    op.drop_column("users", "oidc_subject")
