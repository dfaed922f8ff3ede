"""what a classroom says against its row.

Revision ID: 202611261318
Revises: 202611261255
"""

import sqlalchemy as sa
from alembic import op

revision = "202611261318"
down_revision = "202611261255"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attendance_records", sa.Column("objection", sa.String(length=200)))


def downgrade() -> None:
    op.drop_column("attendance_records", "objection")
