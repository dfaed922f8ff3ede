"""Names that came in tables, many at once, are read like all others.

Revision ID: 202611280430
Revises: 202611272040
"""

import sqlalchemy as sa
from alembic import op

from app.pinyin import readings

revision = "202611280430"
down_revision = "202611272040"
branch_labels = None
depends_on = None

_TABLES = ("regions", "schools", "people")
_AT_ONCE = 1000


def upgrade() -> None:
    for name in _TABLES:
        _fill(sa.table(name, sa.column("id"), sa.column("name"), sa.column("name_readings")))


def _fill(table: sa.TableClause) -> None:
    """Read the names that were not, a portion at a time, in the order of their ids."""
    connection = op.get_bind()
    rows = (
        sa.select(table.c.id, table.c.name)
        .where(table.c.name_readings == "")
        .order_by(table.c.id)
        .limit(_AT_ONCE)
    )
    update = (
        table.update()
        .where(table.c.id == sa.bindparam("of"))
        .values(name_readings=sa.bindparam("read"))
    )
    portion = connection.execute(rows).all()
    while portion:
        read = [{"of": id_, "read": readings(name)} for id_, name in portion]
        # A name in letters alone has no readings, and stays as it is.
        if filled := [row for row in read if row["read"]]:
            connection.execute(update, filled)
        portion = connection.execute(rows.where(table.c.id > portion[-1].id)).all()


def downgrade() -> None:
    # What was missing is not missed: the version before finds more than it wrote itself.
    pass
