"""How long recordings are kept is said by rules, and certificates name theirs.

What has expired before did so by what are now the first rules.

Revision ID: 202611271411
Revises: 202611271351
"""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "202611271411"
down_revision = "202611271351"
branch_labels = None
depends_on = None

_RULES = "retention_rules"
_NAMING = ("recordings", "deletion_certificates")
# Of each purpose: the end of the row's id, how many days it is kept, and then not shown.
_FIRST = (("b1", "LESSON", 180, 7), ("b2", "RESEARCH", 1095, 7), ("b3", "RESOURCE", None, 7))


def upgrade() -> None:
    rules = op.create_table(
        _RULES,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=24), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=True),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("keep_days > 0", name=op.f("ck_retention_rules_keeps_a_day")),
        sa.CheckConstraint("grace_days > 0", name=op.f("ck_retention_rules_leaves_a_day")),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["people.id"], name=op.f("fk_retention_rules_made_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rules")),
        sa.UniqueConstraint("number", name=op.f("uq_retention_rules_number")),
    )
    op.bulk_insert(
        rules,
        [
            {
                "id": UUID(f"01938000-0000-7000-8000-0000000000{end}"),
                "number": number,
                "purpose": purpose,
                "keep_days": keep_days,
                "grace_days": grace_days,
                "valid_from": date(2000, 1, 1),
                "note": "默认规则",
            }
            for number, (end, purpose, keep_days, grace_days) in enumerate(_FIRST, start=1)
        ],
    )
    for table in _NAMING:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("rule_number", sa.Integer(), nullable=True))
            batch_op.create_foreign_key(
                op.f(f"fk_{table}_rule_number_{_RULES}"), _RULES, ["rule_number"], ["number"]
            )
    op.execute(
        "UPDATE recordings SET rule_number ="
        " (SELECT r.number FROM retention_rules r WHERE r.purpose = recordings.purpose)"
        " WHERE state = 'EXPIRED' OR id IN"
        " (SELECT recording_id FROM deletion_certificates WHERE reason = 'EXPIRED')"
    )
    op.execute(
        "UPDATE deletion_certificates SET rule_number ="
        " (SELECT r.rule_number FROM recordings r WHERE r.id = recording_id)"
        " WHERE reason = 'EXPIRED'"
    )


def downgrade() -> None:
    for table in reversed(_NAMING):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(op.f(f"fk_{table}_rule_number_{_RULES}"), type_="foreignkey")
            batch_op.drop_column("rule_number")
    op.drop_table(_RULES)
