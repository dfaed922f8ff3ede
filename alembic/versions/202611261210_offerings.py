"""course offerings and their sites; what became of a lesson; who sits at a site.

Revision ID: 202611261210
Revises: 202611260920
"""

import sqlalchemy as sa
from alembic import op

revision = "202611261210"
down_revision = "202611260920"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_offerings()
    _create_what_became_of_lessons()
    with op.batch_alter_table("lessons") as batch:
        batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch.add_column(sa.Column("offering_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("slot", sa.String(length=40), nullable=True))
        batch.add_column(sa.Column("hub_classroom_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("makes_up_id", sa.Uuid(), nullable=True))
        for column, table in (
            ("offering_id", "course_offerings"),
            ("hub_classroom_id", "classrooms"),
            ("makes_up_id", "lessons"),
        ):
            batch.create_foreign_key(op.f(f"fk_lessons_{column}_{table}"), table, [column], ["id"])
        batch.create_unique_constraint(op.f("uq_lessons_offering_id_slot"), ["offering_id", "slot"])
        for column in ("hub_classroom_id", "makes_up_id"):
            batch.create_index(op.f(f"ix_lessons_{column}"), [column])
    with op.batch_alter_table("lessons") as batch:
        batch.alter_column("version", server_default=None)
    with op.batch_alter_table("lesson_sites") as batch:
        batch.add_column(sa.Column("class_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("assistant_id", sa.Uuid(), nullable=True))
        batch.add_column(
            sa.Column("mode", sa.String(length=24), nullable=False, server_default="LIVE")
        )
        for column, table in (("class_id", "school_classes"), ("assistant_id", "people")):
            batch.create_foreign_key(
                op.f(f"fk_lesson_sites_{column}_{table}"), table, [column], ["id"]
            )
        batch.create_index(op.f("ix_lesson_sites_assistant_id"), ["assistant_id"])
    with op.batch_alter_table("lesson_sites") as batch:
        batch.alter_column("mode", server_default=None)


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
    )


def _create_offerings() -> None:
    table = "course_offerings"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("hub_school_id", sa.Uuid(), nullable=False),
        sa.Column("hub_class_id", sa.Uuid(), nullable=True),
        sa.Column("hub_classroom_id", sa.Uuid(), nullable=True),
        sa.Column("lecturer_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("grade_no", sa.Integer(), nullable=False),
        sa.Column("textbook", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("periods_a_week", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("is_after_school", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
            for name, condition in (
                ("grade_no", "grade_no BETWEEN 1 AND 12"),
                ("periods_a_week", "periods_a_week BETWEEN 1 AND 40"),
                ("minutes", "minutes BETWEEN 10 AND 240"),
            )
        ),
        *(
            _key(table, column, other)
            for column, other in (
                ("hub_school_id", "schools"),
                ("hub_class_id", "school_classes"),
                ("hub_classroom_id", "classrooms"),
                ("lecturer_id", "people"),
                ("subject_id", "codes"),
                ("term_id", "terms"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    for column in ("hub_school_id", "lecturer_id", "term_id"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    table = "offering_sites"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("classroom_id", sa.Uuid(), nullable=False),
        sa.Column("class_id", sa.Uuid(), nullable=True),
        sa.Column("assistant_id", sa.Uuid(), nullable=True),
        sa.Column("mode", sa.String(length=24), nullable=False),
        sa.Column("pairing_id", sa.Uuid(), nullable=True),
        *(
            _key(table, column, other)
            for column, other in (
                ("offering_id", "course_offerings"),
                ("classroom_id", "classrooms"),
                ("class_id", "school_classes"),
                ("assistant_id", "people"),
                ("pairing_id", "pairings"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "offering_id", "classroom_id", name=op.f(f"uq_{table}_offering_id_classroom_id")
        ),
    )
    for column in ("classroom_id", "pairing_id"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _create_what_became_of_lessons() -> None:
    table = "lesson_cancellations"
    op.create_table(
        table,
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_person_id", sa.Uuid(), nullable=False),
        _key(table, "lesson_id", "lessons"),
        _key(table, "by_person_id", "people"),
        sa.PrimaryKeyConstraint("lesson_id", name=op.f(f"pk_{table}")),
    )
    table = "lesson_substitutions"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_person_id", sa.Uuid(), nullable=False),
        sa.Column("to_person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_person_id", sa.Uuid(), nullable=False),
        _key(table, "lesson_id", "lessons"),
        *(
            _key(table, column, "people")
            for column in ("from_person_id", "to_person_id", "by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("lesson_id", "number", name=op.f(f"uq_{table}_lesson_id_number")),
    )
    op.create_index(op.f(f"ix_{table}_to_person_id"), table, ["to_person_id"])


def downgrade() -> None:
    with op.batch_alter_table("lesson_sites") as batch:
        batch.drop_index(op.f("ix_lesson_sites_assistant_id"))
        for column, table in (("class_id", "school_classes"), ("assistant_id", "people")):
            batch.drop_constraint(op.f(f"fk_lesson_sites_{column}_{table}"), type_="foreignkey")
        for column in ("mode", "assistant_id", "class_id"):
            batch.drop_column(column)
    with op.batch_alter_table("lessons") as batch:
        for column in ("hub_classroom_id", "makes_up_id"):
            batch.drop_index(op.f(f"ix_lessons_{column}"))
        batch.drop_constraint(op.f("uq_lessons_offering_id_slot"), type_="unique")
        for column, table in (
            ("offering_id", "course_offerings"),
            ("hub_classroom_id", "classrooms"),
            ("makes_up_id", "lessons"),
        ):
            batch.drop_constraint(op.f(f"fk_lessons_{column}_{table}"), type_="foreignkey")
        for column in ("makes_up_id", "hub_classroom_id", "slot", "offering_id", "version"):
            batch.drop_column(column)
    op.drop_table("lesson_substitutions")
    op.drop_table("lesson_cancellations")
    op.drop_table("offering_sites")
    op.drop_table("course_offerings")
