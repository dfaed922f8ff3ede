"""Recordings are published to the schools of their lesson, with these schools' consent.

Revision ID: 202611262055
Revises: 202611262050
"""

import sqlalchemy as sa
from alembic import op

revision = "202611262055"
down_revision = "202611262050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nobody was asked until now: no school has consented.
    op.add_column("schools", sa.Column("may_publish_pupils", sa.Boolean(), nullable=True))
    op.execute(sa.text("UPDATE schools SET may_publish_pupils = false"))
    with op.batch_alter_table("schools") as batch:
        batch.alter_column("may_publish_pupils", existing_type=sa.Boolean(), nullable=False)
    op.create_index("ix_recording_views_at", "recording_views", ["at"])
    op.create_table(
        "recording_publications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recordings.id"],
            name="fk_recording_publications_recording_id_recordings",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_recording_publications_person_id_people"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recording_publications"),
        sa.UniqueConstraint("recording_id", name="uq_recording_publications_recording_id"),
    )
    op.create_table(
        "recording_schools",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name="fk_recording_schools_recording_id_recordings"
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name="fk_recording_schools_school_id_schools"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recording_schools"),
        sa.UniqueConstraint(
            "recording_id", "school_id", name="uq_recording_schools_recording_id_school_id"
        ),
    )
    op.create_index("ix_recording_schools_school_id", "recording_schools", ["school_id"])


def downgrade() -> None:
    op.drop_table("recording_schools")
    op.drop_table("recording_publications")
    op.drop_index("ix_recording_views_at", table_name="recording_views")
    op.drop_column("schools", "may_publish_pupils")
