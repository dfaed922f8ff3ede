"""What an authority's table says of a code outlasts the next start: rows say whose they are.

Revision ID: 202611280500
Revises: 202611280430
"""

import sqlalchemy as sa
from alembic import op

revision = "202611280500"
down_revision = "202611280430"
branch_labels = None
depends_on = None

_LOADED = ("code_sets", "codes", "code_maps")


def upgrade() -> None:
    for table in _LOADED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(
                sa.Column("is_local", sa.Boolean(), nullable=False, server_default=sa.false())
            )
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column("is_local", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    for table in reversed(_LOADED):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("is_local")
