"""plannings: what was asked of the planner, what it answered, what was accepted.

Revision ID: 202611261255
Revises: 202611261245
"""

import sqlalchemy as sa
from alembic import op

revision = "202611261255"
down_revision = "202611261245"
branch_labels = None
depends_on = None


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
    )


def upgrade() -> None:
    op.create_table(
        "plannings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("least_minutes", sa.Integer(), nullable=False),
        sa.Column("kept_free", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("accepted", sa.JSON(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _key("plannings", "term_id", "terms"),
        _key("plannings", "asked_by", "people"),
        _key("plannings", "accepted_by", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plannings")),
    )
    op.create_index(op.f("ix_plannings_term_id"), "plannings", ["term_id"])
    op.create_index(op.f("ix_plannings_asked_at"), "plannings", ["asked_at"])
    op.create_table(
        "planned_courses",
        sa.Column("planning_id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("offering_version", sa.Integer(), nullable=True),
        _key("planned_courses", "planning_id", "plannings"),
        _key("planned_courses", "offering_id", "course_offerings"),
        sa.PrimaryKeyConstraint("planning_id", "offering_id", name=op.f("pk_planned_courses")),
    )
    op.create_index(op.f("ix_planned_courses_offering_id"), "planned_courses", ["offering_id"])


def downgrade() -> None:
    op.drop_table("planned_courses")
    op.drop_table("plannings")
