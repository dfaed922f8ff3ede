"""Facts: how many periods reached each school in each week.

Revision ID: 202611261240
Revises: 202611261210
"""

import sqlalchemy as sa
from alembic import op

revision = "202611261240"
down_revision = "202611261210"
branch_labels = None
depends_on = None

TABLE = "delivered_periods"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("week_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("grade_no", sa.Integer(), nullable=True),
        sa.Column("periods", sa.Integer(), nullable=False),
        sa.Column("locked_periods", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name=op.f("fk_delivered_periods_school_id_schools")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["codes.id"], name=op.f("fk_delivered_periods_subject_id_codes")
        ),
    )
    op.create_index("ix_delivered_periods_school_id_week_on", TABLE, ["school_id", "week_on"])


def downgrade() -> None:
    op.drop_table(TABLE)
