"""What of a recording could not be read when its replay was made.

Revision ID: 202611270010
Revises: 202611262200
"""

import sqlalchemy as sa
from alembic import op

revision = "202611270010"
down_revision = "202611262200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("recordings") as batch:
        batch.add_column(sa.Column("missing", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("recordings") as batch:
        batch.alter_column("missing", server_default=None)


def downgrade() -> None:
    op.drop_column("recordings", "missing")
