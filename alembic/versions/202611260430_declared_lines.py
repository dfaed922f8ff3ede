"""declared lines of classrooms.

Revision ID: 202611260430
Revises: 202611220230
"""

from alembic import op

revision = "202611260430"
down_revision = "202611220230"
branch_labels = None
depends_on = None

COLUMNS = ("budget_down_kbps", "budget_up_kbps")


def upgrade() -> None:
    # Written out: SQLite and PostgreSQL both take a column with its check in one statement, and
    # neither copies the table for it.
    for column in COLUMNS:
        op.execute(
            f"ALTER TABLE classrooms ADD COLUMN {column} INTEGER "
            f"CONSTRAINT ck_classrooms_{column} CHECK ({column} BETWEEN 64 AND 1000000)"
        )


def downgrade() -> None:
    for column in reversed(COLUMNS):
        op.execute(f"ALTER TABLE classrooms DROP COLUMN {column}")
