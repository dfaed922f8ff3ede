"""measured lines of seats.

Revision ID: 202611260515
Revises: 202611260430
"""

import sqlalchemy as sa
from alembic import op

revision = "202611260515"
down_revision = "202611260430"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seat_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.String(length=64), nullable=False),
        sa.Column("lesson_site_id", sa.Uuid(), nullable=True),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("estimate_down_kbps", sa.Integer(), nullable=True),
        sa.Column("estimate_down_low_kbps", sa.Integer(), nullable=True),
        sa.Column("down_kbps", sa.Integer(), nullable=True),
        sa.Column("down_high_kbps", sa.Integer(), nullable=True),
        sa.Column("up_kbps", sa.Integer(), nullable=True),
        sa.Column("up_high_kbps", sa.Integer(), nullable=True),
        sa.Column("rtt_ms", sa.Integer(), nullable=True),
        sa.Column("rtt_high_ms", sa.Integer(), nullable=True),
        sa.Column("loss_down_permille", sa.Integer(), nullable=True),
        sa.Column("loss_down_high_permille", sa.Integer(), nullable=True),
        sa.Column("loss_up_permille", sa.Integer(), nullable=True),
        sa.Column("loss_up_high_permille", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lesson_site_id"],
            ["lesson_sites.id"],
            name=op.f("fk_seat_links_lesson_site_id_lesson_sites"),
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_seat_links_session_id_sessions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_links")),
        sa.UniqueConstraint("session_id", "seat_id", name=op.f("uq_seat_links_session_id_seat_id")),
    )
    with op.batch_alter_table("seat_links", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_seat_links_lesson_site_id"), ["lesson_site_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_seat_links_session_id"), ["session_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("seat_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seat_links_session_id"))
        batch_op.drop_index(batch_op.f("ix_seat_links_lesson_site_id"))
    op.drop_table("seat_links")
