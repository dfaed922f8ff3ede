"""Have the facts of coverage counted anew, by what counts today.

Revision ID: 202611271250
Revises: 202611271300
"""

import sqlalchemy as sa
from alembic import op

revision = "202611271250"
down_revision = "202611271300"
branch_labels = None
depends_on = None

# Those that were stale before an earlier upgrade were left so by it. A job counts them while the
# platform serves (app/attendance/recounting.py).
_ASK = sa.text(
    "INSERT INTO recounts (what) SELECT 'delivered_periods' WHERE"
    " EXISTS (SELECT 1 FROM delivered_periods)"
    " OR EXISTS (SELECT 1 FROM attendance_records WHERE is_counted)"
)
# The version before counts all of them at its next start where there are none.
_LEAVE = sa.text("DELETE FROM delivered_periods WHERE EXISTS (SELECT 1 FROM recounts)")


def upgrade() -> None:
    op.create_table(
        "recounts",
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("reached_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_recounts")),
    )
    op.execute(_ASK)


def downgrade() -> None:
    op.execute(_LEAVE)
    op.drop_table("recounts")
