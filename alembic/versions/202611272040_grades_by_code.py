"""Which grades there are the code set says: the tables know no last one.

Revision ID: 202611272040
Revises: 202611272050
"""

from alembic import op

revision = "202611272040"
down_revision = "202611272050"
branch_labels = None
depends_on = None

# The first grade each table may hold: 0 is before school.
_FIRST = {
    "school_classes": 0,
    "course_offerings": 1,
    "curriculum_periods": 1,
    "local_timetables": 1,
}


def upgrade() -> None:
    for table, first in _FIRST.items():
        _hold(table, f"grade_no >= {first}")


def downgrade() -> None:
    # Of a grade after the twelfth the version before knows nothing: where there is one, this fails.
    for table, first in _FIRST.items():
        _hold(table, f"grade_no BETWEEN {first} AND 12")


def _hold(table: str, condition: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        name = op.f(f"ck_{table}_grade_no")
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, condition)
