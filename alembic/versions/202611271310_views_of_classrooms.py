"""A look at a recording is a person's, or a classroom's that looked back in its lesson.

Revision ID: 202611271310
Revises: 202611271250
"""

import sqlalchemy as sa
from alembic import op

revision = "202611271310"
down_revision = "202611271250"
branch_labels = None
depends_on = None

_ROOM = "fk_recording_views_classroom_id_classrooms"
_ROOMS = "ix_recording_views_classroom_id"
_ONE = "ck_recording_views_one_viewer"


def upgrade() -> None:
    with op.batch_alter_table("recording_views", schema=None) as batch_op:
        batch_op.add_column(sa.Column("classroom_id", sa.Uuid(), nullable=True))
        batch_op.alter_column("person_id", existing_type=sa.Uuid(), nullable=True)
        batch_op.create_foreign_key(op.f(_ROOM), "classrooms", ["classroom_id"], ["id"])
        batch_op.create_check_constraint(
            op.f(_ONE), "(person_id IS NULL) <> (classroom_id IS NULL)"
        )
    op.create_index(op.f(_ROOMS), "recording_views", ["classroom_id"])


def downgrade() -> None:
    # The version before knows looks of people alone.
    op.execute("DELETE FROM recording_views WHERE person_id IS NULL")
    op.drop_index(op.f(_ROOMS), table_name="recording_views")
    with op.batch_alter_table("recording_views", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(_ONE), type_="check")
        batch_op.drop_constraint(op.f(_ROOM), type_="foreignkey")
        batch_op.alter_column("person_id", existing_type=sa.Uuid(), nullable=False)
        batch_op.drop_column("classroom_id")
