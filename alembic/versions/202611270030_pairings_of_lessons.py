"""Keep of each classroom invited to a lesson for which pairing it receives it.

Revision ID: 202611270030
Revises: 202611270020
"""

import sqlalchemy as sa
from alembic import op

revision = "202611270030"
down_revision = "202611270020"
branch_labels = None
depends_on = None

_KEY = "fk_lesson_sites_pairing_id_pairings"
# As far as it is known: of lessons of offerings, what their offering's classroom names now.
_AS_THE_OFFERING_SAYS = sa.text(
    "UPDATE lesson_sites SET pairing_id = (SELECT offering_sites.pairing_id"
    " FROM lessons JOIN offering_sites ON offering_sites.offering_id = lessons.offering_id"
    " WHERE lessons.id = lesson_sites.lesson_id"
    " AND offering_sites.classroom_id = lesson_sites.classroom_id)"
    " WHERE EXISTS (SELECT 1 FROM offering_sites WHERE pairing_id IS NOT NULL)"
)


def upgrade() -> None:
    with op.batch_alter_table("lesson_sites") as batch:
        batch.add_column(sa.Column("pairing_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key(op.f(_KEY), "pairings", ["pairing_id"], ["id"])
    op.execute(_AS_THE_OFFERING_SAYS)


def downgrade() -> None:
    with op.batch_alter_table("lesson_sites") as batch:
        batch.drop_constraint(op.f(_KEY), type_="foreignkey")
        batch.drop_column("pairing_id")
