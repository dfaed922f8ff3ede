"""The certificates of removed recordings: who may read which, filtered, paged, exported.

Whoever may look at the lesson (`app.lessons.queries.is_visible`): the school that gave it, those
that were invited, and who inspects them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.sight import Sight, any_sight, sight_of
from app.exports import Column
from app.lessons.models import Lesson
from app.lessons.queries import bounds_of, is_in_sight, is_of_school
from app.paging import Fetched, PageRequest, fetch_page
from app.recordings.keeping_schemas import CertificateOut, rule_named
from app.recordings.models import Recording
from app.recordings.retention import DeletionCertificate, DeletionReason
from app.recordings.retention_rules import RetentionRule
from app.schools.models import School
from app.security import PersonCaller

#: The users' words for why a recording was removed.
REASON: Final = {DeletionReason.EXPIRED: "到期", DeletionReason.WITHDRAWN: "撤回"}
LATEST_FIRST = (DeletionCertificate.removed_at.desc(), DeletionCertificate.id.desc())


def _rule_words(rule: RetentionRule | None) -> str | None:
    """Return the users' words for the rule a recording expired by; None: it was withdrawn."""
    if rule is None:
        return None
    return f"规则 {rule.number}: 保留 {rule.keep_days} 天, 停止展示 {rule.grace_days} 天后销毁"


# Of the rows of `certificates_to_export`.
COLUMNS = (
    Column("销毁时间", lambda row: row.DeletionCertificate.removed_at),
    Column("课题", lambda row: row.title),
    Column("主讲学校", lambda row: row.hub),
    Column("上课时间", lambda row: row.planned_start),
    Column("原因", lambda row: REASON[row.DeletionCertificate.reason]),
    Column("保留规则", lambda row: _rule_words(row.RetentionRule)),
    Column("说明", lambda row: row.DeletionCertificate.note),
    Column("停止展示", lambda row: row.DeletionCertificate.asked_at),
    Column("文件数", lambda row: row.DeletionCertificate.files),
    Column("字节数", lambda row: row.DeletionCertificate.bytes),
    Column("此前已删的文件数", lambda row: row.DeletionCertificate.replaced_files),
    Column("此前已删的字节数", lambda row: row.DeletionCertificate.replaced_bytes),
    Column("文件校验值 SHA-256", lambda row: row.DeletionCertificate.files_sha256),
    Column("清单校验值 SHA-256", lambda row: row.DeletionCertificate.manifest_sha256),
    Column("对象存储", lambda row: row.DeletionCertificate.store),
    Column("课堂编号", lambda row: str(row.session_id)),
)


@dataclass(frozen=True, slots=True)
class CertificateFilter:
    """What to list; None: whatever. Days of the removal in the schools' zone, both included.

    `school_id`: of lessons this school gave or was invited to.
    """

    first_day: date | None = None
    last_day: date | None = None
    school_id: UUID | None = None
    reason: DeletionReason | None = None


async def list_certificates(
    db: AsyncSession, person: PersonCaller, wanted: CertificateFilter, page: PageRequest
) -> Fetched[CertificateOut]:
    """Return a page of the certificates of lessons this person may look at, the latest first.

    Raise BadCursor.
    """
    statement = _certificates(await sight_of(db, person)).where(_matches(wanted))
    found = await fetch_page(db, statement, order=LATEST_FIRST, page=page)
    return found.map(_out)


async def certificate_of(
    db: AsyncSession, person: PersonCaller, recording_id: UUID
) -> CertificateOut | None:
    """Return the certificate of a recording, if it was removed and this person may read it."""
    statement = _certificates(any_sight(person)).where(
        DeletionCertificate.recording_id == recording_id
    )
    row = (await db.execute(statement)).one_or_none()
    return None if row is None else _out(row)


def certificates_to_export(
    person: PersonCaller, wanted: CertificateFilter
) -> Select[DeletionCertificate, UUID, str, str, datetime, RetentionRule | None]:
    """Return the query of all certificates the filter finds, in the order of the list."""
    found = _certificates(any_sight(person)).where(_matches(wanted))
    return found.order_by(*LATEST_FIRST)


def _certificates(
    sight: Sight,
) -> Select[DeletionCertificate, UUID, str, str, datetime, RetentionRule | None]:
    return (
        select(
            DeletionCertificate,
            Recording.session_id,
            Lesson.title,
            School.name.label("hub"),
            Lesson.planned_start,
            RetentionRule,
        )
        .join_from(DeletionCertificate, Recording, Recording.id == DeletionCertificate.recording_id)
        .join(Lesson, Lesson.id == Recording.lesson_id)
        .join(School, School.id == Lesson.hub_school_id)
        .outerjoin(RetentionRule, RetentionRule.number == DeletionCertificate.rule_number)
        .where(is_in_sight(sight))
    )


def _matches(wanted: CertificateFilter) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [true()]
    if wanted.first_day is not None:
        conditions.append(DeletionCertificate.removed_at >= bounds_of(wanted.first_day)[0])
    if wanted.last_day is not None:
        conditions.append(DeletionCertificate.removed_at < bounds_of(wanted.last_day)[1])
    if wanted.school_id is not None:
        conditions.append(is_of_school(wanted.school_id))
    if wanted.reason is not None:
        conditions.append(DeletionCertificate.reason == wanted.reason)
    return and_(*conditions)


def _out(
    found: tuple[DeletionCertificate, UUID, str, str, datetime, RetentionRule | None],
) -> CertificateOut:
    row, session_id, title, hub, planned_start, rule = found
    return CertificateOut(
        id=row.id,
        session_id=session_id,
        title=title,
        hub=hub,
        planned_start=planned_start,
        reason=row.reason,
        rule=None if rule is None else rule_named(rule),
        note=row.note,
        asked_at=row.asked_at,
        removed_at=row.removed_at,
        files=row.files,
        bytes=row.bytes,
        replaced_files=row.replaced_files,
        replaced_bytes=row.replaced_bytes,
        files_sha256=row.files_sha256,
        manifest_sha256=row.manifest_sha256,
        store=row.store,
    )
