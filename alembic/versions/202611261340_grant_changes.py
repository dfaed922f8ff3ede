"""What happened to roles, by whom.

Revision ID: 202611261340
Revises: 202611261318
"""

import sqlalchemy as sa
from alembic import op

revision = "202611261340"
down_revision = "202611261318"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "grant_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_by_name", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["role_grants.id"], name=op.f("fk_grant_changes_grant_id_role_grants")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["people.id"], name=op.f("fk_grant_changes_made_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_changes")),
    )
    with op.batch_alter_table("grant_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grant_changes_grant_id"), ["grant_id"], unique=False)


def downgrade() -> None:
    op.drop_table("grant_changes")
