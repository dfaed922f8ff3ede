"""Where each file of a recording is kept, for how long, and the proof that it is gone.

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
    op.add_column("recordings", sa.Column("purpose", sa.String(length=24), nullable=True))
    op.execute("UPDATE recordings SET purpose = 'LESSON'")
    with op.batch_alter_table("recordings") as recordings:
        recordings.alter_column("purpose", existing_type=sa.String(length=24), nullable=False)
    op.add_column("recordings", sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("recordings", sa.Column("hidden_note", sa.String(length=200), nullable=True))
    op.create_table(
        "recording_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name="fk_recording_holds_recording_id_recordings"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recording_holds"),
    )
    op.create_index("ix_recording_holds_recording_id", "recording_holds", ["recording_id"])
    op.create_table(
        "deletion_certificates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("files_sha256", sa.String(length=64), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=True),
        sa.Column("store", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recordings.id"],
            name="fk_deletion_certificates_recording_id_recordings",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_deletion_certificates"),
        sa.UniqueConstraint("recording_id", name="uq_deletion_certificates_recording_id"),
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
    op.drop_table("deletion_certificates")
    op.drop_table("recording_holds")
    for name in ("hidden_note", "hidden_at", "purpose", "files_listed_at"):
        op.drop_column("recordings", name)
