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
    # Not as short: once SQLite has copied the table the checks are the table's, not the columns'.
    with op.batch_alter_table("classrooms") as batch:
        for column in reversed(COLUMNS):
            batch.drop_constraint(op.f(f"ck_classrooms_{column}"), type_="check")
            batch.drop_column(column)
