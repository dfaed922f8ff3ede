"""Index what came by grade and subject: a province's needs are looked up one by one.

Revision ID: 202611280600
Revises: 202611280500
"""

from alembic import op

revision = "202611280600"
down_revision = "202611280500"
branch_labels = None
depends_on = None

_NAME = "ix_delivered_periods_school_id_grade_no_subject_id_week_on"
_COLUMNS = ["school_id", "grade_no", "subject_id", "week_on"]


def upgrade() -> None:
    with op.batch_alter_table("delivered_periods", schema=None) as batch_op:
        batch_op.create_index(_NAME, _COLUMNS, unique=False)


def downgrade() -> None:
    with op.batch_alter_table("delivered_periods", schema=None) as batch_op:
        batch_op.drop_index(_NAME)
