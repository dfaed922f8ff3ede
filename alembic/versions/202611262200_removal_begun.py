"""When the copies of a recording began to be removed.

Revision ID: 202611262200
Revises: 202611262055
"""

import sqlalchemy as sa
from alembic import op

revision = "202611262200"
down_revision = "202611262055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "recordings", sa.Column("removal_begun_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("recordings", "removal_begun_at")
