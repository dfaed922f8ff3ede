"""Say of each file left over when it goes and how large it was; clips that were replaced are such.

Revision ID: 202611272050
Revises: 202611272030
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa
from alembic import op

revision = "202611272050"
down_revision = "202611272030"
branch_labels = None
depends_on = None

# From being left over to being removed: of all there were, and of clips that were replaced.
_HOUR = timedelta(hours=1)
_DAY = timedelta(hours=24)
_LEFT = sa.table(
    "recording_leftovers",
    sa.column("id", sa.Uuid()),
    sa.column("recording_id", sa.Uuid()),
    sa.column("name", sa.String()),
    sa.column("due_at", sa.DateTime(timezone=True)),
)
_CLIPS = sa.table(
    "recording_clips",
    sa.column("recording_id", sa.Uuid()),
    sa.column("file", sa.String()),
    sa.column("replaced_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    op.execute("ALTER TABLE recording_leftovers RENAME COLUMN since TO due_at")
    op.add_column("recording_leftovers", sa.Column("bytes", sa.BigInteger(), nullable=True))
    _move_by(_HOUR)
    rows = [
        {"id": uuid4(), "recording_id": recording_id, "name": name, "due_at": replaced_at + _DAY}
        for (recording_id, name), replaced_at in _replaced().items()
    ]
    if rows:
        op.bulk_insert(_LEFT, rows)
    op.drop_index("ix_recording_clips_replaced_at", "recording_clips")


def downgrade() -> None:
    """Clips that were replaced are found by their own rows there."""
    op.create_index("ix_recording_clips_replaced_at", "recording_clips", ["replaced_at"])
    for recording_id, name in _replaced():
        op.execute(
            sa.delete(_LEFT).where(_LEFT.c.recording_id == recording_id, _LEFT.c.name == name)
        )
    _move_by(-_HOUR)
    op.drop_column("recording_leftovers", "bytes")
    op.execute("ALTER TABLE recording_leftovers RENAME COLUMN due_at TO since")


def _replaced() -> dict[tuple[UUID, str], datetime]:
    """Return which files of which recordings were replaced, and when."""
    query = sa.select(_CLIPS).where(_CLIPS.c.replaced_at.is_not(None))
    return {
        (row.recording_id, f"replay/{row.file}"): row.replaced_at
        for row in op.get_bind().execute(query)
    }


def _move_by(difference: timedelta) -> None:
    for row in op.get_bind().execute(sa.select(_LEFT)).all():
        moved = sa.update(_LEFT).values(due_at=row.due_at + difference)
        op.execute(moved.where(_LEFT.c.id == row.id))
