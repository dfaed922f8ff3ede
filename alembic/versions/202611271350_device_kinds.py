"""An enrolment code says what kind of device will use it.

Revision ID: 202611271350
Revises: 202611271400
"""

import sqlalchemy as sa
from alembic import op

revision = "202611271350"
down_revision = "202611271400"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = sa.Column("device_kind", sa.String(length=24), nullable=False, server_default="BROWSER")
    with op.batch_alter_table("enrolment_codes") as batch_op:
        batch_op.add_column(kind)
        batch_op.alter_column("device_kind", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("enrolment_codes") as batch_op:
        batch_op.drop_column("device_kind")
