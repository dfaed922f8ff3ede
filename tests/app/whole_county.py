"""A county with one of everything that has an address, for tests that walk the whole API."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import Account
from app.attendance.models import AttendanceRecord
from app.attendance.seats import HUB, site_seat
from app.calendars.models import Term
from app.coverage import sheets
from app.coverage.sheets import Signer
from app.coverage.weeks import Period
from app.database import Database
from app.jobs import service as jobs
from app.live import service as live
from app.live.ledger import DatabaseLedger
from app.planning.models import PlannedCourse, Planning
from app.recordings.captions import RecordingCaptions
from app.recordings.downloads import RecordingDownload
from app.recordings.micro_lessons import MicroLesson
from app.recordings.models import DownloadForm, Recording, RecordingClip, RecordingState
from app.recordings.retention import DeletionCertificate, DeletionReason, RecordingHold
from app.schools.roster_models import RosterSnapshot
from signaling.messages import EndReason
from signaling.ports import EventType, RoomEvent
from tests.app.alliance_steps import PDF, attach, join, made, pairing, run
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.county_callers import callers_of
from tests.app.needs.market import need, offer
from tests.app.test_calendars import bells, term
from tests.app.test_jobs_pages import caller
from tests.app.timetable_steps import make_offering
from tests.factories import County, make_county, make_lesson, make_region

# Of path parameters that name no thing of a county.
PLAIN = {
    "track": "TRAINING",
    "kind": "schools",
    "token": "no-address-that-was-ever-made",
    "seat_id": HUB,
    "group": "camera",
    "source": "camera",
    "file": "1-1.mp4",
    "filler_file": "video-0-900000.mp4",
    "form": "SOUND",
    "number": "0",
}


@dataclass
class Whole:
    """A county, by path parameter the id of a thing of it, and its callers.

    Beside the county's own: the "principal" of the hub, the "ally" who keeps the alliance, the
    "city" above it, and one whose role is "past".
    """

    county: County
    ids: dict[str, UUID]
    accounts: dict[str, Account]


async def make_whole_county(
    open_browser: OpenBrowser, database: Database, clock: Clock, *, mark: str
) -> Whole:
    """Make everything; names of schools, people and things hold `mark`."""
    async with database.unit_of_work() as db:
        city = await make_region(db)
        county = await make_county(db, parent=city)
        for school in (county.hub, *county.points):
            school.name = f"{mark}{school.name}"
            await db.merge(school)
    keeper = await open_browser(county.administrator)
    ids = {
        "classroom_id": county.classrooms[0].id,
        "device_id": county.devices[0].id,
        "school_id": county.hub.id,
        "region_id": county.region.id,
    }
    ids |= await _registry(keeper, county, mark)
    ids |= await _lesson(database, clock, county, mark)
    ids |= await _calendar(keeper, county, mark)
    ids |= await _micro_lesson(database, clock, county, mark, ids["recording_id"])
    ids |= await _alliance(keeper, county, mark)
    ids |= await _planning(database, clock, county, mark, term_id=ids["term_id"])
    ids |= await _offering(keeper, county, ids["term_id"], mark)
    ids |= await _coverage(keeper, database, county, mark, ids)
    async with database.unit_of_work() as db:
        job = await jobs.enqueue(
            db, kind="test.report", payload={}, owner=caller(county.administrator), now=clock.now
        )
    accounts = await callers_of(database, clock, county, city, ids["alliance_id"])
    return Whole(county, ids | {"job_id": job.id}, accounts)


async def _lesson(database: Database, clock: Clock, county: County, mark: str) -> dict[str, UUID]:
    async with database.unit_of_work() as db:
        lesson = await make_lesson(
            db,
            lecturer=county.teacher,
            hub=county.hub,
            classrooms=county.classrooms,
            title=f"{mark}小雨沙沙",
            planned_start=clock.now,
        )
        session = await live.start_lesson(
            db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=clock.now
        )
    ledger, room = DatabaseLedger(database, clock=clock), str(session.id)
    seat = site_seat(lesson.sites[0].id)
    await ledger.record(
        room,
        [
            RoomEvent(EventType.LESSON_STARTED, 0, payload={"epoch": 1}),
            RoomEvent(EventType.SEAT_JOINED, 0, HUB, HUB),
            RoomEvent(EventType.SEAT_JOINED, 60_000, seat, seat),
            RoomEvent(EventType.HEADCOUNT, 120_000, seat, seat, {"count": 12}),
        ],
    )
    await ledger.lesson_ended(room, EndReason.ENDED_BY_LECTURER, 2_400_000, HUB)
    async with database.unit_of_work() as db:
        recording = (
            await db.scalars(select(Recording).where(Recording.session_id == session.id))
        ).one()
        recording.state = RecordingState.READY
        clip = RecordingClip(
            recording_id=recording.id,
            seat_id=HUB,
            group="camera",
            file="hub.mp4",
            mime="video/mp4",
            start_ms=0,
            duration_ms=1000,
            has_audio=True,
            has_video=True,
            bytes=1,
        )
        db.add(clip)
        db.add(
            RecordingDownload(
                recording_id=recording.id,
                form=DownloadForm.SOUND,
                file="lesson.m4a",
                bytes=1,
                duration_ms=1000,
                lufs=-16.0,
                speed=1.0,
                made_at=clock.now,
            )
        )
        hold = RecordingHold(
            recording_id=recording.id,
            reason=f"{mark}争议",
            placed_at=clock.now,
            placed_by_id=county.administrator.person_id,
            is_of_office=True,
        )
        db.add(hold)
        db.add(
            DeletionCertificate(
                recording_id=recording.id,
                reason=DeletionReason.WITHDRAWN,
                note=f"{mark}家长",
                asked_at=clock.now,
                removed_at=clock.now,
                files=1,
                bytes=1,
                files_sha256="0" * 64,
            )
        )
        captions = RecordingCaptions(
            recording_id=recording.id,
            language="zh-Hans",
            label=f"{mark}字幕",
            text=f"WEBVTT\n\n00:00:00.100 --> 00:00:00.900\n{mark}\n",
            cues=1,
            brought_by=county.teacher.person_id,
            brought_at=clock.now,
        )
        db.add(captions)
        records = await db.scalars(
            select(AttendanceRecord.id).where(AttendanceRecord.session_id == session.id)
        )
        ids = {
            "record_id": records.all()[0],
            "session_id": session.id,
            "recording_id": recording.id,
        }
    ids |= {"hold_id": hold.id, "captions_id": captions.id}
    return ids | {"lesson_id": lesson.id, "clip_id": clip.id}


async def _planning(
    database: Database, clock: Clock, county: County, mark: str, *, term_id: UUID
) -> dict[str, UUID]:
    async with database.unit_of_work() as db:
        term = await db.get_one(Term, term_id)
        offering = await make_offering(db, county, name=f"{mark}音乐", term=term)
        planning = Planning(
            term_id=term_id,
            first_day=term.starts_on,
            least_minutes=35,
            kept_free=[],
            asked_at=clock.now,
            asked_by=county.administrator.person_id,
            courses=[PlannedCourse(offering_id=offering.id)],
        )
        db.add(planning)
        await db.flush()
        return {"planning_id": planning.id}


async def _micro_lesson(
    database: Database, clock: Clock, county: County, mark: str, recording_id: UUID
) -> dict[str, UUID]:
    async with database.unit_of_work() as db:
        piece = MicroLesson(
            recording_id=recording_id,
            title=f"{mark}第一句",
            from_ms=0,
            until_ms=1000,
            maker_id=county.teacher.person_id,
            saved_at=clock.now,
            asked_at=clock.now,
            file="micro.mp4",
            bytes=1,
            duration_ms=1000,
        )
        db.add(piece)
    return {"micro_lesson_id": piece.id}


async def _registry(keeper: TestBrowser, county: County, mark: str) -> dict[str, UUID]:
    pupils = await made(
        keeper,
        "/api/school-classes",
        {
            "school_id": str(county.hub.id),
            "name": f"{mark}三年级一班",
            "stage": "2",
            "grade_no": 3,
            "entry_year": 2023,
            "pupil_count": 31,
        },
    )
    roster = await made(
        keeper,
        "/api/rosters",
        {
            "region_id": str(county.region.id),
            "name": f"{mark}名册",
            "taken_on": "2026-03-02",
        },
    )
    role = await made(
        keeper,
        "/api/role-grants",
        {
            "person_id": str(county.teacher.person_id),
            "role": "TEACHER",
            "school_id": str(county.points[0].id),
            "purpose": f"{mark}支教",
        },
    )
    post = await made(
        keeper,
        "/api/staff-posts",
        {
            "school_id": str(county.hub.id),
            "name": f"{mark}张老师",
            "staff_no": "0101",
            "kind": "TEACHER",
        },
    )
    office = await made(
        keeper,
        "/api/authorities",
        {"region_id": str(county.region.id), "name": f"{mark}教体局", "level": "COUNTY"},
    )
    words = (await keeper.get("/api/codes?kind=REGION_LABEL")).json()["items"]
    label = await made(
        keeper, f"/api/regions/{county.region.id}/labels", {"code_id": words[0]["id"]}
    )
    return {
        "authority_id": UUID(office["id"]),
        "region_label_id": UUID(label["id"]),
        "post_id": UUID(post["id"]),
        "class_id": UUID(pupils["id"]),
        "roster_id": UUID(roster["id"]),
        "grant_id": UUID(role["id"]),
    }


async def _calendar(keeper: TestBrowser, county: County, mark: str) -> dict[str, UUID]:
    region = str(county.region.id)
    day = {"region_id": region, "day": "2026-05-01", "kind": "HOLIDAY", "name": f"{mark}劳动节"}
    one = await made(keeper, "/api/terms", term(county, name=f"{mark}学期"))
    free = await made(keeper, "/api/calendar-days", day)
    rings = await made(keeper, "/api/bell-schedules", bells(county.hub.id, name=f"{mark}作息"))
    return {
        "term_id": UUID(one["id"]),
        "day_id": UUID(free["id"]),
        "schedule_id": UUID(rings["id"]),
    }


async def _offering(
    keeper: TestBrowser, county: County, term_id: UUID, mark: str
) -> dict[str, UUID]:
    body = {
        "name": f"{mark}音乐",
        "hub_school_id": str(county.hub.id),
        "lecturer_id": str(county.teacher.person_id),
        "subject": "music",
        "grade_no": 3,
        "term_id": str(term_id),
        "periods_a_week": 2,
        "sites": [{"classroom_id": str(room.id)} for room in county.classrooms],
    }
    opened = await made(keeper, "/api/course-offerings", body)
    return {"offering_id": UUID(opened["id"])}


async def _alliance(keeper: TestBrowser, county: County, mark: str) -> dict[str, UUID]:
    alliance = await made(
        keeper,
        "/api/alliances",
        {
            "region_id": str(county.region.id),
            "name": f"{mark}联盟",
            "starts_on": "2026-02-24",
        },
    )
    member = await join(keeper, alliance, "HUB", school_id=str(county.hub.id))
    await join(keeper, alliance, "MEMBER", school_id=str(county.points[0].id))
    await attach(keeper, f"/api/alliances/{alliance['id']}")
    promised = pairing(county.hub, county.points[0], name=f"{mark}专递", alliance_id=alliance["id"])
    pair = await made(keeper, "/api/pairings", promised)
    await run(keeper, pair, county.hub, county.points[0])
    wanted = await made(keeper, "/api/needs", need(county.points[0]))
    offered = await made(keeper, "/api/hub-offers", offer(county.hub))
    path = f"/api/pairings/{pair['id']}"
    handed = await keeper.send("POST", f"{path}/evidence?name={mark}研修", content=PDF)
    file = {"id": handed.json()["file_id"]}
    event: dict[str, Any] = await made(
        keeper,
        f"{path}/events/TRAINING",
        {"title": f"{mark}研修", "held_on": "2026-03-02", "file_id": file["id"]},
    )
    found = {"alliance": alliance, "member": member, "pairing": pair, "need": wanted, "file": file}
    found |= {"offer": offered, "event": event}
    return {f"{name}_id": UUID(each["id"]) for name, each in found.items()}


async def _coverage(
    keeper: TestBrowser, database: Database, county: County, mark: str, ids: dict[str, UUID]
) -> dict[str, UUID]:
    subjects = (await keeper.get("/api/codes?kind=SUBJECT&limit=200")).json()["items"]
    subject = next(each["id"] for each in subjects if each["label_zh"] == "音乐")
    plan = await made(
        keeper,
        "/api/curriculum-plans",
        {
            "region_id": str(county.region.id),
            "name": f"{mark}课程计划",
            "valid_from": "2026-02-01",
            "cells": [{"grade_no": 3, "subject_id": subject, "periods_a_week": 2}],
        },
    )
    timetable = await made(
        keeper,
        "/api/local-timetables",
        {
            "term_id": str(ids["term_id"]),
            "class_id": str(ids["class_id"]),
            "periods": [{"subject_id": subject, "periods_a_week": 1}],
        },
    )
    async with database.unit_of_work() as db:
        roster = await db.get_one(RosterSnapshot, ids["roster_id"])
        await db.refresh(roster, ["region"])
        period = Period(date(2026, 3, 2), date(2026, 3, 8), (date(2026, 3, 2),))
        by = Signer(None, f"{mark}核定人", datetime(2026, 3, 9, tzinfo=UTC))
        sheet = await sheets.compute(db, roster, period, by=by)
    return {
        "plan_id": UUID(plan["id"]),
        "timetable_id": UUID(timetable["id"]),
        "sheet_id": sheet.id,
    }
