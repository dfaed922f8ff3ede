"""Staff posts one by one: somebody begins at a school, what is said of her changes, she leaves.

As in a table that is imported: a person new at her school is made with her post, and the school
and its 工号 tell people apart. A post that ended stays on the list; roles are taken back by
themselves.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_modified

from app.accounts.models import Person, PostKind, StaffPost, StaffSubject
from app.codes import service as codes
from app.codes.errors import CodeUnknown
from app.codes.models import CodeKind
from app.errors import NotFound, WrongState
from app.schools.errors import NameTaken, WrongDay
from app.schools.models import School
from app.schools.queries import schools_within
from app.security import Scope

_TAKEN = "Somebody else at this school has this staff number. Give another, or look her up."


@dataclass(frozen=True, slots=True)
class PostFacts:
    """What is said of somebody who begins at a school. `subjects`: ids of codes."""

    name: str
    staff_no: str
    kind: PostKind
    subjects: frozenset[UUID]
    from_on: date | None
    until_on: date | None


async def post_within(db: AsyncSession, scope: Scope, post_id: UUID) -> StaffPost:
    """Return a post at a school in scope with person and subjects. Raise NotFound."""
    found = await db.scalar(
        select(StaffPost)
        .where(StaffPost.id == post_id, StaffPost.school_id.in_(schools_within(scope)))
        .options(selectinload(StaffPost.person), selectinload(StaffPost.subjects))
    )
    if found is None:
        raise NotFound("There is no such post at a school of yours.")
    return found


async def begin(db: AsyncSession, school: School, facts: PostFacts) -> StaffPost:
    """Have somebody begin at an open school. Raise WrongState, CodeUnknown, WrongDay, NameTaken."""
    if school.closed_on is not None:
        raise WrongState(f"{school.name} is closed since {school.closed_on}: nobody begins there.")
    await _require_subjects(db, facts.subjects)
    _require_order(facts.from_on, facts.until_on)
    post = StaffPost(
        person=Person(name=facts.name, school_id=school.id),
        school_id=school.id,
        staff_no=facts.staff_no,
        kind=facts.kind,
        from_on=facts.from_on,
        until_on=facts.until_on,
        subjects=[StaffSubject(subject_id=id_) for id_ in sorted(facts.subjects)],
    )
    db.add(post)
    await _flush(db)
    return post


async def change(db: AsyncSession, post: StaffPost, changes: dict[str, Any]) -> None:
    """Change what is named in `changes`; person and subjects of the post are loaded.

    Raise CodeUnknown, WrongDay, NameTaken; WrongState: a person of another school is not renamed
    by this one.
    """
    said = dict(changes)
    subjects, name = said.pop("subjects", None), said.pop("name", None)
    _require_order(said.get("from_on", post.from_on), said.get("until_on", post.until_on))
    if name is not None and name != post.person.name:
        if post.person.school_id != post.school_id:
            raise WrongState("She belongs to another school; her name is changed there.")
        post.person.name = name
    if subjects is not None:
        await _require_subjects(db, subjects)
        kept = {each.subject_id: each for each in post.subjects}
        post.subjects = [kept.get(id_) or StaffSubject(subject_id=id_) for id_ in sorted(subjects)]
    for field, value in said.items():
        setattr(post, field, value)
    # What changes beside the row is a change of the post: its version counts it.
    flag_modified(post, "kind")
    await _flush(db)


async def _require_subjects(db: AsyncSession, subjects: Iterable[UUID]) -> None:
    known = await codes.catalogue(db)
    for id_ in subjects:
        if known.get(id_).set.kind is not CodeKind.SUBJECT:
            raise CodeUnknown(f"The code {id_} is no subject.")


def _require_order(first: date | None, end: date | None) -> None:
    if first is not None and end is not None and end < first:
        raise WrongDay("Nobody leaves before she begins.")


async def _flush(db: AsyncSession) -> None:
    try:
        await db.flush()
    except IntegrityError as error:
        raise NameTaken(_TAKEN) from error
