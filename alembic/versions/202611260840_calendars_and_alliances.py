"""terms, calendar days and bells; alliances, pairings, needs; files; relayed lessons.

A migration is history: never edited nor split once it is released, however long it is.

Revision ID: 202611260840
Revises: 202611260830
"""

import sqlalchemy as sa
from alembic import op

revision = "202611260840"
down_revision = "202611260830"
branch_labels = None
depends_on = None

SCOPES = ("region_id", "school_id", "authority_id", "alliance_id")
TABLES = (
    "alliances",
    "terms",
    "pairings",
    "term_plans",
    "alliance_members",
    "bell_schedules",
    "calendar_days",
    "hub_offers",
    "pairing_subjects",
    "needs",
    "pairing_changes",
    "pairing_parties",
    "periods",
    "stored_files",
    "agreements",
    "joint_preparations",
    "joint_trainings",
    "matches",
    "shared_resources",
)


def one_of(columns: tuple[str, ...]) -> str:
    """Return the condition that exactly one of the columns is filled, for both databases."""
    return " + ".join(f"(CASE WHEN {name} IS NULL THEN 0 ELSE 1 END)" for name in columns) + " = 1"


def upgrade() -> None:
    op.create_table(
        "alliances",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.String(length=1000), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_alliances_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_alliances_region_id_regions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alliances")),
    )
    op.create_index(op.f("ix_alliances_region_id"), "alliances", ["region_id"])
    op.create_table(
        "terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_terms_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_terms_region_id_regions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
    )
    op.create_index(op.f("ix_terms_region_id"), "terms", ["region_id"])
    op.create_table(
        "pairings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alliance_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("periods_a_week", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_pairings_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["alliance_id"], ["alliances.id"], name=op.f("fk_pairings_alliance_id_alliances")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairings")),
    )
    op.create_index(op.f("ix_pairings_alliance_id"), "pairings", ["alliance_id"])
    op.create_index(op.f("ix_pairings_state"), "pairings", ["state"])
    op.create_table(
        "term_plans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alliance_id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("preparations", sa.Integer(), nullable=False),
        sa.Column("lessons", sa.Integer(), nullable=False),
        sa.Column("resources", sa.Integer(), nullable=False),
        sa.Column("trainings", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alliance_id"], ["alliances.id"], name=op.f("fk_term_plans_alliance_id_alliances")
        ),
        sa.ForeignKeyConstraint(
            ["term_id"], ["terms.id"], name=op.f("fk_term_plans_term_id_terms")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term_plans")),
        sa.UniqueConstraint(
            "alliance_id", "term_id", name=op.f("uq_term_plans_alliance_id_term_id")
        ),
    )
    op.create_index(op.f("ix_term_plans_term_id"), "term_plans", ["term_id"])
    op.create_table(
        "alliance_members",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alliance_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_alliance_members_to_after_from")),
        sa.ForeignKeyConstraint(
            ["alliance_id"],
            ["alliances.id"],
            name=op.f("fk_alliance_members_alliance_id_alliances"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name=op.f("fk_alliance_members_school_id_schools")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alliance_members")),
        sa.UniqueConstraint(
            "alliance_id",
            "school_id",
            "from_on",
            name=op.f("uq_alliance_members_alliance_id_school_id_from_on"),
        ),
    )
    op.create_index(op.f("ix_alliance_members_alliance_id"), "alliance_members", ["alliance_id"])
    op.create_index(op.f("ix_alliance_members_school_id"), "alliance_members", ["school_id"])
    op.create_table(
        "bell_schedules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("season_from", sa.String(length=5), nullable=True),
        sa.Column("season_to", sa.String(length=5), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(season_from IS NULL) = (season_to IS NULL)",
            name=op.f("ck_bell_schedules_season_is_whole"),
        ),
        sa.CheckConstraint(
            "valid_to >= valid_from", name=op.f("ck_bell_schedules_valid_to_after_from")
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name=op.f("fk_bell_schedules_school_id_schools")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bell_schedules")),
    )
    op.create_index(op.f("ix_bell_schedules_school_id"), "bell_schedules", ["school_id"])
    op.create_table(
        "calendar_days",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_id", sa.Uuid(), nullable=True),
        sa.Column("school_id", sa.Uuid(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("follows", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'MAKE_UP') = (follows IS NOT NULL)",
            name=op.f("ck_calendar_days_make_up_follows"),
        ),
        sa.CheckConstraint(
            "follows BETWEEN 1 AND 7", name=op.f("ck_calendar_days_follows_a_weekday")
        ),
        sa.CheckConstraint(
            "region_id IS NULL OR school_id IS NULL", name=op.f("ck_calendar_days_one_place")
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_calendar_days_region_id_regions")
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name=op.f("fk_calendar_days_school_id_schools")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_days")),
        sa.UniqueConstraint("region_id", "day", name=op.f("uq_calendar_days_region_id_day")),
        sa.UniqueConstraint("school_id", "day", name=op.f("uq_calendar_days_school_id_day")),
    )
    op.create_index(op.f("ix_calendar_days_day"), "calendar_days", ["day"])
    op.create_index(
        "uq_calendar_days_national_day",
        "calendar_days",
        ["day"],
        unique=True,
        sqlite_where=sa.text("region_id IS NULL AND school_id IS NULL"),
        postgresql_where=sa.text("region_id IS NULL AND school_id IS NULL"),
    )
    op.create_table(
        "hub_offers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=24), nullable=False),
        sa.Column("grade_from", sa.Integer(), nullable=False),
        sa.Column("grade_to", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("periods_a_week", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("grade_from <= grade_to", name=op.f("ck_hub_offers_grades_in_order")),
        sa.CheckConstraint(
            "valid_to >= valid_from", name=op.f("ck_hub_offers_valid_to_after_from")
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name=op.f("fk_hub_offers_school_id_schools")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub_offers")),
    )
    op.create_index(op.f("ix_hub_offers_school_id"), "hub_offers", ["school_id"])
    op.create_index(op.f("ix_hub_offers_subject"), "hub_offers", ["subject"])
    op.create_table(
        "pairing_subjects",
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairings.id"], name=op.f("fk_pairing_subjects_pairing_id_pairings")
        ),
        sa.PrimaryKeyConstraint("pairing_id", "subject", name=op.f("pk_pairing_subjects")),
    )
    op.create_table(
        "needs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=24), nullable=False),
        sa.Column("grade_no", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("periods_a_week", sa.Integer(), nullable=False),
        sa.Column("weekdays", sa.String(length=7), nullable=False),
        sa.Column("earliest_minute", sa.Integer(), nullable=False),
        sa.Column("latest_minute", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_by", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= earliest_minute AND earliest_minute < latest_minute AND latest_minute <= 1440",
            name=op.f("ck_needs_window_within_a_day"),
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_needs_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["posted_by"], ["people.id"], name=op.f("fk_needs_posted_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name=op.f("fk_needs_school_id_schools")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs")),
    )
    op.create_index(op.f("ix_needs_school_id"), "needs", ["school_id"])
    op.create_index(op.f("ix_needs_state"), "needs", ["state"])
    op.create_table(
        "pairing_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("from_state", sa.String(length=24), nullable=False),
        sa.Column("to_state", sa.String(length=24), nullable=False),
        sa.Column("by_person_id", sa.Uuid(), nullable=False),
        sa.Column("for_school_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_person_id"], ["people.id"], name=op.f("fk_pairing_changes_by_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["for_school_id"], ["schools.id"], name=op.f("fk_pairing_changes_for_school_id_schools")
        ),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairings.id"], name=op.f("fk_pairing_changes_pairing_id_pairings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing_changes")),
        sa.UniqueConstraint(
            "pairing_id", "number", name=op.f("uq_pairing_changes_pairing_id_number")
        ),
    )
    op.create_table(
        "pairing_parties",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("class_id", sa.Uuid(), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agreed_by"], ["people.id"], name=op.f("fk_pairing_parties_agreed_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["class_id"],
            ["school_classes.id"],
            name=op.f("fk_pairing_parties_class_id_school_classes"),
        ),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairings.id"], name=op.f("fk_pairing_parties_pairing_id_pairings")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_pairing_parties_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name=op.f("fk_pairing_parties_school_id_schools")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing_parties")),
        sa.UniqueConstraint(
            "pairing_id", "school_id", name=op.f("uq_pairing_parties_pairing_id_school_id")
        ),
    )
    op.create_index(op.f("ix_pairing_parties_class_id"), "pairing_parties", ["class_id"])
    op.create_index(op.f("ix_pairing_parties_person_id"), "pairing_parties", ["person_id"])
    op.create_index(op.f("ix_pairing_parties_school_id"), "pairing_parties", ["school_id"])
    op.create_table(
        "periods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bell_schedule_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("starts_minute", sa.Integer(), nullable=False),
        sa.Column("ends_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= starts_minute AND starts_minute < ends_minute AND ends_minute <= 1440",
            name=op.f("ck_periods_within_a_day"),
        ),
        sa.ForeignKeyConstraint(
            ["bell_schedule_id"],
            ["bell_schedules.id"],
            name=op.f("fk_periods_bell_schedule_id_bell_schedules"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_periods")),
        sa.UniqueConstraint(
            "bell_schedule_id", "number", name=op.f("uq_periods_bell_schedule_id_number")
        ),
    )
    op.create_index(op.f("ix_periods_bell_schedule_id"), "periods", ["bell_schedule_id"])
    op.create_table(
        "stored_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stored_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stored_by"], ["people.id"], name=op.f("fk_stored_files_stored_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_files")),
    )
    op.create_index(op.f("ix_stored_files_sha256"), "stored_files", ["sha256"])
    op.create_table(
        "agreements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alliance_id", sa.Uuid(), nullable=True),
        sa.Column("pairing_id", sa.Uuid(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attached_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(alliance_id IS NULL) <> (pairing_id IS NULL)", name=op.f("ck_agreements_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["alliance_id"], ["alliances.id"], name=op.f("fk_agreements_alliance_id_alliances")
        ),
        sa.ForeignKeyConstraint(
            ["attached_by"], ["people.id"], name=op.f("fk_agreements_attached_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_files.id"], name=op.f("fk_agreements_file_id_stored_files")
        ),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairings.id"], name=op.f("fk_agreements_pairing_id_pairings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreements")),
    )
    op.create_index(op.f("ix_agreements_alliance_id"), "agreements", ["alliance_id"])
    op.create_index(op.f("ix_agreements_pairing_id"), "agreements", ["pairing_id"])
    op.create_table(
        "joint_preparations",
        sa.Column("withdraws_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("link", sa.String(length=500), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["people.id"], name=op.f("fk_joint_preparations_entered_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["stored_files.id"],
            name=op.f("fk_joint_preparations_file_id_stored_files"),
        ),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairings.id"], name=op.f("fk_joint_preparations_pairing_id_pairings")
        ),
        sa.ForeignKeyConstraint(
            ["withdraws_id"],
            ["joint_preparations.id"],
            name=op.f("fk_joint_preparations_withdraws_id_joint_preparations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_preparations")),
        sa.UniqueConstraint("withdraws_id", name=op.f("uq_joint_preparations_withdraws_id")),
    )
    op.create_index(op.f("ix_joint_preparations_held_on"), "joint_preparations", ["held_on"])
    op.create_index(op.f("ix_joint_preparations_pairing_id"), "joint_preparations", ["pairing_id"])
    op.create_table(
        "joint_trainings",
        sa.Column("withdraws_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("link", sa.String(length=500), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["people.id"], name=op.f("fk_joint_trainings_entered_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_files.id"], name=op.f("fk_joint_trainings_file_id_stored_files")
        ),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairings.id"], name=op.f("fk_joint_trainings_pairing_id_pairings")
        ),
        sa.ForeignKeyConstraint(
            ["withdraws_id"],
            ["joint_trainings.id"],
            name=op.f("fk_joint_trainings_withdraws_id_joint_trainings"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_trainings")),
        sa.UniqueConstraint("withdraws_id", name=op.f("uq_joint_trainings_withdraws_id")),
    )
    op.create_index(op.f("ix_joint_trainings_held_on"), "joint_trainings", ["held_on"])
    op.create_index(op.f("ix_joint_trainings_pairing_id"), "joint_trainings", ["pairing_id"])
    op.create_table(
        "matches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["people.id"], name=op.f("fk_matches_made_by_people")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_matches_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["hub_offers.id"], name=op.f("fk_matches_offer_id_hub_offers")
        ),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairings.id"], name=op.f("fk_matches_pairing_id_pairings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matches")),
        sa.UniqueConstraint("pairing_id", name=op.f("uq_matches_pairing_id")),
    )
    op.create_index(op.f("ix_matches_need_id"), "matches", ["need_id"])
    op.create_table(
        "shared_resources",
        sa.Column("withdraws_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("link", sa.String(length=500), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["people.id"], name=op.f("fk_shared_resources_entered_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_files.id"], name=op.f("fk_shared_resources_file_id_stored_files")
        ),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairings.id"], name=op.f("fk_shared_resources_pairing_id_pairings")
        ),
        sa.ForeignKeyConstraint(
            ["withdraws_id"],
            ["shared_resources.id"],
            name=op.f("fk_shared_resources_withdraws_id_shared_resources"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_resources")),
        sa.UniqueConstraint("withdraws_id", name=op.f("uq_shared_resources_withdraws_id")),
    )
    op.create_index(op.f("ix_shared_resources_held_on"), "shared_resources", ["held_on"])
    op.create_index(op.f("ix_shared_resources_pairing_id"), "shared_resources", ["pairing_id"])
    with op.batch_alter_table("lessons") as batch:
        batch.add_column(sa.Column("origin_id", sa.Uuid(), nullable=True))
        batch.create_index(op.f("ix_lessons_origin_id"), ["origin_id"])
        batch.create_foreign_key(
            op.f("fk_lessons_origin_id_lessons"), "lessons", ["origin_id"], ["id"]
        )
    with op.batch_alter_table("role_grants") as batch:
        batch.add_column(sa.Column("alliance_id", sa.Uuid(), nullable=True))
        batch.drop_constraint(op.f("ck_role_grants_one_scope"), type_="check")
        batch.create_check_constraint(op.f("ck_role_grants_one_scope"), one_of(SCOPES))
        batch.create_index(op.f("ix_role_grants_alliance_id"), ["alliance_id"])
        batch.create_foreign_key(
            op.f("fk_role_grants_alliance_id_alliances"), "alliances", ["alliance_id"], ["id"]
        )


def downgrade() -> None:
    op.execute("DELETE FROM role_grants WHERE alliance_id IS NOT NULL")
    with op.batch_alter_table("role_grants") as batch:
        batch.drop_constraint(op.f("fk_role_grants_alliance_id_alliances"), type_="foreignkey")
        batch.drop_index(op.f("ix_role_grants_alliance_id"))
        batch.drop_constraint(op.f("ck_role_grants_one_scope"), type_="check")
        batch.drop_column("alliance_id")
        batch.create_check_constraint(op.f("ck_role_grants_one_scope"), one_of(SCOPES[:3]))
    with op.batch_alter_table("lessons") as batch:
        batch.drop_constraint(op.f("fk_lessons_origin_id_lessons"), type_="foreignkey")
        batch.drop_index(op.f("ix_lessons_origin_id"))
        batch.drop_column("origin_id")
    for table in reversed(TABLES):
        op.drop_table(table)
