"""Members with their Nextcloud credentials, sign-ins, login flows, revocations."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SECONDS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

CREDENTIALS = (
    sa.Column("nextcloud_username", sa.String(), nullable=True),
    sa.Column("nextcloud_app_password", sa.String(), nullable=True),
    sa.Column("nextcloud_user_id", sa.String(), nullable=True),
    sa.Column("nextcloud_display_name", sa.String(), nullable=True),
    sa.Column("nextcloud_base_url", sa.String(), nullable=True),
    sa.Column("nextcloud_connection_id", sa.String(32), nullable=True),
    sa.Column("nextcloud_connected_at", SECONDS, nullable=True),
    sa.Column("nextcloud_refused_at", SECONDS, nullable=True),
)


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("display_name", sa.String(120), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("operator", sa.Boolean(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(8), nullable=True),
        sa.Column("created_at", SECONDS, nullable=False),
        sa.Column("signed_out_at", SECONDS, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_users_name", "users", ["name"], unique=True)
    for column in CREDENTIALS:
        op.add_column("users", column)
    op.create_table(
        "sign_ins",
        sa.Column("id_hash", sa.String(64), primary_key=True),
        sa.Column("member_id", sa.Integer(), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", SECONDS, nullable=False),
        sa.Column("seen_at", SECONDS, nullable=False),
        sa.Column("expires_at", SECONDS, nullable=False),
        sa.Column("device", sa.String(80), nullable=False),
    )
    op.create_index("ix_sign_ins_member_id", "sign_ins", ["member_id"])
    op.create_index("ix_sign_ins_expires_at", "sign_ins", ["expires_at"])
    op.create_table(
        "login_flows",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("member_id", sa.Integer(), sa.ForeignKey("users.id", ondelete="SET NULL"), nullable=True),
        sa.Column("handle_hash", sa.String(64), nullable=False),
        sa.Column("base_url", sa.String(), nullable=False),
        sa.Column("poll_endpoint", sa.String(), nullable=False),
        sa.Column("poll_token", sa.String(), nullable=True),
        sa.Column("login_url", sa.String(), nullable=True),
        sa.Column("created_at", SECONDS, nullable=False),
        sa.Column("expires_at", SECONDS, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("cause", sa.String(40), nullable=True),
        sa.Column("asked_at", sa.Float(), nullable=False),
        sa.Column("claimed_until", sa.Float(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.UniqueConstraint("handle_hash", name="uq_login_flows_handle_hash"),
    )
    op.create_index("ix_login_flows_member_id", "login_flows", ["member_id"])
    op.create_index("ix_login_flows_expires_at", "login_flows", ["expires_at"])
    op.create_index("ix_login_flows_state", "login_flows", ["state"])
    op.create_table(
        "revocations",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("base_url", sa.String(), nullable=False),
        sa.Column("login_name", sa.String(), nullable=False),
        sa.Column("app_password", sa.String(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("created_at", SECONDS, nullable=False),
        sa.Column("next_try_at", sa.Float(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
    )
    op.create_index("ix_revocations_next_try_at", "revocations", ["next_try_at"])


def downgrade() -> None:
    for table in ("revocations", "login_flows", "sign_ins", "users"):
        op.drop_table(table)
