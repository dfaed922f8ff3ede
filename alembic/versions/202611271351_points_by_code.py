"""Which kinds of school are teaching points is said by their codes.

Revision ID: 202611271351
Revises: 202611271410
"""

import sqlalchemy as sa
from alembic import op

revision = "202611271351"
down_revision = "202611271410"
branch_labels = None
depends_on = None

_OWN = """
UPDATE codes SET is_point = true
WHERE code = '218' AND set_id IN (SELECT id FROM code_sets WHERE key = 'MOE_SCHOOL_CATEGORY')
"""


def upgrade() -> None:
    with op.batch_alter_table("codes") as batch_op:
        batch_op.add_column(
            sa.Column("is_point", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.execute(_OWN)
    with op.batch_alter_table("codes") as batch_op:
        batch_op.alter_column("is_point", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("codes") as batch_op:
        batch_op.drop_column("is_point")
