"""the registry: codes, authorities, histories of schools, classes, staff, rosters.

A migration is history: never edited nor split once it is released, however long it is.

Revision ID: 202611260810
Revises: 202611260800
"""

from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "202611260810"
down_revision = "202611260800"
branch_labels = None
depends_on = None

TABLES = (
    *("staff_subjects", "staff_posts", "school_codes", "school_classes", "school_changes"),
    *("roster_entries", "region_labels", "code_maps", "roster_snapshots", "codes"),
    *("authorities", "signing_keys", "code_sets"),
)


class New(NamedTuple):
    """A column. `value`: what rows of before get, in SQL; None: it may be empty."""

    name: str
    kind: sa.types.TypeEngine[Any]
    value: str | None = None


COLUMNS = {
    "classrooms": (
        New("link_kind", sa.String(length=16)),
        New("seats", sa.Integer()),
        New("cameras", sa.Integer(), "1"),
        New("displays", sa.Integer(), "1"),
        New("has_microphone_array", sa.Boolean(), "false"),
        New("may_broadcast", sa.Boolean(), "false"),
        New("version", sa.Integer(), "1"),
    ),
    "devices": (New("kind", sa.String(length=24), "'BROWSER'"),),
    "role_grants": (
        New("authority_id", sa.Uuid()),
        New("purpose", sa.String(length=120), "''"),
    ),
    "schools": (
        New("authority_id", sa.Uuid()),
        New("local_suffix", sa.String(length=10)),
        New("urban_rural", sa.String(length=3)),
        New("latitude", sa.Double()),
        New("longitude", sa.Double()),
        New("altitude_m", sa.Integer()),
        New("road_note", sa.String(length=200), "''"),
        New("version", sa.Integer(), "1"),
    ),
}
PATH = sa.String(160).with_variant(sa.String(160, collation="C"), "postgresql")
ONE_OF_TWO = "(region_id IS NULL) <> (school_id IS NULL)"
ONE_OF_THREE = (
    "(CASE WHEN region_id IS NULL THEN 0 ELSE 1 END) + "
    "(CASE WHEN school_id IS NULL THEN 0 ELSE 1 END) + "
    "(CASE WHEN authority_id IS NULL THEN 0 ELSE 1 END) = 1"
)


def upgrade() -> None:
    _create_tables()
    for table, columns in COLUMNS.items():
        for new in columns:
            default = None if new.value is None else sa.text(new.value)
            op.add_column(
                table,
                sa.Column(new.name, new.kind, nullable=new.value is None, server_default=default),
            )
    _give_regions_their_paths()
    _keep_codes()
    with op.batch_alter_table("classrooms") as batch:
        _forget_defaults(batch, "classrooms")
        batch.create_unique_constraint(op.f("uq_classrooms_school_id_name"), ["school_id", "name"])
    with op.batch_alter_table("devices") as batch:
        _forget_defaults(batch, "devices")
    with op.batch_alter_table("role_grants") as batch:
        _forget_defaults(batch, "role_grants")
        batch.drop_constraint(op.f("ck_role_grants_one_scope"), type_="check")
        batch.create_check_constraint(op.f("ck_role_grants_one_scope"), ONE_OF_THREE)
        batch.create_index(op.f("ix_role_grants_authority_id"), ["authority_id"])
        batch.create_foreign_key(
            op.f("fk_role_grants_authority_id_authorities"), "authorities", ["authority_id"], ["id"]
        )
    with op.batch_alter_table("schools") as batch:
        _forget_defaults(batch, "schools")
        batch.create_index(op.f("ix_schools_authority_id"), ["authority_id"])
        batch.create_index(op.f("ix_schools_category_region_id"), ["category", "region_id"])
        batch.create_index(op.f("ix_schools_name"), ["name"])
        batch.create_unique_constraint(
            op.f("uq_schools_parent_id_local_suffix"), ["parent_id", "local_suffix"]
        )
        batch.create_foreign_key(
            op.f("fk_schools_authority_id_authorities"), "authorities", ["authority_id"], ["id"]
        )
        batch.create_check_constraint(op.f("ck_schools_latitude"), "latitude BETWEEN -90 AND 90")
        batch.create_check_constraint(
            op.f("ck_schools_longitude"), "longitude BETWEEN -180 AND 180"
        )


def _forget_defaults(batch: BatchOperations, table: str) -> None:
    for new in COLUMNS[table]:
        if new.value is not None:
            batch.alter_column(new.name, existing_type=new.kind, server_default=None)


def _give_regions_their_paths() -> None:
    """Write down of each region the codes from the top down to it."""
    op.add_column("regions", sa.Column("path", PATH, nullable=True))
    regions = sa.table("regions", sa.column("id"), sa.column("code"), sa.column("parent_id"))
    rows = op.get_bind().execute(sa.select(regions)).all()
    below: dict[object, list[sa.Row[tuple[object, str, object]]]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)
    reached: list[tuple[object, str]] = [(None, "/")]
    for parent, path in reached:  # which grows meanwhile
        reached.extend((row.id, f"{path}{row.code}/") for row in below.get(parent, ()))
    statement = sa.text("UPDATE regions SET path = :path WHERE id = :id")
    for region, path in reached[1:]:
        op.get_bind().execute(statement, {"id": region, "path": path})
    with op.batch_alter_table("regions") as batch:
        batch.alter_column("path", existing_type=PATH, nullable=False)
        batch.create_unique_constraint(op.f("uq_regions_path"), ["path"])


def _keep_codes() -> None:
    """Begin the history of codes with those there are; a closed school's is void."""
    op.execute(
        "INSERT INTO school_codes (id, moe_code, school_id, given_on, voided_on, void_reason) "
        "SELECT id, moe_code, id, opened_on, closed_on, "
        "CASE WHEN closed_on IS NULL THEN NULL ELSE 'CLOSED' END "
        "FROM schools WHERE moe_code IS NOT NULL"
    )
    op.execute("UPDATE schools SET moe_code = NULL WHERE closed_on IS NOT NULL")


def downgrade() -> None:
    op.execute(
        "UPDATE schools SET moe_code = (SELECT max(moe_code) FROM school_codes "
        "WHERE school_id = schools.id AND void_reason = 'CLOSED') WHERE moe_code IS NULL"
    )
    op.execute("DELETE FROM role_grants WHERE authority_id IS NOT NULL")
    with op.batch_alter_table("schools") as batch:
        batch.drop_constraint(op.f("ck_schools_latitude"), type_="check")
        batch.drop_constraint(op.f("ck_schools_longitude"), type_="check")
        batch.drop_constraint(op.f("fk_schools_authority_id_authorities"), type_="foreignkey")
        batch.drop_constraint(op.f("uq_schools_parent_id_local_suffix"), type_="unique")
        for index in ("name", "category_region_id", "authority_id"):
            batch.drop_index(op.f(f"ix_schools_{index}"))
        _drop_columns(batch, "schools")
    with op.batch_alter_table("role_grants") as batch:
        batch.drop_constraint(op.f("ck_role_grants_one_scope"), type_="check")
        batch.drop_constraint(op.f("fk_role_grants_authority_id_authorities"), type_="foreignkey")
        batch.drop_index(op.f("ix_role_grants_authority_id"))
        _drop_columns(batch, "role_grants")
        batch.create_check_constraint(op.f("ck_role_grants_one_scope"), ONE_OF_TWO)
    with op.batch_alter_table("regions") as batch:
        batch.drop_constraint(op.f("uq_regions_path"), type_="unique")
        batch.drop_column("path")
    with op.batch_alter_table("devices") as batch:
        _drop_columns(batch, "devices")
    with op.batch_alter_table("classrooms") as batch:
        batch.drop_constraint(op.f("uq_classrooms_school_id_name"), type_="unique")
        _drop_columns(batch, "classrooms")
    for table in TABLES:
        op.drop_table(table)


def _drop_columns(batch: BatchOperations, table: str) -> None:
    for new in COLUMNS[table]:
        batch.drop_column(new.name)


def _create_tables() -> None:
    op.create_table(
        "code_sets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("label_zh", sa.String(length=80), nullable=False),
        sa.Column("label_en", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("is_stored", sa.Boolean(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_sets")),
        sa.UniqueConstraint("key", name=op.f("uq_code_sets_key")),
    )
    op.create_table(
        "signing_keys",
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_signing_keys")),
    )
    op.create_table(
        "authorities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("level", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_authorities_region_id_regions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorities")),
        sa.UniqueConstraint("region_id", "name", name=op.f("uq_authorities_region_id_name")),
    )
    op.create_table(
        "codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("set_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label_zh", sa.String(length=80), nullable=False),
        sa.Column("label_en", sa.String(length=80), nullable=False),
        sa.Column("label_bo", sa.String(length=120), nullable=False),
        sa.Column("aliases", sa.String(length=200), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["set_id"], ["code_sets.id"], name=op.f("fk_codes_set_id_code_sets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_codes")),
        sa.UniqueConstraint("set_id", "code", name=op.f("uq_codes_set_id_code")),
    )
    op.create_table(
        "roster_snapshots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_by_name", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"],
            ["signing_keys.key_id"],
            name=op.f("fk_roster_snapshots_key_id_signing_keys"),
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_roster_snapshots_region_id_regions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_snapshots")),
    )
    op.create_index(op.f("ix_roster_snapshots_region_id"), "roster_snapshots", ["region_id"])

    op.create_table(
        "code_maps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("is_exact", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["from_id"], ["codes.id"], name=op.f("fk_code_maps_from_id_codes")),
        sa.ForeignKeyConstraint(["to_id"], ["codes.id"], name=op.f("fk_code_maps_to_id_codes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_maps")),
        sa.UniqueConstraint("from_id", "to_id", name=op.f("uq_code_maps_from_id_to_id")),
    )
    op.create_index(op.f("ix_code_maps_to_id"), "code_maps", ["to_id"])

    op.create_table(
        "region_labels",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_id", sa.Uuid(), nullable=False),
        sa.Column("code_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["code_id"], ["codes.id"], name=op.f("fk_region_labels_code_id_codes")
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_region_labels_region_id_regions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_region_labels")),
        sa.UniqueConstraint(
            "region_id",
            "code_id",
            "valid_from",
            name=op.f("uq_region_labels_region_id_code_id_valid_from"),
        ),
    )
    op.create_index(op.f("ix_region_labels_code_id"), "region_labels", ["code_id"])

    op.create_table(
        "roster_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("moe_code", sa.String(length=10), nullable=False),
        sa.Column("local_code", sa.String(length=24), nullable=False),
        sa.Column("category", sa.String(length=3), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=False),
        sa.Column("region_name", sa.String(length=80), nullable=False),
        sa.Column("parent_name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name=op.f("fk_roster_entries_school_id_schools")
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["roster_snapshots.id"],
            name=op.f("fk_roster_entries_snapshot_id_roster_snapshots"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_entries")),
        sa.UniqueConstraint(
            "snapshot_id", "school_id", name=op.f("uq_roster_entries_snapshot_id_school_id")
        ),
    )
    op.create_index(op.f("ix_roster_entries_school_id"), "roster_entries", ["school_id"])

    op.create_table(
        "school_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("before", sa.String(length=120), nullable=False),
        sa.Column("after", sa.String(length=120), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name=op.f("fk_school_changes_school_id_schools")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_changes")),
    )
    op.create_index(
        op.f("ix_school_changes_school_id_happened_on"),
        "school_changes",
        ["school_id", "happened_on"],
    )

    op.create_table(
        "school_classes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.String(length=2), nullable=False),
        sa.Column("grade_no", sa.Integer(), nullable=False),
        sa.Column("entry_year", sa.Integer(), nullable=False),
        sa.Column("pupil_count", sa.Integer(), nullable=False),
        sa.Column("language_of_instruction", sa.String(length=8), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("grade_no BETWEEN 0 AND 12", name=op.f("ck_school_classes_grade_no")),
        sa.CheckConstraint("pupil_count >= 0", name=op.f("ck_school_classes_pupil_count")),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name=op.f("fk_school_classes_school_id_schools")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_classes")),
        sa.UniqueConstraint(
            "school_id",
            "stage",
            "entry_year",
            "name",
            name=op.f("uq_school_classes_school_id_stage_entry_year_name"),
        ),
    )
    op.create_table(
        "school_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("moe_code", sa.String(length=10), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=True),
        sa.Column("voided_on", sa.Date(), nullable=True),
        sa.Column("void_reason", sa.String(length=24), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name=op.f("fk_school_codes_school_id_schools")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_codes")),
        sa.UniqueConstraint("moe_code", name=op.f("uq_school_codes_moe_code")),
    )
    op.create_index(op.f("ix_school_codes_school_id"), "school_codes", ["school_id"])

    op.create_table(
        "staff_posts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("staff_no", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_staff_posts_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name=op.f("fk_staff_posts_school_id_schools")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_posts")),
        sa.UniqueConstraint(
            "school_id", "staff_no", name=op.f("uq_staff_posts_school_id_staff_no")
        ),
    )
    op.create_index(op.f("ix_staff_posts_person_id"), "staff_posts", ["person_id"])

    op.create_table(
        "staff_subjects",
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["staff_posts.id"], name=op.f("fk_staff_subjects_post_id_staff_posts")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["codes.id"], name=op.f("fk_staff_subjects_subject_id_codes")
        ),
        sa.PrimaryKeyConstraint("post_id", "subject_id", name=op.f("pk_staff_subjects")),
    )
    op.create_index(op.f("ix_staff_subjects_subject_id"), "staff_subjects", ["subject_id"])
