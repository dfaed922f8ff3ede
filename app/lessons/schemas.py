"""What the pages get of lessons."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from app.lessons.models import LessonKind, LessonState, SiteState
from app.lessons.readiness import Lack
from app.schools.schemas import Named

Light = Literal["ready", "offline", "never"]


class SiteCard(BaseModel):
    """An invited classroom. `light` tells of its device: heard of just now, or when last.

    `lacks`: what it lacks shortly before the lesson, if it is to listen live.
    """

    id: UUID
    classroom: str
    school: str
    state: SiteState
    light: Light
    last_seen_at: datetime | None
    lacks: list[Lack]


class LessonCard(BaseModel):
    """A lesson as every page shows it. `hub_school` and `lecturer` are names.

    `lacks`: what the hub lacks; null: nobody looks, it is not about to begin.
    """

    id: UUID
    kind: LessonKind
    title: str
    subject: str
    grade: str
    hub_school: str
    lecturer: str
    planned_start: datetime
    planned_end: datetime
    state: LessonState
    session_id: UUID | None
    is_recorded: bool
    can_start: bool
    can_start_from: datetime
    lacks: list[Lack] | None
    sites: list[SiteCard]


class TeacherDay(BaseModel):
    """A teacher's lessons on one day of the schools' zone."""

    date: date
    now: datetime
    lessons: list[LessonCard]


class ToConfirm(BaseModel):
    """A lesson that is over, the number of pupils reported so far, and what its row says.

    Null: not measured.
    """

    lesson: LessonCard
    headcount: int | None
    planned_ms: int
    connected_ms: int
    audible_ms: int | None
    is_counted: bool | None


class ClassroomDay(BaseModel):
    """A classroom's lessons today; what runs now, what comes next, what is to be confirmed."""

    now: datetime
    classroom: Named
    school: Named
    lessons: list[LessonCard]
    current: LessonCard | None
    next: LessonCard | None
    to_confirm: ToConfirm | None


class ComingLesson(BaseModel):
    """A lesson as the classroom's screen announces it, with what became of it.

    `moved_from`: when it was to begin first; `moved_to`: when it begins now, of one that was
    moved out of the days announced and is announced at the time it had; `instead_of`: whose
    lesson it is, which another gives; `makes_up`, `made_up_on`: when the lesson began that it
    makes up, that makes it up.
    """

    id: UUID
    title: str
    subject: str
    grade: str
    hub_school: str
    lecturer: str
    planned_start: datetime
    planned_end: datetime
    day: date
    state: LessonState
    moved_from: datetime | None
    moved_to: datetime | None
    cancelled_because: str | None
    instead_of: str | None
    makes_up: datetime | None
    made_up_on: datetime | None


class ClassroomWeek(BaseModel):
    """What a classroom receives from `today` on, or was to, seven days, in order of time."""

    today: date
    lessons: list[ComingLesson]


class Filters(BaseModel):
    """What an administrator may filter sessions by, beside days, words and a school."""

    kinds: list[LessonKind]
    states: list[LessonState]
