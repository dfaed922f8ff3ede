"""Micro-lessons: pieces of lessons with a title, who watched them, files left over.

Revision ID: 202611271330
Revises: 202611271320
"""

import sqlalchemy as sa
from alembic import op

revision = "202611271330"
down_revision = "202611271320"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "micro_lessons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("from_ms", _clock(), nullable=False),
        sa.Column("until_ms", _clock(), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_outdated", sa.Boolean(), nullable=False),
        sa.Column("file", sa.String(length=200), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("duration_ms", _clock(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name="fk_micro_lessons_recording_id_recordings"
        ),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["people.id"], name="fk_micro_lessons_maker_id_people"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_micro_lessons"),
    )
    op.create_index("ix_micro_lessons_recording_id", "micro_lessons", ["recording_id"])
    op.create_table(
        "recording_leftovers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=220), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recordings.id"],
            name="fk_recording_leftovers_recording_id_recordings",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recording_leftovers"),
        sa.UniqueConstraint(
            "recording_id", "name", name="uq_recording_leftovers_recording_id_name"
        ),
    )
    op.add_column("recording_views", sa.Column("micro_lesson", sa.String(length=60), nullable=True))


def downgrade() -> None:
    op.drop_column("recording_views", "micro_lesson")
    op.drop_table("recording_leftovers")
    op.drop_index("ix_micro_lessons_recording_id", "micro_lessons")
    op.drop_table("micro_lessons")


def _clock() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
