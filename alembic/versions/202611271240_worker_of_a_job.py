"""Which worker has a job: what a server left that died is taken back at its next start.

Revision ID: 202611271240
Revises: 202611271220
"""

import sqlalchemy as sa
from alembic import op

revision = "202611271240"
down_revision = "202611271220"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("worker", sa.String(length=80), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_column("worker")
