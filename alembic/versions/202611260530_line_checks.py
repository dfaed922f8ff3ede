"""what device checks found of lines.

Revision ID: 202611260530
Revises: 202611260515
"""

import sqlalchemy as sa
from alembic import op

revision = "202611260530"
down_revision = "202611260515"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "line_checks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("road", sa.String(length=8), nullable=False),
        sa.Column("is_udp_open", sa.Boolean(), nullable=False),
        sa.Column("is_tcp_open", sa.Boolean(), nullable=False),
        sa.Column("is_turn_open", sa.Boolean(), nullable=True),
        sa.Column("rtt_ms", sa.Integer(), nullable=True),
        sa.Column("down_kbps", sa.Integer(), nullable=True),
        sa.Column("up_kbps", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(device_id IS NULL) <> (account_id IS NULL)",
            name=op.f("ck_line_checks_one_holder"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_line_checks_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_line_checks_device_id_devices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_checks")),
        sa.UniqueConstraint("account_id", name=op.f("uq_line_checks_account_id")),
        sa.UniqueConstraint("device_id", name=op.f("uq_line_checks_device_id")),
    )


def downgrade() -> None:
    op.drop_table("line_checks")
