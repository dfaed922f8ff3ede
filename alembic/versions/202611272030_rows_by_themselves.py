"""A row of attendance says itself when it was held, who gave it and who received it.

Revision ID: 202611272030
Revises: 202611271430
"""

import sqlalchemy as sa
from alembic import op

revision = "202611272030"
down_revision = "202611271430"
branch_labels = None
depends_on = None

_TABLE = "attendance_records"
_SCHOOLS = ("hub_school_id", "school_id")
_MINUTES = ("audible_ms", "degraded_ms", "lost_ms", "offline_ms")
_HELD_AT = f"ix_{_TABLE}_held_at"


def upgrade() -> None:
    with op.batch_alter_table(_TABLE, schema=None) as batch_op:
        batch_op.add_column(sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
        for column in _SCHOOLS:
            batch_op.add_column(sa.Column(column, sa.Uuid(), nullable=True))
    op.execute(
        "UPDATE attendance_records SET"
        " held_at = (SELECT l.planned_start FROM lesson_sites s"
        "  JOIN lessons l ON l.id = s.lesson_id WHERE s.id = lesson_site_id),"
        " hub_school_id = (SELECT l.hub_school_id FROM lesson_sites s"
        "  JOIN lessons l ON l.id = s.lesson_id WHERE s.id = lesson_site_id),"
        " school_id = (SELECT c.school_id FROM lesson_sites s"
        "  JOIN classrooms c ON c.id = s.classroom_id WHERE s.id = lesson_site_id)"
    )
    with op.batch_alter_table(_TABLE, schema=None) as batch_op:
        batch_op.alter_column("held_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        for column in _SCHOOLS:
            batch_op.alter_column(column, existing_type=sa.Uuid(), nullable=False)
            batch_op.create_foreign_key(
                op.f(f"fk_{_TABLE}_{column}_schools"), "schools", [column], ["id"]
            )
            batch_op.create_index(op.f(f"ix_{_TABLE}_{column}_held_at"), [column, "held_at"])
    op.create_index(
        op.f(_HELD_AT), _TABLE, ["held_at"], postgresql_include=["school_id", *_MINUTES]
    )


def downgrade() -> None:
    op.drop_index(op.f(_HELD_AT), table_name=_TABLE)
    with op.batch_alter_table(_TABLE, schema=None) as batch_op:
        for column in reversed(_SCHOOLS):
            batch_op.drop_index(op.f(f"ix_{_TABLE}_{column}_held_at"))
            batch_op.drop_constraint(op.f(f"fk_{_TABLE}_{column}_schools"), type_="foreignkey")
            batch_op.drop_column(column)
        batch_op.drop_column("held_at")
