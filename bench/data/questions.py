"""The requests that are measured: what pages of the platform ask for, each with its target."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from bench.data.province import County, Hub, Province

Who = Literal["county", "province", "teacher", "classroom"]
PAGE_MS, PROVINCE_MS = 200.0, 1000.0

_ATTENDANCE = "/api/admin/attendance"
_CHARTED_WEEKS = 8  # as the page asks, where nobody chose days


@dataclass(frozen=True, slots=True)
class Question:
    """A request under a name people know it by; `path` gives another one for every number."""

    name: str
    who: Who
    path: Callable[[int], str]
    limit_ms: float = PAGE_MS


@dataclass(frozen=True, slots=True)
class Rosters:
    """The first county's roster, and the province's."""

    county: UUID
    province: UUID


def questions(
    province: Province, pairings: list[UUID], needs: list[UUID], rosters: Rosters
) -> list[Question]:
    """Return what is asked. `pairings` and `needs`: some of the first county, to look at."""
    county = province.counties[0]

    def period(number: int) -> str:
        return _month(province, number)

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
        county_asks("county today's wall", lambda _: "/api/admin/workbench"),
        county_asks("points of a county", lambda _: "/api/admin/points"),
        *_weeks(province),
        *_coverage(province, rosters),
        *_recordings(province),
        *_sums(province, rosters),
    ]


def _month(province: Province, number: int) -> str:
    """Ask for the month before some day of the last four weeks."""
    last = province.today - timedelta(days=number % 28)
    return f"from={last - timedelta(days=31)}&to={last}"


def _term(province: Province) -> str:
    return f"from={province.first_day}&to={province.last_day}"


def _weeks(province: Province) -> list[Question]:
    county = province.counties[0]

    def day(number: int) -> str:
        return f"date={province.today - timedelta(weeks=number % 8)}"

    def hub(number: int) -> Hub:
        return county.hubs[number % len(county.hubs)]

    def room(number: int) -> UUID:
        return county.points[number % len(county.points)].room_id

    return [
        Question("a teacher's week", "teacher", lambda n: f"/api/weeks/mine?{day(n)}"),
        Question(
            "a school's week",
            "county",
            lambda n: f"/api/weeks/schools/{hub(n).school_id}?{day(n)}",
        ),
        Question(
            "a classroom's week", "county", lambda n: f"/api/weeks/classrooms/{room(n)}?{day(n)}"
        ),
    ]


def _coverage(province: Province, rosters: Rosters) -> list[Question]:
    """Ask for the term, and every other time for the month before some day of it."""
    points = province.counties[0].points

    def days(number: int) -> str:
        return _month(province, number) if number % 2 else _term(province)

    def county(what: str) -> Callable[[int], str]:
        return lambda n: f"/api/coverage/{what}?roster_id={rosters.county}&{days(n)}"

    def whole(what: str) -> Callable[[int], str]:
        return lambda n: f"/api/coverage/{what}?roster_id={rosters.province}&{days(n)}"

    def school(number: int) -> str:
        return f"/api/coverage/schools/{points[number % len(points)].school_id}?{days(number)}"

    return [
        Question("coverage of a county", "county", county("figures")),
        Question("sites of a county's coverage", "county", county("sites")),
        Question("gaps of a county", "county", county("gaps")),
        Question("lessons of a county's coverage", "county", county("lessons")),
        Question("gaps of a school", "county", school),
        Question("coverage of the province", "province", whole("figures"), PROVINCE_MS),
        Question("coverage, exported", "province", whole("figures/export"), PROVINCE_MS),
        Question("sites of its coverage", "province", whole("sites"), PROVINCE_MS),
        Question("gaps of the province", "province", whole("gaps"), PROVINCE_MS),
    ]


def _recordings(province: Province) -> list[Question]:
    county = province.counties[0]

    def hub(number: int) -> UUID:
        return county.hubs[number % len(county.hubs)].school_id

    def asks(name: str, path: str, more: Callable[[int], str]) -> Question:
        return Question(name, "county", lambda n: f"{path}?{_month(province, n)}&{more(n)}")

    return [
        asks(
            "published lessons searched",
            "/api/recordings/published",
            lambda n: f"q={_word(county, n)}",
        ),
        asks(
            "recording views of a school",
            "/api/admin/recording-views",
            lambda n: f"school_id={hub(n)}",
        ),
        asks("sessions with recordings", "/api/admin/sessions", lambda n: f"school_id={hub(n)}"),
    ]


def _sums(province: Province, rosters: Rosters) -> list[Question]:
    """Ask for what charts show: of a county for the term, of the province for the page's 8 weeks.

    Hours need what is locked, which is the first half of a term.
    """

    def asks(name: str, path: str) -> Question:
        return Question(name, "county", lambda _: f"{path}{_term(province)}")

    def whole(name: str, path: str) -> Question:
        first = province.today - timedelta(days=province.today.weekday(), weeks=_CHARTED_WEEKS - 1)
        days = f"from={first}&to={province.today}"
        return Question(name, "province", lambda _: f"{path}{days}", PROVINCE_MS)

    by_subject = "/api/coverage/gaps/sums?by=SUBJECT&roster_id="
    return [
        asks("attendance by week", f"{_ATTENDANCE}/weeks?"),
        asks("attendance by school", f"{_ATTENDANCE}/schools?"),
        asks("hours by teacher", "/api/admin/service-hours?"),
        asks("gaps by subject", f"{by_subject}{rosters.county}&"),
        whole("the province's attendance by week", f"{_ATTENDANCE}/weeks?"),
        whole("the province's attendance by school", f"{_ATTENDANCE}/schools?"),
        whole("the province's gaps by subject", f"{by_subject}{rosters.province}&"),
    ]


def _word(county: County, number: int) -> str:
    return ("音乐", "美术", f"示范{county.number + 1}县第{number % 9 + 1}小学", "第7课")[number % 4]


def month_export(today: date) -> str:
    """Return the export of the last month's attendance."""
    return f"/api/admin/attendance/export?format=csv&from={today - timedelta(days=31)}&to={today}"
