"""The log of who looked at recordings: written at every look, read by the schools of the lesson."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.accounts.sight import Sight, any_sight, sight_of
from app.errors import NotFound
from app.exports import Column
from app.lessons.models import Lesson
from app.lessons.queries import bounds_of, is_in_sight, is_of_school, is_visible
from app.paging import Fetched, PageRequest, fetch_page
from app.pinyin import is_named
from app.recordings.models import GROWING, DownloadForm, Recording, RecordingView
from app.recordings.schemas import ViewOfOut
from app.schools.models import Classroom, School
from app.security import PersonCaller

#: What belongs to one look: the file is asked for in ranges, and by a player that goes on.
ONE_LOOK: Final = timedelta(minutes=10)
LATEST_FIRST = (RecordingView.at.desc(), RecordingView.id.desc())
#: The users' words for how a recording was looked at.
_HOW = {
    None: "在线观看",
    DownloadForm.LESSON: "下载整节课",
    DownloadForm.SMALL: "下载小文件",
    DownloadForm.SOUND: "下载声音",
}
# Of the rows of `views_to_export`.
COLUMNS = (
    Column("时间", lambda row: row.RecordingView.at),
    Column("观看人", lambda row: row.name),
    Column("是否教室", lambda row: "是" if row.RecordingView.classroom_id else "否"),
    Column("课题", lambda row: row.title),
    Column("微课", lambda row: row.RecordingView.micro_lesson or ""),
    Column("上课时间", lambda row: row.planned_start),
    Column("方式", lambda row: _HOW[row.RecordingView.taken]),
    Column("网络地址", lambda row: row.RecordingView.address),
    Column("课堂编号", lambda row: str(row.session_id)),
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, from which network address: a person, or else a classroom's device."""

    address: str
    person_id: UUID | None = None
    classroom_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ViewFilter:
    """Which looks to list; None: whatever. Days in the schools' zone, both included.

    `school_id`: at lessons this school gave or was invited to. `text`: letters of the person's
    name, as it is written or read, or of the classroom's.
    """

    first_day: date | None = None
    last_day: date | None = None
    school_id: UUID | None = None
    text: str = ""
    session_id: UUID | None = None


async def log_look(
    db: AsyncSession,
    recording: Recording,
    viewer: Viewer,
    *,
    taken: DownloadForm | None = None,
    micro_lesson: str | None = None,
    now: datetime,
) -> None:
    """Write down who looks at a recording with pupils in it.

    `micro_lesson`: the title of the piece that is looked at; None: the whole lesson.
    """
    db.add(
        RecordingView(
            recording_id=recording.id,
            person_id=viewer.person_id,
            classroom_id=viewer.classroom_id,
            at=now,
            address=viewer.address,
            taken=taken,
            micro_lesson=micro_lesson,
        )
    )


async def log_look_once(
    db: AsyncSession,
    recording: Recording,
    viewer: Viewer,
    *,
    taken: DownloadForm | None = None,
    micro_lesson: str | None = None,
    now: datetime,
) -> None:
    """Write it down unless this belongs to a look that is written down already.

    A file is taken along within `ONE_LOOK`; watched it may be for the length of the lesson more,
    of one that still runs for as long as it has.
    """
    lasts = ONE_LOOK
    if taken is None and recording.state in GROWING:
        lasts += now - recording.started_at
    elif taken is None:
        lasts += timedelta(milliseconds=recording.duration_ms)
    is_known = exists().where(
        RecordingView.recording_id == recording.id,
        RecordingView.person_id == viewer.person_id,
        RecordingView.classroom_id == viewer.classroom_id,
        RecordingView.taken == taken,
        RecordingView.micro_lesson == micro_lesson,
        RecordingView.address == viewer.address,
        RecordingView.at > now - lasts,
    )
    if not await db.scalar(select(is_known)):
        await log_look(db, recording, viewer, taken=taken, micro_lesson=micro_lesson, now=now)


async def views_of(
    db: AsyncSession, person: PersonCaller, session_id: UUID, page: PageRequest
) -> Fetched[ViewOfOut]:
    """Return a page of who looked at one recording, newest first. Raise NotFound, BadCursor."""
    recording_id = await db.scalar(
        select(Recording.id)
        .join(Recording.lesson)
        .where(Recording.session_id == session_id, is_visible(person))
    )
    if recording_id is None:
        raise NotFound
    query = _views(any_sight(person)).where(RecordingView.recording_id == recording_id)
    found = await fetch_page(db, query, order=LATEST_FIRST, page=page)
    return found.map(lambda row: _out(*row))


async def all_views(
    db: AsyncSession, person: PersonCaller, wanted: ViewFilter, page: PageRequest
) -> Fetched[ViewOfOut]:
    """Return a page of who looked at which recording, newest first. Raise BadCursor.

    Of all lessons that the schools this person may look at gave or were invited to.
    """
    query = _views(await sight_of(db, person)).where(_matches(wanted))
    found = await fetch_page(db, query, order=LATEST_FIRST, page=page)
    return found.map(lambda row: _out(*row))


def views_to_export(
    person: PersonCaller, wanted: ViewFilter
) -> Select[RecordingView, UUID, str, datetime, str]:
    """Return the query of all looks the filter finds, in the order of the list."""
    return _views(any_sight(person)).where(_matches(wanted)).order_by(*LATEST_FIRST)


def _views(sight: Sight) -> Select[RecordingView, UUID, str, datetime, str]:
    room = School.name + " " + Classroom.name
    return (
        select(
            RecordingView,
            Recording.session_id,
            Lesson.title,
            Lesson.planned_start,
            func.coalesce(Person.name, room).label("name"),
        )
        .join_from(RecordingView, Recording, Recording.id == RecordingView.recording_id)
        .join(Lesson, Lesson.id == Recording.lesson_id)
        .outerjoin(Person, Person.id == RecordingView.person_id)
        .outerjoin(Classroom, Classroom.id == RecordingView.classroom_id)
        .outerjoin(School, School.id == Classroom.school_id)
        .where(is_in_sight(sight))
    )


def _matches(wanted: ViewFilter) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [true()]
    if wanted.first_day is not None:
        conditions.append(RecordingView.at >= bounds_of(wanted.first_day)[0])
    if wanted.last_day is not None:
        conditions.append(RecordingView.at < bounds_of(wanted.last_day)[1])
    if wanted.school_id is not None:
        conditions.append(is_of_school(wanted.school_id))
    if wanted.session_id is not None:
        conditions.append(Recording.session_id == wanted.session_id)
    if wanted.text:
        conditions.append(
            or_(
                and_(RecordingView.person_id.is_not(None), is_named(Person, wanted.text)),
                and_(
                    RecordingView.classroom_id.is_not(None),
                    or_(
                        is_named(School, wanted.text),
                        Classroom.name.icontains(wanted.text, autoescape=True),
                    ),
                ),
            )
        )
    return and_(*conditions)


def _out(
    view: RecordingView, session_id: UUID, title: str, _planned_start: datetime, name: str
) -> ViewOfOut:
    return ViewOfOut(
        session_id=session_id,
        title=title,
        person_id=view.person_id,
        classroom_id=view.classroom_id,
        name=name,
        at=view.at,
        address=view.address,
        taken=view.taken,
        micro_lesson=view.micro_lesson,
    )
