"""What is sent and answered of micro-lessons."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.database import WITHOUT_NUL
from app.live.replay_schemas import DownloadState

#: That a title is there and short enough is said by refusals of their own (`titled`).
Title = Annotated[str, Field(max_length=1000, pattern=WITHOUT_NUL)]
Mark = Annotated[int, Field(ge=0, le=2**53 - 1)]


class MicroLessonIn(BaseModel):
    """A piece of a lesson: from one moment of its clock to another, in ms."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    from_ms: Mark
    until_ms: Mark


class MicroLessonEdit(BaseModel):
    """Another title."""

    model_config = ConfigDict(extra="forbid")

    title: Title


class MicroLessonOut(BaseModel):
    """A piece of a lesson, from `from_ms` to `until_ms` of its clock.

    `state` is never NONE. While it is made, `step` is what is done now: `cutting`, or a step of the
    film of the lesson that is made first (`DownloadOut`); `done` of `total` of it. `problem`: why
    it could not be made; while it is WAITING, what it waits for beside its turn. `ahead`: so many
    others come before it, or before its film. `is_outdated`: the replay was made again, and the
    piece is not cut out of that one yet, nor will be by itself where there is a `problem`. `url`
    plays it, `take_url` is the file to take along, for who may: each for whoever asked, and for
    some hours.
    """

    id: UUID
    session_id: UUID
    title: str
    from_ms: int
    until_ms: int
    maker: str
    saved_at: datetime
    version: int
    state: DownloadState
    step: str = ""
    done: int = 0
    total: int | None = None
    ahead: int = 0
    problem: str | None = None
    is_outdated: bool
    bytes: int | None = None
    duration_ms: int | None = None
    url: str | None = None
    take_url: str | None = None


class MicroLessonsOut(BaseModel):
    """The pieces of a lesson as they lie in it. `may_change`: the caller makes and changes them."""

    items: list[MicroLessonOut]
    may_change: bool
