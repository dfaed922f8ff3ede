"""Needs and offers as tests post them, and the market they meet in."""

from dataclasses import dataclass
from typing import Any

import httpx2

from app.schools.models import School
from tests.app.alliance_steps import JSON, found
from tests.app.conftest import TestBrowser
from tests.factories import County

PERIODS = [
    {"number": 1, "starts": "08:30", "ends": "09:10"},
    {"number": 2, "starts": "09:20", "ends": "10:00"},
    {"number": 3, "starts": "14:00", "ends": "14:40"},
]


def need(school: School, **other: Any) -> JSON:
    return {
        "school_id": str(school.id),
        "subject": "music",
        "grade_no": 3,
        "language": "zh",
        "periods_a_week": 2,
        "weekdays": [1, 3],
        "earliest": "08:00",
        "latest": "12:00",
        "starts_on": "2026-03-02",
        "ends_on": "2026-07-10",
    } | other


def offer(school: School, **other: Any) -> JSON:
    return {
        "school_id": str(school.id),
        "subject": "music",
        "grade_from": 1,
        "grade_to": 6,
        "language": "zh",
        "periods_a_week": 8,
        "valid_from": "2026-02-24",
    } | other


async def accept(browser: TestBrowser, one: JSON, chosen: JSON, school: School) -> httpx2.Response:
    """Accept an offer as it was read, for a need as it was read."""
    return await browser.act(
        f"/api/needs/{one['id']}/accept",
        {
            "offer_id": chosen["id"],
            "offer_version": chosen["version"],
            "school_id": str(school.id),
        },
        etag=f'"{one["version"]}"',
    )


@dataclass
class Market:
    """A county with two hubs that offer music, and the page of its administrator."""

    keeper: TestBrowser
    county: County
    hub: School
    far: School
    site: School

    async def matches(self, one: JSON) -> list[JSON]:
        items: list[JSON] = (await found(self.keeper, f"/api/needs/{one['id']}/matches"))["items"]
        return items

    async def accept(self, one: JSON, chosen: JSON, school: School) -> httpx2.Response:
        """Accept what was read, the need as it is now."""
        version = (await found(self.keeper, f"/api/needs/{one['id']}"))["version"]
        return await accept(self.keeper, one | {"version": version}, chosen["offer"], school)
