"""Classes of pupils and classrooms from tables; the columns are those of their exports."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.codes.catalogue import Catalogue
from app.codes.errors import CodeUnknown
from app.codes.models import CodeKind
from app.database import in_portions, insert_many
from app.schools import cells, registry, school_finder, service
from app.schools.cells import Refused
from app.schools.histories import Noting
from app.schools.models import LEAST_KBPS, MOST_KBPS, Classroom, SchoolClass
from app.schools.queries import schools_within
from app.schools.school_finder import SCHOOL, SchoolFinder
from app.schools.table_import import Wanted, World, kind_of
from app.security import Scope
from app.sheets import Line

CLASS, STAGE, GRADE, ENTRY = "班级名称", "学段代码", "年级", "入学年份"
PUPILS, LANGUAGE, DISSOLVED = "学生人数", "教学语言", "撤班日期"
CLASS_HEADINGS = (
    *school_finder.HEADINGS,
    *(CLASS, STAGE, GRADE, ENTRY, PUPILS, LANGUAGE, DISSOLVED),
)
ROOM, LINK, DOWN, UP = "教室名称", "接入方式", "下行kbps", "上行kbps"
SEATS, CAMERAS, DISPLAYS = "座位数", "摄像机数", "显示屏数"
LINE = ("budget_down_kbps", "budget_up_kbps")
MICROPHONES, BROADCASTS = "阵列麦克风", "可主讲"
ROOM_HEADINGS = (
    *school_finder.HEADINGS,
    *(ROOM, LINK, DOWN, UP, SEATS, CAMERAS, DISPLAYS, MICROPHONES, BROADCASTS),
)


@dataclass(slots=True)
class Classes(World[SchoolClass]):
    """A class is told from others by school, stage, entry year and name."""

    sets: Catalogue
    schools: SchoolFinder
    there: dict[Hashable, SchoolClass]
    usual_language: str
    today: date
    key_column = CLASS

    def read(self, line: Line) -> Wanted:
        """Understand a row: the school, then the thing, then what is said of it."""
        row = line.cells
        school = self.schools.find(row)
        name = cells.text(row, CLASS, 40)
        stage = cells.code(self.sets, CodeKind.STAGE, row.get(STAGE, ""), STAGE).code
        grade = self._grade(row.get(GRADE, ""))
        entry_year = cells.whole(row.get(ENTRY, ""), ENTRY, 1990, 2100)
        pupils = cells.whole(row.get(PUPILS, ""), PUPILS, 0, 500)
        for column, value in ((ENTRY, entry_year), (PUPILS, pupils)):
            if value is None:
                raise Refused(column, "required")
        facts: dict[str, Any] = {"grade_no": grade, "pupil_count": pupils}
        if row.get(LANGUAGE):
            language = cells.code(self.sets, CodeKind.LANGUAGE, row[LANGUAGE], LANGUAGE)
            facts["language_of_instruction"] = language.code
        if DISSOLVED in row:
            facts["closed_on"] = cells.day(row[DISSOLVED], DISSOLVED)
        try:
            registry.check_class_codes(
                self.sets, category=school.category, stage=stage, grade_no=grade
            )
        except CodeUnknown:
            word = self.sets.said(CodeKind.GRADE, grade)
            raise Refused(GRADE, "grade-unfit", word=word) from None
        return Wanted(line, (school.id, stage, entry_year, name), facts)

    def _grade(self, cell: str) -> int:
        """Return the grade as it is counted; 0: before school, which no code set names."""
        return 0 if cell == "0" else int(cells.code(self.sets, CodeKind.GRADE, cell, GRADE).code)

    def require_new(self, wanted: Wanted) -> None:
        """Refuse one of a closed school, or of a code that does not hold today."""
        self.schools.require_open(wanted.key)
        assert isinstance(wanted.key, tuple)
        for kind, code, column in (
            (CodeKind.STAGE, wanted.key[1], STAGE),
            (CodeKind.GRADE, wanted.facts["grade_no"], GRADE),
            (CodeKind.LANGUAGE, wanted.facts.get("language_of_instruction"), LANGUAGE),
        ):
            cells.require_holding(self.sets, kind, code, column, self.today)

    async def make(self, db: AsyncSession, wanted: Sequence[Wanted]) -> None:
        """Insert them, with what the table does not say as it is by itself."""
        keys = ("school_id", "stage", "entry_year", "name")
        await insert_many(
            db,
            SchoolClass,
            [
                {"language_of_instruction": self.usual_language, "closed_on": None}
                | dict(zip(keys, each.key, strict=True))  # type: ignore[call-overload]  # a tuple
                | each.facts
                for each in wanted
            ],
        )


async def _classes(db: AsyncSession, scope: Scope, sets: Catalogue, noting: Noting) -> Classes:
    rows = in_portions(
        db, select(SchoolClass).where(SchoolClass.school_id.in_(schools_within(scope)))
    )
    there: dict[Hashable, SchoolClass] = {
        (row.school_id, row.stage, row.entry_year, row.name): row async for (row,) in rows
    }
    usual = sets.usual(CodeKind.LANGUAGE, noting.on).code
    return Classes(sets, await SchoolFinder.load(db, scope), there, usual, noting.on)


@dataclass(slots=True)
class Classrooms(World[Classroom]):
    """A classroom is told from others by school and name."""

    sets: Catalogue
    schools: SchoolFinder
    there: dict[Hashable, Classroom]
    today: date
    key_column = ROOM

    def read(self, line: Line) -> Wanted:
        """Understand a row: the school, then the thing, then what is said of it."""
        row = line.cells
        school = self.schools.find(row)
        name = cells.text(row, ROOM, 80)
        facts: dict[str, Any] = {}
        if LINK in row:
            code = cells.code(self.sets, CodeKind.LINK, row[LINK], LINK) if row[LINK] else None
            facts["link_kind"] = None if code is None else code.code
        for column, field, least, most in (
            (DOWN, "budget_down_kbps", LEAST_KBPS, MOST_KBPS),
            (UP, "budget_up_kbps", LEAST_KBPS, MOST_KBPS),
            (SEATS, "seats", 0, 1000),
        ):
            if column in row:
                facts[field] = cells.whole(row[column], column, least, most)
        for column, field in ((CAMERAS, "cameras"), (DISPLAYS, "displays")):
            if row.get(column):
                facts[field] = cells.whole(row[column], column, 0, 20)
        for column, field in (
            (MICROPHONES, "has_microphone_array"),
            (BROADCASTS, "may_broadcast"),
        ):
            if column in row:
                facts[field] = cells.yes_or_no(row[column], column)
        return Wanted(line, (school.id, name), facts)

    def require_new(self, wanted: Wanted) -> None:
        """Refuse one of a closed school, or on a line of a kind that does not hold today."""
        self.schools.require_open(wanted.key)
        line = wanted.facts.get("link_kind")
        cells.require_holding(self.sets, CodeKind.LINK, line, LINK, self.today)

    def change(self, db: AsyncSession, thing: Classroom, changes: dict[str, Any]) -> None:
        """Change what differs; a lesson under way keeps to another line from now on."""
        down, up = (changes.pop(field, getattr(thing, field)) for field in LINE)
        service.declare_line(db, classroom=thing, down_kbps=down, up_kbps=up)
        World.change(self, db, thing, changes)

    async def make(self, db: AsyncSession, wanted: Sequence[Wanted]) -> None:
        """Insert them, with what the table does not say as it is by itself."""
        plain: dict[str, Any] = dict.fromkeys(
            ("link_kind", "budget_down_kbps", "budget_up_kbps", "seats")
        )
        plain |= {"cameras": 1, "displays": 1, "has_microphone_array": False}
        plain |= {"may_broadcast": False}
        await insert_many(
            db,
            Classroom,
            [
                plain
                | dict(zip(("school_id", "name"), each.key, strict=True))  # type: ignore[call-overload]  # a tuple
                | each.facts
                for each in wanted
            ],
        )


async def _classrooms(
    db: AsyncSession, scope: Scope, sets: Catalogue, noting: Noting
) -> Classrooms:
    rows = in_portions(db, select(Classroom).where(Classroom.school_id.in_(schools_within(scope))))
    there: dict[Hashable, Classroom] = {(row.school_id, row.name): row async for (row,) in rows}
    return Classrooms(sets, await SchoolFinder.load(db, scope), there, noting.on)


CLASSES = kind_of(
    CLASS_HEADINGS,
    (SCHOOL, CLASS, STAGE, GRADE, ENTRY, PUPILS),
    (
        ("2199000001", "", "", "三年级1班", "小学", "三年级", "2024", "31", "zh", ""),
        ("示范一村小", "990121", "示范中心小学", "一年级", "2", "1", "2026", "9", "bo", ""),
    ),
    _classes,
)
CLASSROOMS = kind_of(
    ROOM_HEADINGS,
    (SCHOOL, ROOM),
    (
        ("2199000001", "", "", "主讲教室", "光纤", "50000", "20000", "48", "2", "2", "是", "是"),
        (
            "示范一村小",
            "990121",
            "",
            "多媒体教室",
            "4G",
            "4000",
            "1000",
            "20",
            "1",
            "1",
            "否",
            "否",
        ),
    ),
    _classrooms,
)
