"""Keep milliseconds of lessons that were left open for longer than 24 days.

Revision ID: 202611270190
Revises: 202611270180
"""

import sqlalchemy as sa
from alembic import op

revision = "202611270190"
down_revision = "202611270180"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("sessions", ("last_alive_ms",)),
    ("seat_presences", ("joined_ms", "last_seen_ms", "left_ms")),
    ("class_events", ("clock_ms",)),
    (
        "attendance_records",
        (
            *("planned_ms", "connected_ms", "first_joined_ms", "last_left_ms", "audible_ms"),
            *("degraded_ms", "lost_ms", "offline_ms", "visible_ms", "silent_ms"),
        ),
    ),
    ("incidents", ("clock_ms",)),
    ("recordings", ("duration_ms",)),
    ("recording_clips", ("start_ms", "duration_ms")),
    ("recording_downloads", ("duration_ms",)),
)
_MOST = 2**31 - 1


def upgrade() -> None:
    _become(sa.Integer(), sa.BigInteger())


def downgrade() -> None:
    """Refuse where a number is kept that the tables of before have no room for."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, columns in _COLUMNS:
        beyond = sa.or_(*(sa.column(name) > _MOST for name in columns))
        query = sa.select(sa.func.count()).select_from(sa.table(table)).where(beyond)
        if op.get_bind().scalar(query):
            raise RuntimeError(
                f"{table} keeps a lesson of more than 24 days, which the version before cannot. "
                "It stays with this version."
            )
    _become(sa.BigInteger(), sa.Integer())


def _become(old: sa.Integer, new: sa.Integer) -> None:
    """Change the columns. SQLite's integers have 64 bits whatever they are called."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, columns in _COLUMNS:
        for name in columns:
            op.alter_column(table, name, existing_type=old, type_=new)
