"""What figures of coverage rest on: local timetables of the points, and rosters.

A point's classes are taught by their own school what the curriculum of the platform asks for, but
for what it has nobody to teach: music and art nowhere, science at two points of three.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from app.coverage.models import LocalPeriods, LocalTimetable
from app.coverage.seeds import PLAN, rows_of
from app.security import CSRF_HEADER
from bench.data.asking import NotAnswered, client
from bench.data.people import Cookies, People
from bench.data.province import BELLS, Province, school_time
from bench.data.questions import Rosters
from bench.data.rows import Rows, numbered

_TIMETABLE, _PERIODS = 6, 7
_NOBODY = frozenset({"music", "fine_art"})
_SELDOM, _EVERY = "science", 3
_MOST_SUBJECTS = 32  # numbers of periods are counted on from class to class in steps of this


def _tenths(grade: int) -> dict[str, int]:
    """Return what the curriculum asks for in a grade, in tenths of a period a week."""
    asked = {row["subject"]: round(float(row[str(grade)]) * 10) for row in rows_of(PLAN)}
    return {subject: tenths for subject, tenths in asked.items() if tenths}


class Covered:
    """The local timetables of a province's points. `subjects`: the ids of the subjects' codes."""

    def __init__(self, province: Province, subjects: Mapping[str, UUID]) -> None:
        self._province, self._subjects = province, subjects
        self._saved = school_time(province.first_day, BELLS[0])

    def tables(self) -> Iterator[Rows]:
        """Give the timetables, then what they hold."""
        yield Rows(
            LocalTimetable,
            ("id", "school_id", "term_id", "class_id", "grade_no", "saved_at", "version"),
            (
                (numbered(_TIMETABLE, number), each.point.school_id, self._province.term_id,
                 each.id, each.grade, self._saved, 1)
                for number, each in enumerate(self._province.classes())
            ),
        )  # fmt: skip
        yield Rows(
            LocalPeriods,
            ("id", "timetable_id", "subject_id", "tenths_a_week", "saved_at"),
            self._periods(),
        )

    def _periods(self) -> Iterator[tuple[Any, ...]]:
        asked = {grade: _tenths(grade) for grade in range(1, 7)}
        for number, each in enumerate(self._province.classes()):
            for place, (subject, tenths) in enumerate(asked[each.grade].items()):
                if subject in _NOBODY or (subject == _SELDOM and each.point_number % _EVERY):
                    continue
                yield (
                    numbered(_PERIODS, number * _MOST_SUBJECTS + place),
                    numbered(_TIMETABLE, number), self._subjects[subject], tenths, self._saved,
                )  # fmt: skip


async def take_rosters(url: str, who: People, province: Province) -> Rosters:
    """Freeze and sign both as the page does. Raise NotAnswered."""
    first = province.counties[0]
    return Rosters(
        county=await _take(url, who.county, province, first.region_id),
        province=await _take(url, who.province, province, province.region_id),
    )


async def _take(url: str, cookies: Cookies, province: Province, region_id: UUID) -> UUID:
    async with client(url, cookies) as browser:
        me = (await browser.get("/api/me")).json()
        answer = await browser.post(
            "/api/rosters",
            json={
                "region_id": str(region_id),
                "name": "本学期名册",
                "taken_on": str(province.first_day),
            },
            headers={CSRF_HEADER: me["person"]["csrf_token"]},
        )
        if answer.status_code != 201:
            raise NotAnswered(f"roster: {answer.status_code} {answer.text[:300]}")
        return UUID(answer.json()["id"])
