"""A site may receive a lesson through another one, which passes it on.

Revision ID: 202611270180
Revises: 202611270140
"""

import sqlalchemy as sa
from alembic import op

revision = "202611270180"
down_revision = "202611270140"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # All there are have it from the hub.
    for table in ("offering_sites", "lesson_sites"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("through_id", sa.Uuid(), nullable=True))
            batch.create_foreign_key(
                op.f(f"fk_{table}_through_id_classrooms"), "classrooms", ["through_id"], ["id"]
            )
    op.create_index(op.f("ix_lesson_sites_through_id"), "lesson_sites", ["through_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_lesson_sites_through_id"), table_name="lesson_sites")
    for table in ("lesson_sites", "offering_sites"):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"fk_{table}_through_id_classrooms"), type_="foreignkey")
            batch.drop_column("through_id")
