"""A certificate counts the clips that were replaced and removed before.

Revision ID: 202611271410
Revises: 202611271350
"""

import sqlalchemy as sa
from alembic import op

revision = "202611271410"
down_revision = "202611271350"
branch_labels = None
depends_on = None

_TABLES = ("recordings", "deletion_certificates")
_COLUMNS = (("replaced_files", sa.Integer), ("replaced_bytes", sa.BigInteger))


def upgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, kind in _COLUMNS:
                batch_op.add_column(sa.Column(name, kind(), nullable=False, server_default="0"))
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, kind in _COLUMNS:
                batch_op.alter_column(name, existing_type=kind(), server_default=None)


def downgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, _ in _COLUMNS:
                batch_op.drop_column(name)
