"""Sites and lessons stand as their rows hold.

Revision ID: 202611270040
Revises: 202611270035
"""

import sqlalchemy as sa
from alembic import op

revision = "202611270040"
down_revision = "202611270035"
branch_labels = None
depends_on = None

# A correction changed what holds of a row, and nothing beside it; whoever observes counts for
# nothing (docs/adr/0013).
_SITES = sa.text(
    "UPDATE lesson_sites SET state = ("
    " SELECT CASE WHEN a.new_is_counted AND lesson_sites.mode <> 'OBSERVE'"
    " THEN 'COUNTED' ELSE 'NOT_COUNTED' END"
    " FROM attendance_amendments a JOIN attendance_records r ON r.id = a.record_id"
    " WHERE r.lesson_site_id = lesson_sites.id ORDER BY a.number DESC LIMIT 1)"
    " WHERE id IN (SELECT r.lesson_site_id FROM attendance_records r"
    " JOIN attendance_amendments a ON a.record_id = r.id)"
)
_OBSERVERS = sa.text(
    "UPDATE lesson_sites SET state = 'NOT_COUNTED' WHERE mode = 'OBSERVE' AND state = 'COUNTED'"
)
# Sites stand as their rows hold since the statements above. Of lessons that are over, those
# of which every row is locked and one was corrected, or somebody observed.
_LESSONS = sa.text(
    "UPDATE lessons SET state = CASE WHEN EXISTS (SELECT 1 FROM lesson_sites s"
    " WHERE s.lesson_id = lessons.id AND s.state = 'COUNTED')"
    " THEN 'CREDITED' ELSE 'VERIFIED' END"
    " WHERE state IN ('VERIFIED', 'CREDITED')"
    " AND id IN (SELECT s.lesson_id FROM lesson_sites s"
    " JOIN attendance_records r ON r.lesson_site_id = s.id"
    " LEFT JOIN attendance_amendments a ON a.record_id = r.id"
    " WHERE a.record_id IS NOT NULL OR s.mode = 'OBSERVE')"
    " AND NOT EXISTS (SELECT 1 FROM lesson_sites s"
    " JOIN attendance_records r ON r.lesson_site_id = s.id"
    " WHERE s.lesson_id = lessons.id AND r.state <> 'LOCKED')"
)


def upgrade() -> None:
    op.execute(_SITES)
    op.execute(_OBSERVERS)
    op.execute(_LESSONS)


def downgrade() -> None:
    """Leave the states: what they were was wrong."""
