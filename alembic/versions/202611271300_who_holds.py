"""Who holds a recording, who lifts a hold, and certificates by their day.

Holds of before came from the command line: nobody's, and lifted from above the school.

Revision ID: 202611271300
Revises: 202611271240
"""

import sqlalchemy as sa
from alembic import op

revision = "202611271300"
down_revision = "202611271240"
branch_labels = None
depends_on = None

_PLACED = "fk_recording_holds_placed_by_id_people"
_LIFTED = "fk_recording_holds_lifted_by_id_people"
_REMOVED = "ix_deletion_certificates_removed_at"


def upgrade() -> None:
    with op.batch_alter_table("recording_holds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("placed_by_id", sa.Uuid(), nullable=True))
        batch_op.add_column(
            sa.Column("is_of_office", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        batch_op.add_column(sa.Column("lifted_by_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(op.f(_PLACED), "people", ["placed_by_id"], ["id"])
        batch_op.create_foreign_key(op.f(_LIFTED), "people", ["lifted_by_id"], ["id"])
    with op.batch_alter_table("recording_holds", schema=None) as batch_op:
        batch_op.alter_column("is_of_office", server_default=None)
    op.create_index(op.f(_REMOVED), "deletion_certificates", ["removed_at"])


def downgrade() -> None:
    op.drop_index(op.f(_REMOVED), table_name="deletion_certificates")
    with op.batch_alter_table("recording_holds", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(_LIFTED), type_="foreignkey")
        batch_op.drop_constraint(op.f(_PLACED), type_="foreignkey")
        batch_op.drop_column("lifted_by_id")
        batch_op.drop_column("is_of_office")
        batch_op.drop_column("placed_by_id")
