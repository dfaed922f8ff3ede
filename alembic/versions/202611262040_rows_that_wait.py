"""Find the attendance rows that wait for somebody's word among all there ever were.

Revision ID: 202611262040
Revises: 202611262015
"""

import sqlalchemy as sa
from alembic import op

revision = "202611262040"
down_revision = "202611262015"
branch_labels = None
depends_on = None

_INDEX, _TABLE = "ix_attendance_records_lesson_site_id_waiting", "attendance_records"
_IS_WAITING = sa.text("state = 'AUTO_CLOSED' AND first_joined_ms IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        _INDEX,
        _TABLE,
        ["lesson_site_id"],
        sqlite_where=_IS_WAITING,
        postgresql_where=_IS_WAITING,
    )


def downgrade() -> None:
    op.drop_index(_INDEX, _TABLE)
