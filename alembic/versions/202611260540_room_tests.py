"""sound tests of classrooms.

Revision ID: 202611260540
Revises: 202611260530
"""

import sqlalchemy as sa
from alembic import op

revision = "202611260540"
down_revision = "202611260530"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_tests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("classroom_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noise_db", sa.Double(), nullable=False),
        sa.Column("heard_db", sa.Double(), nullable=False),
        sa.Column("voice_db", sa.Double(), nullable=False),
        sa.Column("clipped_percent", sa.Double(), nullable=False),
        sa.Column("echo_db", sa.Double(), nullable=True),
        sa.Column("echo_delay_ms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["classroom_id"], ["classrooms.id"], name=op.f("fk_room_tests_classroom_id_classrooms")
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_room_tests_device_id_devices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_tests")),
    )
    op.create_index(op.f("ix_room_tests_classroom_id"), "room_tests", ["classroom_id"])


def downgrade() -> None:
    op.drop_table("room_tests")
