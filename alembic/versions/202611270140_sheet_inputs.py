"""A sheet of figures keeps what it was computed with.

Revision ID: 202611270140
Revises: 202611270110
"""

import sqlalchemy as sa
from alembic import op

revision = "202611270140"
down_revision = "202611270110"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What the sheets there are were computed with is not known: none of them says it.
    op.add_column("figure_sheets", sa.Column("inputs", sa.JSON(), nullable=True))
    op.create_table(
        "sheet_needs",
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("grade_no", sa.Integer(), nullable=False),
        sa.Column("periods_a_week", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["figure_sheets.id"], name="fk_sheet_needs_sheet_id_figure_sheets"
        ),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name="fk_sheet_needs_need_id_needs"),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name="fk_sheet_needs_school_id_schools"
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["codes.id"], name="fk_sheet_needs_subject_id_codes"
        ),
        sa.PrimaryKeyConstraint("sheet_id", "need_id", name="pk_sheet_needs"),
    )


def downgrade() -> None:
    op.drop_table("sheet_needs")
    op.drop_column("figure_sheets", "inputs")
