"""what sites received, rule sets, locks and amendments.

Revision ID: 202611260920
Revises: 202611260840
"""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "202611260920"
down_revision = "202611260840"
branch_labels = None
depends_on = None

MINUTES = ("audible_ms", "degraded_ms", "lost_ms", "offline_ms", "visible_ms", "silent_ms")
RULES = "attendance_rules"


def upgrade() -> None:
    rules = op.create_table(
        RULES,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("min_audible_permille", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "min_audible_permille BETWEEN 1 AND 1000",
            name=op.f("ck_attendance_rules_share_of_the_plan"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_rules")),
        sa.UniqueConstraint("number", name=op.f("uq_attendance_rules_number")),
    )
    op.create_index(op.f("ix_attendance_rules_valid_from"), RULES, ["valid_from"])
    first = {
        "id": UUID("01938000-0000-7000-8000-0000000000a1"),
        "number": 1,
        "valid_from": date(2000, 1, 1),
        "min_audible_permille": 850,
        "note": "默认规则",
    }
    op.bulk_insert(rules, [first])
    op.create_table(
        "attendance_locks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["term_id"], ["terms.id"], name=op.f("fk_attendance_locks_term_id_terms")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_attendance_locks_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_locks")),
    )
    op.create_index(op.f("ix_attendance_locks_term_id"), "attendance_locks", ["term_id"])
    _extend_records()
    op.create_table(
        "attendance_amendments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("old_is_counted", sa.Boolean(), nullable=True),
        sa.Column("new_is_counted", sa.Boolean(), nullable=True),
        sa.Column("old_headcount", sa.Integer(), nullable=True),
        sa.Column("new_headcount", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["attendance_records.id"],
            name=op.f("fk_attendance_amendments_record_id_attendance_records"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_attendance_amendments_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_amendments")),
        sa.UniqueConstraint(
            "record_id", "number", name=op.f("uq_attendance_amendments_record_id_number")
        ),
    )


def _extend_records() -> None:
    reason = sa.String(length=24)
    with op.batch_alter_table("attendance_records", schema=None) as batch_op:
        for name in MINUTES:
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("is_counted", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("not_counted_reason", reason, nullable=True))
        batch_op.add_column(sa.Column("rule_number", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("locked_by_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_attendance_records_rule_number_attendance_rules"),
            RULES,
            ["rule_number"],
            ["number"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_attendance_records_locked_by_id_attendance_locks"),
            "attendance_locks",
            ["locked_by_id"],
            ["id"],
        )
        batch_op.create_index("ix_attendance_records_state", ["state"], unique=False)


def downgrade() -> None:
    op.drop_table("attendance_amendments")
    with op.batch_alter_table("attendance_records", schema=None) as batch_op:
        batch_op.drop_index("ix_attendance_records_state")
        for name, table in (("rule_number", RULES), ("locked_by_id", "attendance_locks")):
            constraint = f"fk_attendance_records_{name}_{table}"
            batch_op.drop_constraint(batch_op.f(constraint), type_="foreignkey")
        for name in (
            *("locked_by_id", "rule_number", "not_counted_reason", "is_counted"),
            *reversed(MINUTES),
        ):
            batch_op.drop_column(name)
    op.drop_table("attendance_locks")
    op.drop_table(RULES)
