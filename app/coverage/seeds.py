"""What comes with the platform: the national curriculum of 2022 and the indicators' definitions.

Read from `data/` at every start. A plan that somebody edited stays as it was edited; a definition
is never changed, for figures refer to it: another rule is another number.
"""

import csv
from collections.abc import Mapping
from datetime import UTC, date, datetime
from importlib.resources import files
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.codes import service as codes
from app.codes.models import CodeKind
from app.coverage.models import (
    CurriculumPeriods,
    CurriculumPlan,
    Indicator,
    IndicatorDefinition,
)
from app.database import Database

PLAN = "CURR2022"
SINCE = date(2022, 9, 1)
# Older than any figure: what comes with the platform has always been there.
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


def rows_of(name: str) -> list[dict[str, str]]:
    """Return the rows of a table that comes with the platform."""
    text = (files("app.coverage") / "data" / f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


async def load_own(database: Database) -> None:
    """Load what is missing. Of two processes that start at once one comes second, and finds it."""
    try:
        async with database.unit_of_work() as db:
            await _load(db)
    except IntegrityError:
        async with database.unit_of_work() as db:
            await _load(db)


async def _load(db: AsyncSession) -> None:
    await _definitions(db)
    if await db.scalar(select(CurriculumPlan.id).where(CurriculumPlan.key == PLAN)) is None:
        await _national_plan(db)


async def _definitions(db: AsyncSession) -> None:
    known = await db.execute(select(IndicatorDefinition.indicator, IndicatorDefinition.number))
    there = {(row[0], row[1]) for row in known}
    for row in rows_of("definitions"):
        indicator, number = Indicator(row["indicator"]), int(row["number"])
        if (indicator, number) in there:
            continue
        db.add(
            IndicatorDefinition(
                indicator=indicator,
                number=number,
                valid_from=date.fromisoformat(row["valid_from"]),
                permille=int(row["permille"]) if row["permille"] else None,
                kinds=row["kinds"],
                title_zh=row["title_zh"],
                title_en=row["title_en"],
                rule_zh=row["rule_zh"],
                rule_en=row["rule_en"],
            )
        )


async def _national_plan(db: AsyncSession) -> None:
    plan = CurriculumPlan(
        key=PLAN,
        name="义务教育课程方案（2022年版）",
        source="总课时与各学科比例依 2022 年版方案; 周课时是符合比例的一种安排, 可按本地文件修改",
        valid_from=SINCE,
    )
    db.add(plan)
    await db.flush()
    sets = await codes.catalogue(db)
    for row in rows_of(PLAN):
        subject_id = sets.stored(CodeKind.SUBJECT, row["subject"]).id
        db.add_all(_periods(plan.id, subject_id, row))


def _periods(plan_id: UUID, subject_id: UUID, row: Mapping[str, str]) -> list[CurriculumPeriods]:
    found = []
    for grade_no in (int(column) for column in row if column.isdecimal()):
        tenths = round(float(row[str(grade_no)] or 0) * 10)
        if tenths:
            found.append(
                CurriculumPeriods(
                    plan_id=plan_id,
                    grade_no=grade_no,
                    subject_id=subject_id,
                    tenths_a_week=tenths,
                    saved_at=ALWAYS,
                )
            )
    return found
