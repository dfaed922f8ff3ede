"""Keep of each lesson whether it is after school; have facts that counted too much written anew.

Revision ID: 202611270020
Revises: 202611270010
"""

import sqlalchemy as sa
from alembic import op

revision = "202611270020"
down_revision = "202611270010"
branch_labels = None
depends_on = None

# As far as it is known: what an offering said earlier, nobody kept.
_AS_THE_OFFERING_SAYS = sa.text(
    "UPDATE lessons SET is_after_school = coalesce((SELECT course_offerings.is_after_school"
    " FROM course_offerings WHERE course_offerings.id = lessons.offering_id), false)"
)
# The rows themselves stay as they were closed; this says why one does not count any more.
_WHY_NOT = sa.text(
    "UPDATE attendance_records SET not_counted_reason = 'OBSERVED'"
    " WHERE is_counted IS NOT NULL AND lesson_site_id IN"
    " (SELECT id FROM lesson_sites WHERE mode = 'OBSERVE')"
)
# Why a row did not count before is what its own figures say by the rule set that judged it. One
# that was closed since, and only observed what would have been enough, has no reason of before.
_WHY_NOT_BEFORE = sa.text(
    "UPDATE attendance_records SET not_counted_reason = CASE"
    " WHEN is_counted THEN NULL"
    " WHEN audible_ms + degraded_ms + lost_ms = 0 THEN 'NEVER_CAME'"
    " WHEN CAST(audible_ms AS BIGINT) * 1000 < CAST(planned_ms AS BIGINT)"
    " * (SELECT min_audible_permille FROM attendance_rules WHERE number = rule_number)"
    " THEN 'TOO_LITTLE_AUDIBLE' END"
    " WHERE not_counted_reason = 'OBSERVED'"
)
# Where there are none, the platform writes the facts of all rows at its next start.
_FACTS = sa.text(
    "DELETE FROM delivered_periods WHERE"
    " EXISTS (SELECT 1 FROM lessons WHERE is_after_school)"
    " OR EXISTS (SELECT 1 FROM lesson_sites WHERE mode = 'OBSERVE')"
)


def upgrade() -> None:
    op.add_column("lessons", sa.Column("is_after_school", sa.Boolean(), nullable=True))
    op.execute(_AS_THE_OFFERING_SAYS)
    with op.batch_alter_table("lessons") as batch:
        batch.alter_column("is_after_school", existing_type=sa.Boolean(), nullable=False)
    op.execute(_WHY_NOT)
    op.execute(_FACTS)


def downgrade() -> None:
    op.execute(_FACTS)
    op.execute(_WHY_NOT_BEFORE)
    op.drop_column("lessons", "is_after_school")
