"""Where each file of a recording is kept, and how it stands with the object store.

Revision ID: 202611261830
Revises: 202611261650
"""

import sqlalchemy as sa
from alembic import op

revision = "202611261830"
down_revision = "202611261650"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "recordings", sa.Column("files_listed_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_table(
        "recording_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=220), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=200), nullable=True),
        sa.Column("upload_id", sa.Text(), nullable=True),
        sa.Column("pieces", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name="fk_recording_files_recording_id_recordings"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recording_files"),
        sa.UniqueConstraint("recording_id", "name", name="uq_recording_files_recording_id_name"),
    )
    op.create_index("ix_recording_files_state_due_at", "recording_files", ["state", "due_at"])
    op.create_table(
        "store_standing",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("away_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problem", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_store_standing"),
    )


def downgrade() -> None:
    op.drop_table("store_standing")
    op.drop_table("recording_files")
    op.drop_column("recordings", "files_listed_at")
