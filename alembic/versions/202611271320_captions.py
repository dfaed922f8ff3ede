"""Captions of recordings.

Revision ID: 202611271320
Revises: 202611271310
"""

import sqlalchemy as sa
from alembic import op

revision = "202611271320"
down_revision = "202611271310"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recording_captions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=24), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("cues", sa.Integer(), nullable=False),
        sa.Column("brought_by", sa.Uuid(), nullable=False),
        sa.Column("brought_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brought_by"], ["people.id"], name="fk_recording_captions_brought_by_people"
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recordings.id"],
            name="fk_recording_captions_recording_id_recordings",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recording_captions"),
        sa.UniqueConstraint(
            "recording_id", "language", name="uq_recording_captions_recording_id_language"
        ),
    )


def downgrade() -> None:
    op.drop_table("recording_captions")
