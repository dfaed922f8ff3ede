"""Addresses of calendars; lessons whose time is over found by an index.

Revision ID: 202611261600
Revises: 202611261340
"""

import sqlalchemy as sa
from alembic import op

revision = "202611261600"
down_revision = "202611261340"
branch_labels = None
depends_on = None

TABLE = "calendar_feeds"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("classroom_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(person_id IS NULL) <> (classroom_id IS NULL)", name=op.f(f"ck_{TABLE}_one_holder")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f(f"fk_{TABLE}_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["classroom_id"], ["classrooms.id"], name=op.f(f"fk_{TABLE}_classroom_id_classrooms")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("person_id", name=op.f(f"uq_{TABLE}_person_id")),
        sa.UniqueConstraint("classroom_id", name=op.f(f"uq_{TABLE}_classroom_id")),
        sa.UniqueConstraint("token_hash", name=op.f(f"uq_{TABLE}_token_hash")),
    )
    op.create_index("ix_lessons_state_planned_end", "lessons", ["state", "planned_end"])


def downgrade() -> None:
    op.drop_index("ix_lessons_state_planned_end", "lessons")
    op.drop_table(TABLE)
