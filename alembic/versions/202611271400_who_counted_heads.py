"""Who reported a head count. Of those of before it is not known.

Revision ID: 202611271400
Revises: 202611271330
"""

import sqlalchemy as sa
from alembic import op

revision = "202611271400"
down_revision = "202611271330"
branch_labels = None
depends_on = None

_BY = "fk_attendance_records_headcount_by_id_people"


def upgrade() -> None:
    with op.batch_alter_table("attendance_records", schema=None) as batch_op:
        batch_op.add_column(sa.Column("headcount_by_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(op.f(_BY), "people", ["headcount_by_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("attendance_records", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(_BY), type_="foreignkey")
        batch_op.drop_column("headcount_by_id")
