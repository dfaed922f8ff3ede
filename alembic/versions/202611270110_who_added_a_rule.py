"""Who added a set of rules by which a lesson counts, and when.

Revision ID: 202611270110
Revises: 202611270040
"""

import sqlalchemy as sa
from alembic import op

revision = "202611270110"
down_revision = "202611270040"
branch_labels = None
depends_on = None

_WHO = "fk_attendance_rules_added_by_id_people"


def upgrade() -> None:
    with op.batch_alter_table("attendance_rules", schema=None) as batch_op:
        batch_op.add_column(sa.Column("added_by_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("added_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(op.f(_WHO), "people", ["added_by_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("attendance_rules", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(_WHO), type_="foreignkey")
        batch_op.drop_column("added_at")
        batch_op.drop_column("added_by_id")
