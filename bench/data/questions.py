"""The requests that are measured: what pages of the platform ask for, each with its target."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from bench.data.province import County, Province

Who = Literal["county", "province", "teacher", "classroom"]
PAGE_MS, PROVINCE_MS = 200.0, 1000.0


@dataclass(frozen=True, slots=True)
class Question:
    """A request under a name people know it by; `path` gives another one for every number."""

    name: str
    who: Who
    path: Callable[[int], str]
    limit_ms: float = PAGE_MS


def questions(province: Province, pairings: list[UUID], needs: list[UUID]) -> list[Question]:
    """Return what is asked. `pairings` and `needs`: some of the first county, to look at."""
    county = province.counties[0]

    def period(number: int, *, days: int = 31) -> str:
        last = province.today - timedelta(days=number % 28)
        return f"from={last - timedelta(days=days)}&to={last}"

    def hub(number: int) -> UUID:
        return county.hubs[number % len(county.hubs)].school_id

    def point(number: int) -> UUID:
        return county.points[number % len(county.points)].school_id

    def county_asks(name: str, path: Callable[[int], str]) -> Question:
        return Question(name, "county", path)

    def pairing(number: int) -> str:
        return f"/api/pairings/{pairings[number % len(pairings)]}"

    return [
        Question("the classroom's day", "classroom", lambda _: "/api/classroom/today"),
        Question("the teacher's day", "teacher", lambda _: "/api/teacher/lessons"),
        county_asks("sessions of a county", lambda n: f"/api/admin/sessions?{period(n)}"),
        Question(
            "sessions of the province", "province", lambda n: f"/api/admin/sessions?{period(n)}"
        ),
        county_asks(
            "session search by words",
            lambda n: f"/api/admin/sessions?{period(n)}&q={_word(county, n)}",
        ),
        county_asks("attendance of a county", lambda n: f"/api/admin/attendance?{period(n)}"),
        county_asks(
            "attendance of a school",
            lambda n: f"/api/admin/attendance?{period(n)}&school_id={point(n)}",
        ),
        county_asks("service hours of a county", lambda n: f"/api/admin/service-hours?{period(n)}"),
        Question("schools of the province", "province", lambda n: f"/api/schools?q={n}"),
        county_asks("one school", lambda n: f"/api/schools/{hub(n)}"),
        county_asks("classrooms of a county", lambda _: "/api/classrooms"),
        county_asks("needs of a county", lambda _: "/api/needs"),
        county_asks("matches of a need", lambda n: f"/api/needs/{needs[n % len(needs)]}/matches"),
        Question("pairings of the province", "province", lambda _: "/api/pairings"),
        county_asks("one pairing", pairing),
        county_asks("a pairing's four tracks", lambda n: f"{pairing(n)}/tracks?{period(n)}"),
        county_asks("terms and weeks", lambda _: f"/api/terms/{province.term_id}/weeks"),
    ]


def _word(county: County, number: int) -> str:
    return ("音乐", "美术", f"示范{county.number + 1}县第{number % 9 + 1}小学", "第7课")[number % 4]


def month_export(today: date) -> str:
    """Return the export of the last month's attendance."""
    return f"/api/admin/attendance/export?format=csv&from={today - timedelta(days=31)}&to={today}"
