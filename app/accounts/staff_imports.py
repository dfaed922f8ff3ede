"""Staff posts from a table; the columns are those of their export.

A person new at her school is made with her post. No identity card's number is asked for: the
school and its 工号 tell people apart.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.accounts.models import Person, PostKind, StaffPost, StaffSubject
from app.codes.catalogue import Catalogue
from app.codes.models import CodeKind
from app.database import insert_many, uuid7
from app.schools import cells, school_finder
from app.schools.cells import Refused
from app.schools.histories import Noting
from app.schools.queries import schools_within
from app.schools.school_finder import SCHOOL, SchoolFinder
from app.schools.table_import import Wanted, World, kind_of
from app.security import Scope
from app.sheets import Line

NUMBER, NAME, POST, SUBJECTS = "工号", "姓名", "岗位", "任教学科"
FROM, UNTIL = "任职日期", "离任日期"
HEADINGS = (*school_finder.HEADINGS, *(NUMBER, NAME, POST, SUBJECTS, FROM, UNTIL))
POST_WORDS = {
    PostKind.TEACHER: "教师",
    PostKind.ASSISTANT: "助教",
    PostKind.PRINCIPAL: "校长",
    PostKind.OTHER: "其他",
}
_POSTS = {word: kind for kind, word in POST_WORDS.items()} | {kind.value: kind for kind in PostKind}


@dataclass(slots=True)
class Staff(World[StaffPost]):
    """A post is told from others by school and 工号."""

    sets: Catalogue
    schools: SchoolFinder
    there: dict[Hashable, StaffPost]
    key_column = NUMBER

    def read(self, line: Line) -> Wanted:
        """Understand a row: the school, then the thing, then what is said of it."""
        row = line.cells
        school = self.schools.find(row)
        staff_no = cells.text(row, NUMBER, 32)
        facts: dict[str, Any] = {"name": cells.text(row, NAME, 80)}
        kind = _POSTS.get(cells.text(row, POST, 20))
        if kind is None:
            raise Refused(POST, "unknown-post")
        facts["kind"] = kind
        if SUBJECTS in row:
            facts["subjects"] = self._subjects(row[SUBJECTS])
        for column, field in ((FROM, "from_on"), (UNTIL, "until_on")):
            if column in row:
                facts[field] = cells.day(row[column], column)
        first, end = facts.get("from_on"), facts.get("until_on")
        if first is not None and end is not None and end < first:
            raise Refused(UNTIL, "before-its-beginning")
        return Wanted(line, (school.id, staff_no), facts)

    def _subjects(self, cell: str) -> frozenset[UUID]:
        words = cell.replace("；", ";").replace("、", ";").replace(",", ";").split(";")
        return frozenset(
            cells.code(self.sets, CodeKind.SUBJECT, word.strip(), SUBJECTS).id
            for word in words
            if word.strip()
        )

    def require_new(self, wanted: Wanted) -> None:
        """Refuse one at a closed school."""
        self.schools.require_open(wanted.key)

    def changes(self, thing: StaffPost, wanted: Wanted) -> dict[str, Any]:
        """Compare the post, its person's name and its subjects."""
        said = dict(wanted.facts)
        changes: dict[str, Any] = {}
        if (name := said.pop("name")) != thing.person.name:
            # A person of another school is not renamed by this one.
            if thing.person.school_id != thing.school_id:
                raise Refused(NAME, "name-differs")
            changes["name"] = name
        if (subjects := said.pop("subjects", None)) is not None and subjects != {
            each.subject_id for each in thing.subjects
        }:
            changes["subjects"] = subjects
        return changes | {key: value for key, value in said.items() if getattr(thing, key) != value}

    def change(self, db: AsyncSession, thing: StaffPost, changes: dict[str, Any]) -> None:
        """Change the post, its person's name and its subjects."""
        if (name := changes.pop("name", None)) is not None:
            thing.person.name = name
        if (subjects := changes.pop("subjects", None)) is not None:
            kept = {each.subject_id: each for each in thing.subjects}
            thing.subjects = [kept.get(id_) or StaffSubject(subject_id=id_) for id_ in subjects]
        World.change(self, db, thing, changes)

    async def make(self, db: AsyncSession, wanted: Sequence[Wanted]) -> None:
        """Insert people, their posts and what they teach."""
        people, posts, subjects = [], [], []
        for each in wanted:
            assert isinstance(each.key, tuple)
            school_id, staff_no = each.key
            facts = {"from_on": None, "until_on": None} | each.facts
            person_id, post_id = uuid7(), uuid7()
            people.append({"id": person_id, "name": facts.pop("name"), "school_id": school_id})
            taught = facts.pop("subjects", frozenset())
            subjects += [{"post_id": post_id, "subject_id": id_} for id_ in sorted(taught)]
            posts.append(
                {
                    "id": post_id,
                    "person_id": person_id,
                    "school_id": school_id,
                    "staff_no": staff_no,
                    **facts,
                }
            )
        await insert_many(db, Person, people)
        await insert_many(db, StaffPost, posts)
        await insert_many(db, StaffSubject, subjects)


async def _staff(db: AsyncSession, scope: Scope, sets: Catalogue, _noting: Noting) -> Staff:
    rows = await db.scalars(
        select(StaffPost)
        .where(StaffPost.school_id.in_(schools_within(scope)))
        .options(selectinload(StaffPost.person), selectinload(StaffPost.subjects))
    )
    there: dict[Hashable, StaffPost] = {(row.school_id, row.staff_no): row for row in rows}
    return Staff(sets, await SchoolFinder.load(db, scope), there)


STAFF = kind_of(
    HEADINGS,
    (SCHOOL, NUMBER, NAME, POST),
    (
        ("2199000001", "", "", "0101", "示范甲", "教师", "音乐;美术", "2024-09-01", ""),
        ("示范一村小", "990121", "", "0201", "示范乙", "助教", "", "2023-03-01", ""),
    ),
    _staff,
)
