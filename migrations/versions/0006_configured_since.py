"""Since when each Nextcloud has been the configured one."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("nextcloud_hosts", sa.Column("configured_since", sa.Float(53), nullable=True))


def downgrade() -> None:
    op.drop_column("nextcloud_hosts", "configured_since")
