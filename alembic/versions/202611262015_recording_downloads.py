"""One file of a whole lesson, to take along, and who took it.

Revision ID: 202611262015
Revises: 202611261900
"""

import sqlalchemy as sa
from alembic import op

revision = "202611262015"
down_revision = "202611261900"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recording_downloads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.String(length=24), nullable=False),
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("lufs", sa.Double(), nullable=True),
        sa.Column("speed", sa.Double(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recordings.id"],
            name="fk_recording_downloads_recording_id_recordings",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recording_downloads"),
        sa.UniqueConstraint(
            "recording_id", "form", name="uq_recording_downloads_recording_id_form"
        ),
    )
    op.add_column("recording_views", sa.Column("taken", sa.String(length=24), nullable=True))


def downgrade() -> None:
    op.drop_column("recording_views", "taken")
    op.drop_table("recording_downloads")
