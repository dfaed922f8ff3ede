"""Curricula, local timetables, definitions of figures, and sheets of them.

Revision ID: 202611261245
Revises: 202611261240
"""

import sqlalchemy as sa
from alembic import op

revision = "202611261245"
down_revision = "202611261240"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "indicator_definitions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("indicator", sa.String(length=24), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("permille", sa.Integer(), nullable=True),
        sa.Column("kinds", sa.String(length=80), nullable=False),
        sa.Column("title_zh", sa.String(length=40), nullable=False),
        sa.Column("title_en", sa.String(length=80), nullable=False),
        sa.Column("rule_zh", sa.String(length=300), nullable=False),
        sa.Column("rule_en", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator_definitions")),
        sa.UniqueConstraint(
            "indicator", "number", name=op.f("uq_indicator_definitions_indicator_number")
        ),
    )
    op.create_table(
        "curriculum_plans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=True),
        sa.Column("region_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_curriculum_plans_region_id_regions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_curriculum_plans")),
        sa.UniqueConstraint("key", name=op.f("uq_curriculum_plans_key")),
    )
    with op.batch_alter_table("curriculum_plans", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_curriculum_plans_region_id"), ["region_id"], unique=False
        )

    op.create_table(
        "figure_sheets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("roster_id", sa.Uuid(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("rows_hash", sa.String(length=64), nullable=False),
        sa.Column("open_rows", sa.Integer(), nullable=False),
        sa.Column("amends_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("last_on > first_on", name=op.f("ck_figure_sheets_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["amends_id"],
            ["figure_sheets.id"],
            name=op.f("fk_figure_sheets_amends_id_figure_sheets"),
        ),
        sa.ForeignKeyConstraint(
            ["roster_id"],
            ["roster_snapshots.id"],
            name=op.f("fk_figure_sheets_roster_id_roster_snapshots"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_sheets")),
    )
    with op.batch_alter_table("figure_sheets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_figure_sheets_amends_id"), ["amends_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_figure_sheets_roster_id"), ["roster_id"], unique=False)

    op.create_table(
        "indicator_values",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("definition_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=False),
        sa.Column("region_name", sa.String(length=80), nullable=False),
        sa.Column("numerator", sa.Integer(), nullable=False),
        sa.Column("denominator", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_id"],
            ["indicator_definitions.id"],
            name=op.f("fk_indicator_values_definition_id_indicator_definitions"),
        ),
        sa.ForeignKeyConstraint(
            ["sheet_id"],
            ["figure_sheets.id"],
            name=op.f("fk_indicator_values_sheet_id_figure_sheets"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator_values")),
        sa.UniqueConstraint(
            "sheet_id",
            "region_code",
            "definition_id",
            name=op.f("uq_indicator_values_sheet_id_region_code_definition_id"),
        ),
    )
    op.create_table(
        "curriculum_periods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("grade_no", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("tenths_a_week", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.Uuid(), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "grade_no BETWEEN 1 AND 12", name=op.f("ck_curriculum_periods_grade_no")
        ),
        sa.CheckConstraint(
            "tenths_a_week BETWEEN 1 AND 400", name=op.f("ck_curriculum_periods_tenths_a_week")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["curriculum_plans.id"],
            name=op.f("fk_curriculum_periods_plan_id_curriculum_plans"),
        ),
        sa.ForeignKeyConstraint(
            ["saved_by"], ["people.id"], name=op.f("fk_curriculum_periods_saved_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["codes.id"], name=op.f("fk_curriculum_periods_subject_id_codes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_curriculum_periods")),
    )
    with op.batch_alter_table("curriculum_periods", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_curriculum_periods_plan_id"), ["plan_id"], unique=False
        )

    op.create_table(
        "local_timetables",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("grade_no", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("grade_no BETWEEN 1 AND 12", name=op.f("ck_local_timetables_grade_no")),
        sa.ForeignKeyConstraint(
            ["class_id"],
            ["school_classes.id"],
            name=op.f("fk_local_timetables_class_id_school_classes"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name=op.f("fk_local_timetables_school_id_schools")
        ),
        sa.ForeignKeyConstraint(
            ["term_id"], ["terms.id"], name=op.f("fk_local_timetables_term_id_terms")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_timetables")),
        sa.UniqueConstraint(
            "term_id", "class_id", name=op.f("uq_local_timetables_term_id_class_id")
        ),
    )
    with op.batch_alter_table("local_timetables", schema=None) as batch_op:
        batch_op.create_index(
            "ix_local_timetables_school_id_term_id", ["school_id", "term_id"], unique=False
        )

    op.create_table(
        "sheet_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("person_name", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_sheet_steps_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["figure_sheets.id"], name=op.f("fk_sheet_steps_sheet_id_figure_sheets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_steps")),
        sa.UniqueConstraint("sheet_id", "state", name=op.f("uq_sheet_steps_sheet_id_state")),
    )
    op.create_table(
        "local_periods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("timetable_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("tenths_a_week", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.Uuid(), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "tenths_a_week BETWEEN 1 AND 400", name=op.f("ck_local_periods_tenths_a_week")
        ),
        sa.ForeignKeyConstraint(
            ["saved_by"], ["people.id"], name=op.f("fk_local_periods_saved_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["codes.id"], name=op.f("fk_local_periods_subject_id_codes")
        ),
        sa.ForeignKeyConstraint(
            ["timetable_id"],
            ["local_timetables.id"],
            name=op.f("fk_local_periods_timetable_id_local_timetables"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_periods")),
    )
    with op.batch_alter_table("local_periods", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_local_periods_timetable_id"), ["timetable_id"], unique=False
        )


def downgrade() -> None:

    with op.batch_alter_table("local_periods", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_local_periods_timetable_id"))

    op.drop_table("local_periods")
    op.drop_table("sheet_steps")
    with op.batch_alter_table("local_timetables", schema=None) as batch_op:
        batch_op.drop_index("ix_local_timetables_school_id_term_id")

    op.drop_table("local_timetables")
    with op.batch_alter_table("curriculum_periods", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_curriculum_periods_plan_id"))

    op.drop_table("curriculum_periods")
    op.drop_table("indicator_values")
    with op.batch_alter_table("figure_sheets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_figure_sheets_roster_id"))
        batch_op.drop_index(batch_op.f("ix_figure_sheets_amends_id"))

    op.drop_table("figure_sheets")
    with op.batch_alter_table("curriculum_plans", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_curriculum_plans_region_id"))

    op.drop_table("curriculum_plans")
    op.drop_table("indicator_definitions")
