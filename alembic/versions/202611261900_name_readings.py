"""How the names of people, schools and regions are read, to find them by.

Revision ID: 202611261900
Revises: 202611261830
"""

import sqlalchemy as sa
from alembic import op

from app.pinyin import readings

revision = "202611261900"
down_revision = "202611261830"
branch_labels = None
depends_on = None

_TABLES = ("regions", "schools", "people")
_AT_ONCE = 1000


def upgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table) as batch:
            batch.add_column(
                sa.Column("name_readings", sa.Text(), nullable=False, server_default="")
            )
        with op.batch_alter_table(table) as batch:
            batch.alter_column("name_readings", server_default=None)
        _fill(sa.table(table, sa.column("id"), sa.column("name"), sa.column("name_readings")))


def _fill(table: sa.TableClause) -> None:
    """Read every name there is."""
    connection = op.get_bind()
    rows = connection.execute(sa.select(table.c.id, table.c.name)).all()
    update = (
        table.update()
        .where(table.c.id == sa.bindparam("of"))
        .values(name_readings=sa.bindparam("read"))
    )
    for at in range(0, len(rows), _AT_ONCE):
        portion = rows[at : at + _AT_ONCE]
        connection.execute(update, [{"of": id_, "read": readings(name)} for id_, name in portion])


def downgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("name_readings")
