"""What sites teach themselves, from a table; the columns are those of its export.

One row for a class, a term and a subject. A row without a subject hands in that the class has a
timetable, and 0 takes a subject out of it; rows that are not there stay as they are.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from app.calendars.models import Term
from app.calendars.queries import terms_seen
from app.codes.catalogue import Catalogue
from app.codes.models import CodeKind
from app.coverage.models import MOST_TENTHS, LocalPeriods, LocalTimetable
from app.database import insert_many, uuid7
from app.schools import cells, school_finder
from app.schools.cells import Refused
from app.schools.histories import Noting
from app.schools.models import Region, School, SchoolClass
from app.schools.queries import schools_within
from app.schools.registry_queries import visible_regions
from app.schools.school_finder import SCHOOL, SchoolFinder
from app.schools.table_import import Wanted, World, kind_of
from app.security import Scope
from app.sheets import Line

TERM, CLASS, ENTRY, SUBJECT, PERIODS = "学期", "班级名称", "入学年份", "学科", "周课时"
HEADINGS = (*school_finder.HEADINGS, *(TERM, CLASS, ENTRY, SUBJECT, PERIODS))
#: Terms that ended longer ago are history: a table of them is more likely a mistake.
LONGEST_AGO = timedelta(days=366)
_AT_ONCE = 1000


@dataclass(slots=True)
class Held:
    """What a class is taught of a subject; without `row`, nothing."""

    timetable: LocalTimetable
    row: LocalPeriods | None = None

    @property
    def tenths(self) -> int:
        """Return it in tenths of a period a week."""
        return 0 if self.row is None else self.row.tenths_a_week


@dataclass(slots=True)
class Places:
    """The classes and terms there are in scope, by what a row calls them."""

    schools: SchoolFinder
    classes: dict[tuple[UUID, str], list[SchoolClass]]
    grades: dict[UUID, int]
    terms: dict[str, dict[str, list[Term]]]  # name -> region's code -> terms
    paths: dict[UUID, str]

    def find(self, row: dict[str, str]) -> tuple[School, Term, SchoolClass]:
        """Return what a row is about. Raise Refused."""
        school = self.schools.find(row)
        term = self._term(school, cells.text(row, TERM, 80))
        name = cells.text(row, CLASS, 40)
        found = self.classes.get((school.id, name), [])
        year = cells.whole(row.get(ENTRY, ""), ENTRY, 1990, 2100)
        if year is not None:
            found = [each for each in found if each.entry_year == year]
        if len(found) != 1:
            raise Refused(CLASS, "ambiguous-class" if found else "no-such-class")
        if found[0].grade_no < 1:
            raise Refused(CLASS, "grade-without-curriculum")
        return school, term, found[0]

    def _term(self, school: School, name: str) -> Term:
        """Return the term of this name that the nearest region has."""
        of_regions = self.terms.get(name, {})
        for code in reversed(self.paths[school.region_id].strip("/").split("/")):
            found = of_regions.get(code, [])
            if len(found) > 1:
                raise Refused(TERM, "ambiguous-term")
            if found:
                return found[0]
        raise Refused(TERM, "no-such-term")


@dataclass(slots=True)
class Timetables(World[Held]):
    """Periods are told from others by school, class, term and subject."""

    sets: Catalogue
    places: Places
    noting: Noting
    there: dict[Hashable, Held]
    timetables: dict[tuple[UUID, UUID], LocalTimetable]  # by class and term
    key_column = SUBJECT

    def read(self, line: Line) -> Wanted:
        """Understand a row: the class and its term, the subject, then how much of it."""
        row = line.cells
        school, term, pupils = self.places.find(row)
        subject_id, tenths = self._taught(row)
        key = (school.id, pupils.id, term.id, subject_id)
        timetable = self.timetables.get((pupils.id, term.id))
        if not tenths and timetable is not None:
            self.there.setdefault(key, Held(timetable))
        return Wanted(line, key, {"tenths": tenths})

    def _taught(self, row: dict[str, str]) -> tuple[UUID | None, int]:
        periods = cells.number(row.get(PERIODS, ""), PERIODS, 0, MOST_TENTHS / 10)
        if not row.get(SUBJECT):
            if periods:
                raise Refused(SUBJECT, "required")
            return None, 0
        subject = cells.code(self.sets, CodeKind.SUBJECT, row[SUBJECT], SUBJECT)
        if periods is None:
            raise Refused(PERIODS, "required")
        tenths = round(periods * 10)
        if abs(tenths - periods * 10) > 1e-6:
            raise Refused(PERIODS, "finer-than-tenths")
        return subject.id, tenths

    def require_new(self, wanted: Wanted) -> None:
        """Refuse what is new of a closed school."""
        self.places.schools.require_open(wanted.key)

    def change(self, db: AsyncSession, thing: Held, changes: dict[str, Any]) -> None:
        """Write the new number beside the old one, which is kept with its times."""
        assert thing.row is not None  # without a row there is nothing, which only a new one changes
        thing.row.replaced_at = self.noting.now
        if changes["tenths"]:
            facts = self._periods(thing.timetable.id, thing.row.subject_id, changes["tenths"])
            db.add(LocalPeriods(**facts))
        flag_modified(thing.timetable, "grade_no")  # its version counts what it holds

    async def make(self, db: AsyncSession, wanted: Sequence[Wanted]) -> None:
        """Insert timetables where there is none, then what they hold."""
        new: dict[tuple[UUID, UUID], dict[str, Any]] = {}
        held = []
        for each in wanted:
            assert isinstance(each.key, tuple)
            school_id, class_id, term_id, subject_id = each.key
            there = self.timetables.get((class_id, term_id))
            if there is not None:
                flag_modified(there, "grade_no")
            elif (class_id, term_id) not in new:
                new[class_id, term_id] = {
                    "id": uuid7(),
                    "school_id": school_id,
                    "class_id": class_id,
                    "term_id": term_id,
                    "grade_no": self.places.grades[class_id],
                    "saved_at": self.noting.now,
                }
            if each.facts["tenths"]:
                timetable_id = new[class_id, term_id]["id"] if there is None else there.id
                held.append(self._periods(timetable_id, subject_id, each.facts["tenths"]))
        await insert_many(db, LocalTimetable, list(new.values()))
        await insert_many(db, LocalPeriods, held)

    def _periods(self, timetable_id: UUID, subject_id: UUID, tenths: int) -> dict[str, Any]:
        return {
            "timetable_id": timetable_id,
            "subject_id": subject_id,
            "tenths_a_week": tenths,
            "saved_at": self.noting.now,
            "saved_by": self.noting.by,
        }


async def _timetables(
    db: AsyncSession, scope: Scope, sets: Catalogue, noting: Noting
) -> Timetables:
    since = noting.on - LONGEST_AGO
    places = await _places(db, scope, since=since)
    rows: Any = await db.stream(  # of pairs whose second may be None
        select(LocalTimetable, LocalPeriods)
        .join(Term, LocalTimetable.term_id == Term.id)
        .outerjoin(
            LocalPeriods,
            and_(
                LocalPeriods.timetable_id == LocalTimetable.id, LocalPeriods.replaced_at.is_(None)
            ),
        )
        .where(LocalTimetable.school_id.in_(schools_within(scope)), Term.ends_on >= since)
        .execution_options(yield_per=_AT_ONCE)
    )
    there: dict[Hashable, Held] = {}
    timetables = {}
    async for timetable, periods in rows:
        timetables[timetable.class_id, timetable.term_id] = timetable
        subject_id = None if periods is None else periods.subject_id
        key = (timetable.school_id, timetable.class_id, timetable.term_id, subject_id)
        there[key] = Held(timetable, periods)
    return Timetables(sets, places, noting, there, timetables)


async def _places(db: AsyncSession, scope: Scope, *, since: date) -> Places:
    """Read the classes and terms in scope: in a few statements, however many there are."""
    classes: dict[tuple[UUID, str], list[SchoolClass]] = defaultdict(list)
    grades = {}
    for each in await db.scalars(
        select(SchoolClass).where(
            SchoolClass.school_id.in_(schools_within(scope)), SchoolClass.closed_on.is_(None)
        )
    ):
        classes[each.school_id, each.name].append(each)
        grades[each.id] = each.grade_no
    terms: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    seen = (await terms_seen(db, scope)).add_columns(Region.code).where(Term.ends_on >= since)
    for term, _, code in await db.execute(seen):
        terms[term.name][code].append(term)
    regions = await db.execute(
        select(Region.id, Region.path).where(Region.id.in_(visible_regions(scope)))
    )
    return Places(
        await SchoolFinder.load(db, scope),
        dict(classes),
        grades,
        {name: dict(found) for name, found in terms.items()},
        {row.id: row.path for row in regions},
    )


LOCAL_TIMETABLES = kind_of(
    HEADINGS,
    (SCHOOL, TERM, CLASS, SUBJECT, PERIODS),
    (
        ("示范一村小", "990121", "", "2026年秋季学期", "三年级1班", "2024", "语文", "7"),
        ("示范二村小", "990121", "示范中心小学", "2026年秋季学期", "一年级", "", "", ""),
    ),
    _timetables,
)
