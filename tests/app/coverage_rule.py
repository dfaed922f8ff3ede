"""The figures of a world by the plain rules, from its rows and timetables; no statement is asked.

The reference `app.coverage.figures` is held against.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from app.alliances.models import NeedState
from app.calendars.days import local_day, monday_of
from app.coverage import rules
from app.coverage.models import Basis, Indicator
from app.coverage.rules import Cell
from app.lessons.models import LessonKind
from tests.app.coverage_world import GRADES, SUBJECTS, World

WIDER = {"english": "foreign_language", "japanese": "foreign_language"}


@dataclass(frozen=True, slots=True)
class Came:
    """A period that reached a school: (origin, school) once."""

    school_id: UUID
    week: date
    kind: LessonKind
    subject: str | None
    grade_no: int | None


def came_of(world: World, basis: Basis) -> list[Came]:
    pairs: dict[tuple[UUID, UUID], list[bool]] = defaultdict(list)
    told = {}
    for row in world.rows:
        if row.counts and not row.is_after_school and row.school_id != row.giver_id:
            pairs[row.origin_id, row.school_id].append(row.is_locked)
            told[row.origin_id] = row
    found = []
    for (origin_id, school_id), locked in pairs.items():
        row = told[origin_id]
        if basis is Basis.COUNTED or any(locked):
            found.append(
                Came(
                    school_id,
                    monday_of(local_day(row.at)),
                    row.kind,
                    SUBJECTS[row.subject],
                    GRADES[row.grade],
                )
            )
    return found


def cells_of(
    world: World,
    came: Iterable[Came],
    required: dict[tuple[int, str], int],
    *,
    schools: Iterable[UUID],
    teaching: int,
) -> dict[tuple[UUID, int, str], Cell]:
    came = [each for each in came if each.kind is not LessonKind.MASTER]
    cells = {}
    for school in schools:
        for grade in {grade for owner, grade, _ in world.local if owner == school}:
            for (of_grade, subject), tenths in required.items():
                if of_grade != grade:
                    continue
                classes = [
                    sum(n for s, n in taught.items() if WIDER.get(s, s) == subject)
                    for (owner, g, _), taught in world.local.items()
                    if (owner, g) == (school, grade)
                ]
                delivered = sum(
                    each.school_id == school
                    and each.grade_no == grade
                    and each.subject is not None
                    and WIDER.get(each.subject, each.subject) == subject
                    for each in came
                )
                cells[school, grade, subject] = Cell(
                    required=tenths * teaching,
                    local=rules.local_of_classes(classes) * teaching,
                    delivered=delivered * 10,
                )
    return cells


def unplaced_of(
    world: World, basis: Basis, required: dict[tuple[int, str], int], *, schools: list[UUID]
) -> int:
    """Return how many periods reached these schools for which there is no cell."""
    came = [
        each
        for each in came_of(world, basis)
        if each.kind is not LessonKind.MASTER and each.school_id in schools
    ]
    cells = cells_of(world, came, required, schools=schools, teaching=1)
    return len(came) - sum(cell.delivered for cell in cells.values()) // 10


def figures_of(
    world: World,
    basis: Basis,
    required: dict[tuple[int, str], int],
    *,
    schools: list[UUID],
    teaching: list[date],
) -> dict[Indicator, tuple[int, int]]:
    came = came_of(world, basis)
    in_class = [each for each in came if each.kind is LessonKind.DELIVERY]
    cells = cells_of(world, came, required, schools=schools, teaching=len(teaching))
    totals = rules.total(cells.values(), permille=500)
    regular = 0
    for school in schools:
        weeks = defaultdict(set)
        for each in in_class:
            if each.school_id == school and each.subject and each.week in teaching:
                weeks[each.subject].add(each.week)
        regular += any(
            rules.is_regular(weeks_with=len(each), weeks=len(teaching), permille=800)
            for each in weeks.values()
        )
    asking, met = _needs(world, came, schools, teaching)
    return {
        Indicator.COV_REACHED: (
            len({each.school_id for each in in_class} & set(schools)),
            len(schools),
        ),
        Indicator.COV_REGULAR: (regular, len(schools)),
        Indicator.COV_NEED: (met, asking),
        Indicator.COV_PERIODS: (totals.filled, totals.lacking),
        Indicator.OFFER_RATE: (totals.offered, totals.subjects),
        Indicator.PERIOD_RATE: (totals.taught, totals.required),
    }


def _needs(
    world: World, came: list[Came], schools: list[UUID], teaching: list[date]
) -> tuple[int, int]:
    verdicts = defaultdict(list)
    for need in world.needs:
        weeks = [
            week
            for week in teaching
            if need.starts_on <= week + timedelta(days=6) and need.ends_on >= week
        ]
        if need.state is NeedState.WITHDRAWN or not weeks or need.school_id not in schools:
            continue
        delivered = sum(
            (each.school_id, each.grade_no, each.subject)
            == (need.school_id, need.grade_no, need.subject)
            and each.week in weeks
            and each.kind is not LessonKind.MASTER
            for each in came
        )
        asked = need.periods_a_week * len(weeks)
        verdicts[need.school_id].append(
            rules.is_met(delivered=delivered, asked=asked, permille=900)
        )
    return len(verdicts), sum(all(each) for each in verdicts.values())
