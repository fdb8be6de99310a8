"""Failed logins that each Nextcloud has counted, which of its doors are shut, and what was left behind there."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "login_slots",
        sa.Column("base_url", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("taken_until", sa.Float(), nullable=False),
        sa.Column("holder", sa.String(32), nullable=False),
    )
    op.create_table(
        "nextcloud_hosts",
        sa.Column("base_url", sa.String(), primary_key=True),
        sa.Column("locked_until", sa.Float(), nullable=False),
        sa.Column("bearer_refused_until", sa.Float(), nullable=False),
    )
    with op.batch_alter_table("revocations") as table:
        table.add_column(sa.Column("wiped", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("member_id", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_revocations_member_id", "users", ["member_id"], ["id"], ondelete="SET NULL")
    op.add_column("login_flows", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column(
        "users", sa.Column("device_left_behind", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column("users", "device_left_behind")
    op.drop_column("login_flows", "failures")
    with op.batch_alter_table("revocations") as table:
        table.drop_constraint("fk_revocations_member_id", type_="foreignkey")
        table.drop_column("member_id")
        table.drop_column("wiped")
    op.drop_table("nextcloud_hosts")
    op.drop_table("login_slots")
