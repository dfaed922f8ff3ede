"""Tables of alliances and their members, of pairings and their history, of needs and offers."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.calendars.models import MINUTES_A_DAY, Term
from app.database import Base, Id
from app.etags import Versioned
from app.files import StoredFile
from app.schools.models import Region, School


class MemberRole(StrEnum):
    """A hub may give lessons, a member receive and pass on; an observer only looks."""

    HUB = "HUB"
    MEMBER = "MEMBER"
    OBSERVER = "OBSERVER"


class PairingKind(StrEnum):
    """专递课堂结对, 1+N 互动课堂, 对口支教, 师徒结对."""

    DELIVERY = "DELIVERY"
    INTERACTIVE_1N = "INTERACTIVE_1N"
    SCHOOL_AID = "SCHOOL_AID"
    TEACHER_MENTOR = "TEACHER_MENTOR"


class PairingState(StrEnum):
    """States of a pairing. ACCEPTED is 双选: every school of it has agreed. Only ACTIVE counts."""

    DRAFT = "DRAFT"
    PROPOSED = "PROPOSED"
    ACCEPTED = "ACCEPTED"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    ENDED = "ENDED"
    ARCHIVED = "ARCHIVED"


# PROPOSED leads back to DRAFT when a school declines; a draft nobody wants is archived.
NEXT_PAIRING_STATE: dict[PairingState, frozenset[PairingState]] = {
    PairingState.DRAFT: frozenset({PairingState.PROPOSED, PairingState.ARCHIVED}),
    PairingState.PROPOSED: frozenset({PairingState.ACCEPTED, PairingState.DRAFT}),
    PairingState.ACCEPTED: frozenset({PairingState.ACTIVE, PairingState.ENDED}),
    PairingState.ACTIVE: frozenset({PairingState.SUSPENDED, PairingState.ENDED}),
    PairingState.SUSPENDED: frozenset({PairingState.ACTIVE, PairingState.ENDED}),
    PairingState.ENDED: frozenset({PairingState.ARCHIVED}),
    PairingState.ARCHIVED: frozenset(),
}


class Side(StrEnum):
    """Which end of a pairing a school is."""

    HUB = "HUB"
    PARTNER = "PARTNER"


class Track(StrEnum):
    """四同步: 备课, 授课, 资源, 研修. Each is counted from a table of its own."""

    PREPARATION = "PREPARATION"
    TEACHING = "TEACHING"
    RESOURCE = "RESOURCE"
    TRAINING = "TRAINING"


class NeedState(StrEnum):
    """MATCHED while a pairing made for it goes on; OPEN again when that one comes to nothing."""

    OPEN = "OPEN"
    MATCHED = "MATCHED"
    WITHDRAWN = "WITHDRAWN"


NEXT_NEED_STATE: dict[NeedState, frozenset[NeedState]] = {
    NeedState.OPEN: frozenset({NeedState.MATCHED, NeedState.WITHDRAWN}),
    NeedState.MATCHED: frozenset({NeedState.OPEN}),
    NeedState.WITHDRAWN: frozenset(),
}


class Alliance(Versioned, Base):
    """教学联盟: schools that teach together, kept by the authority of a region."""

    __tablename__ = "alliances"
    __table_args__ = (CheckConstraint("ends_on >= starts_on", name="ends_after_start"),)

    id: Mapped[Id]
    region_id: Mapped[UUID] = mapped_column(ForeignKey("regions.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[str] = mapped_column(String(1000), default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    region: Mapped[Region] = relationship(lazy="raise")


class AllianceMember(Versioned, Base):
    """成员: a school in an alliance, from a day to a day; two stays of one do not overlap."""

    __tablename__ = "alliance_members"
    __table_args__ = (
        CheckConstraint("to_on >= from_on", name="to_after_from"),
        UniqueConstraint("alliance_id", "school_id", "from_on"),
    )

    id: Mapped[Id]
    alliance_id: Mapped[UUID] = mapped_column(ForeignKey("alliances.id"), index=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"), index=True)
    role: Mapped[MemberRole]
    from_on: Mapped[date]
    to_on: Mapped[date | None]

    alliance: Mapped[Alliance] = relationship(lazy="raise")
    school: Mapped[School] = relationship(lazy="raise")


class TermPlan(Versioned, Base):
    """学期计划 of an alliance: what it means to do in a term, in words and as targets per track."""

    __tablename__ = "term_plans"
    __table_args__ = (UniqueConstraint("alliance_id", "term_id"),)

    id: Mapped[Id]
    alliance_id: Mapped[UUID] = mapped_column(ForeignKey("alliances.id"))
    term_id: Mapped[UUID] = mapped_column(ForeignKey("terms.id"), index=True)
    text: Mapped[str] = mapped_column(String(4000), default="")
    preparations: Mapped[int]
    lessons: Mapped[int]
    resources: Mapped[int]
    trainings: Mapped[int]

    term: Mapped[Term] = relationship(lazy="raise")


class Pairing(Versioned, Base):
    """结对 (1+N): a hub school and its partners, what is given, and where it stands."""

    __tablename__ = "pairings"
    __table_args__ = (CheckConstraint("ends_on >= starts_on", name="ends_after_start"),)

    id: Mapped[Id]
    alliance_id: Mapped[UUID | None] = mapped_column(ForeignKey("alliances.id"), index=True)
    kind: Mapped[PairingKind]
    name: Mapped[str] = mapped_column(String(120))
    periods_a_week: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    state: Mapped[PairingState] = mapped_column(default=PairingState.DRAFT, index=True)

    alliance: Mapped[Alliance | None] = relationship(lazy="raise")
    parties: Mapped[list["PairingParty"]] = relationship(
        lazy="raise", back_populates="pairing", cascade="all, delete-orphan"
    )
    subjects: Mapped[list["PairingSubject"]] = relationship(
        lazy="raise", order_by="PairingSubject.subject", cascade="all, delete-orphan"
    )


class PairingParty(Base):
    """One school of a pairing, and when it agreed.

    `person_id`: mentor or mentee of 师徒结对; `class_id`: its class in a 1+N.
    """

    __tablename__ = "pairing_parties"
    __table_args__ = (UniqueConstraint("pairing_id", "school_id"),)

    id: Mapped[Id]
    pairing_id: Mapped[UUID] = mapped_column(ForeignKey("pairings.id"))
    school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"), index=True)
    side: Mapped[Side]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    class_id: Mapped[UUID | None] = mapped_column(ForeignKey("school_classes.id"), index=True)
    agreed_at: Mapped[datetime | None]
    agreed_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))

    pairing: Mapped[Pairing] = relationship(lazy="raise", back_populates="parties")
    school: Mapped[School] = relationship(lazy="raise")


class PairingSubject(Base):
    """A subject a pairing is about, by its code."""

    __tablename__ = "pairing_subjects"

    pairing_id: Mapped[UUID] = mapped_column(ForeignKey("pairings.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(24), primary_key=True)


class PairingChange(Base):
    """One step of a pairing's life, append-only: what days counted is read from here alone.

    `day` is the local day of `at`: from that day on the state is `to_state`.
    """

    __tablename__ = "pairing_changes"
    __table_args__ = (UniqueConstraint("pairing_id", "number"),)

    id: Mapped[Id]
    pairing_id: Mapped[UUID] = mapped_column(ForeignKey("pairings.id"))
    number: Mapped[int]
    at: Mapped[datetime]
    day: Mapped[date]
    from_state: Mapped[PairingState]
    to_state: Mapped[PairingState]
    by_person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    for_school_id: Mapped[UUID | None] = mapped_column(ForeignKey("schools.id"))
    reason: Mapped[str] = mapped_column(String(500), default="")


class Agreement(Base):
    """协议: a file attached to an alliance or a pairing; the newest is in force, all are kept."""

    __tablename__ = "agreements"
    __table_args__ = (
        CheckConstraint("(alliance_id IS NULL) <> (pairing_id IS NULL)", name="one_owner"),
    )

    id: Mapped[Id]
    alliance_id: Mapped[UUID | None] = mapped_column(ForeignKey("alliances.id"), index=True)
    pairing_id: Mapped[UUID | None] = mapped_column(ForeignKey("pairings.id"), index=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("stored_files.id"))
    attached_at: Mapped[datetime]
    attached_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    file: Mapped[StoredFile] = relationship(lazy="raise")


class TrackEvent:
    """What the three entered tracks have in common; one table each.

    Evidence is a link, a file or both. `withdraws_id`: this row takes that one back; nothing
    is ever changed or deleted.
    """

    id: Mapped[Id]
    pairing_id: Mapped[UUID] = mapped_column(ForeignKey("pairings.id"), index=True)
    held_on: Mapped[date] = mapped_column(index=True)
    title: Mapped[str] = mapped_column(String(120))
    people: Mapped[int | None]
    link: Mapped[str | None] = mapped_column(String(500))
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("stored_files.id"))
    entered_at: Mapped[datetime]
    entered_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class JointPreparation(TrackEvent, Base):
    """备课同步: a lesson prepared together."""

    __tablename__ = "joint_preparations"

    withdraws_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("joint_preparations.id"), unique=True
    )


class SharedResource(TrackEvent, Base):
    """资源共享: something handed over to the other side."""

    __tablename__ = "shared_resources"

    withdraws_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("shared_resources.id"), unique=True
    )


class JointTraining(TrackEvent, Base):
    """同步研修: a session of research or training held together; `people`: how many took part."""

    __tablename__ = "joint_trainings"

    withdraws_id: Mapped[UUID | None] = mapped_column(ForeignKey("joint_trainings.id"), unique=True)


class HubOffer(Versioned, Base):
    """可供课程: what a school can give, and how many periods a week it has teachers for."""

    __tablename__ = "hub_offers"
    __table_args__ = (
        CheckConstraint("grade_from <= grade_to", name="grades_in_order"),
        CheckConstraint("valid_to >= valid_from", name="valid_to_after_from"),
    )

    id: Mapped[Id]
    school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"), index=True)
    subject: Mapped[str] = mapped_column(String(24), index=True)
    grade_from: Mapped[int]
    grade_to: Mapped[int]
    language: Mapped[str] = mapped_column(String(8))
    periods_a_week: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    school: Mapped[School] = relationship(lazy="raise")


class Need(Versioned, Base):
    """需求: what a site cannot teach itself, and when it could be taught.

    `weekdays`: ISO weekdays as digits, "135" for Monday, Wednesday and Friday. The window is in
    minutes after midnight.
    """

    __tablename__ = "needs"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint(
            "0 <= earliest_minute AND earliest_minute < latest_minute "
            f"AND latest_minute <= {MINUTES_A_DAY}",
            name="window_within_a_day",
        ),
    )

    id: Mapped[Id]
    school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"), index=True)
    subject: Mapped[str] = mapped_column(String(24))
    grade_no: Mapped[int]
    language: Mapped[str] = mapped_column(String(8))
    periods_a_week: Mapped[int]
    weekdays: Mapped[str] = mapped_column(String(7))
    earliest_minute: Mapped[int]
    latest_minute: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    note: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[NeedState] = mapped_column(default=NeedState.OPEN, index=True)
    posted_at: Mapped[datetime]
    posted_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    school: Mapped[School] = relationship(lazy="raise")


class Match(Base):
    """匹配: the hub that was chosen for a need, with the score and reasons it was shown with."""

    __tablename__ = "matches"

    id: Mapped[Id]
    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"), index=True)
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("hub_offers.id"))
    pairing_id: Mapped[UUID] = mapped_column(ForeignKey("pairings.id"), unique=True)
    score: Mapped[int]
    reasons: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


APPEND_ONLY = (PairingChange, JointPreparation, SharedResource, JointTraining)


def _refuse_rewriting(_mapper: object, _connection: object, target: object) -> None:
    raise AssertionError(f"{type(target).__name__} is append-only")


for _table in APPEND_ONLY:
    event.listen(_table, "before_update", _refuse_rewriting)
    event.listen(_table, "before_delete", _refuse_rewriting)
