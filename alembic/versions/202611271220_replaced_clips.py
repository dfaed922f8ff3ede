"""Keep clips of replays that were made again, for whoever is watching them.

Revision ID: 202611271220
Revises: 202611270190
"""

import sqlalchemy as sa
from alembic import op

revision = "202611271220"
down_revision = "202611270190"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "recording_clips", sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index("ix_recording_clips_replaced_at", "recording_clips", ["replaced_at"])


def downgrade() -> None:
    """The version before would show them beside those that took their place."""
    clips = sa.table("recording_clips", sa.column("replaced_at"))
    op.execute(sa.delete(clips).where(clips.c.replaced_at.is_not(None)))
    op.drop_index("ix_recording_clips_replaced_at", "recording_clips")
    with op.batch_alter_table("recording_clips") as batch:
        batch.drop_column("replaced_at")
