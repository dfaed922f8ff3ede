"""Corrections of regions, their labels and authorities: which version each is, and what it was.

Revision ID: 202611271430
Revises: 202611271411
"""

import sqlalchemy as sa
from alembic import op

revision = "202611271430"
down_revision = "202611271411"
branch_labels = None
depends_on = None

_EDITED = ("regions", "region_labels", "authorities")


def upgrade() -> None:
    for table in _EDITED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(
                sa.Column("version", sa.Integer(), nullable=False, server_default="1")
            )
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column("version", existing_type=sa.Integer(), server_default=None)
    op.create_table(
        "registry_corrections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("thing", sa.String(length=24), nullable=False),
        sa.Column("thing_id", sa.Uuid(), nullable=False),
        sa.Column("before", sa.String(length=200), nullable=False),
        sa.Column("after", sa.String(length=200), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_registry_corrections"),
    )
    with op.batch_alter_table("registry_corrections", schema=None) as batch_op:
        batch_op.create_index("ix_registry_corrections_thing_id", ["thing_id"])


def downgrade() -> None:
    op.drop_table("registry_corrections")
    for table in reversed(_EDITED):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("version")
