"""Where a lesson stood before it was moved.

Revision ID: 202611261650
Revises: 202611261600
"""

import sqlalchemy as sa
from alembic import op

revision = "202611261650"
down_revision = "202611261600"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lessons", sa.Column("moved_from", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("lessons", "moved_from")
