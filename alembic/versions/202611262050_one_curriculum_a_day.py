"""A region has one curriculum from a day on.

Revision ID: 202611262050
Revises: 202611262040
"""

import sqlalchemy as sa
from alembic import op

revision = "202611262050"
down_revision = "202611262040"
branch_labels = None
depends_on = None

_NAME = "uq_curriculum_plans_region_id_valid_from"
_TWICE = sa.text(
    "SELECT regions.code, curriculum_plans.valid_from FROM curriculum_plans"
    " JOIN regions ON regions.id = curriculum_plans.region_id"
    " GROUP BY regions.code, curriculum_plans.valid_from HAVING count(*) > 1"
    " ORDER BY regions.code, curriculum_plans.valid_from"
)


def upgrade() -> None:
    twice = [f"{code} from {day}" for code, day in op.get_bind().execute(_TWICE)]
    if twice:
        raise RuntimeError(
            "These regions have two curricula from the same day: " + ", ".join(twice) + ". With the"
            " version before this one, give one of the two another first day; then upgrade again."
        )
    with op.batch_alter_table("curriculum_plans", schema=None) as batch_op:
        batch_op.create_unique_constraint(op.f(_NAME), ["region_id", "valid_from"])


def downgrade() -> None:
    with op.batch_alter_table("curriculum_plans", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(_NAME), type_="unique")
