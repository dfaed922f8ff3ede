"""What the demonstration county does together: a term, bells, an alliance, pairings, a need.

Made once, after the county itself; whoever changes it keeps what he changed.
"""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import queries as accounts
from app.alliances import needs, pairings, service, tracks
from app.alliances.models import Alliance, HubOffer, MemberRole, Pairing, PairingKind, Track
from app.alliances.need_schemas import NeedIn, OfferIn
from app.alliances.pairing_schemas import PairingIn, PartyIn
from app.alliances.pairings import Actor
from app.alliances.schemas import AllianceIn, MemberIn, TermPlanIn
from app.alliances.track_schemas import TrackEventIn
from app.calendars import service as calendars
from app.calendars.days import local_day, monday_of
from app.calendars.models import BellSchedule, Term
from app.calendars.schemas import BellsIn, PeriodIn, TermIn
from app.demo import HUB, POINTS, PRIMARY_SCHOOL, REGIONS
from app.files import FileStore, keep_upload
from app.schools import queries as schools_queries
from app.schools import service as schools
from app.schools.models import Region, School

SECOND_HUB = "示范实验小学"
# Degrees north and east: invented, a day's walk apart.
PLACES = {
    HUB: (31.85, 106.75),
    SECOND_HUB: (31.95, 106.90),
    "示范一村小": (31.88, 106.79),
    "示范二村小": (31.80, 106.70),
    "示范三村小": (31.92, 106.66),
    "云岭教学点": (32.05, 106.95),
    "竹溪教学点": (32.07, 106.98),
}
LESSON_STARTS = ("08:40", "09:30", "10:30", "11:20", "14:30", "15:20")
SINCE = timedelta(weeks=4)


async def prepare(db: AsyncSession, store: FileStore, *, now: datetime) -> None:
    """Make what the schools of the county do together, unless it is there."""
    region = await schools_queries.region_by_code(db, REGIONS[-1][0])
    assert region is not None
    if await db.scalar(select(Alliance.id).where(Alliance.region_id == region.id)) is not None:
        return
    people = [await accounts.account_by_username(db, "demo-li")]
    assert people[0] is not None
    person_id = people[0].person_id
    known = await _schools(db, region)
    term = await _calendar(db, region, known, today=local_day(now))
    alliance = await _alliance(db, region, known, term)
    await _offers(db, known, today=local_day(now))
    since = Actor(person_id, now - SINCE)
    running = await _pairings(db, store, alliance, known, since)
    await _tracks(db, running, person_id=person_id, now=now)
    await _need(db, known["竹溪教学点"], person_id=person_id, now=now)


async def _schools(db: AsyncSession, region: Region) -> dict[str, School]:
    rows = await db.scalars(select(School).where(School.region_id == region.id))
    known = {school.name: school for school in rows}
    known[SECOND_HUB] = await schools.create_school(
        db, name=SECOND_HUB, category=PRIMARY_SCHOOL, region=region
    )
    for name, (north, east) in PLACES.items():
        known[name].latitude, known[name].longitude = north, east
    await db.flush()
    return known


def _bells(school: School, *, name: str, later: int, season: tuple[str, str] | None) -> BellsIn:
    """Six lessons of 40 minutes, `later` minutes after the town's."""
    periods = []
    for number, starts in enumerate(LESSON_STARTS, start=1):
        hours, minutes = map(int, starts.split(":"))
        begin = hours * 60 + minutes + later
        end = begin + 40
        periods.append(
            PeriodIn(
                number=number,
                starts=f"{begin // 60:02}:{begin % 60:02}",
                ends=f"{end // 60:02}:{end % 60:02}",
            )
        )
    return BellsIn(
        school_id=school.id,
        name=name,
        season_from=season and season[0],
        season_to=season and season[1],
        valid_from=date(2024, 9, 1),
        periods=periods,
    )


async def _calendar(
    db: AsyncSession, region: Region, known: dict[str, School], *, today: date
) -> Term:
    monday = monday_of(today)
    term = await calendars.save_term(
        db,
        Term(),
        TermIn(
            region_id=region.id,
            name="本学期",
            starts_on=monday - timedelta(weeks=12),
            ends_on=monday + timedelta(weeks=8, days=4),
        ),
    )
    town, hills = known[HUB], known["云岭教学点"]
    for school, name, later, season in (
        (town, "夏季作息", 0, ("05-01", "09-30")),
        (town, "冬季作息", 10, ("10-01", "04-30")),
        (known[SECOND_HUB], "全年作息", 25, None),
        (hills, "山区作息", 15, None),
    ):
        body = _bells(school, name=name, later=later, season=season)
        await calendars.save_bells(db, BellSchedule(periods=[]), body)
    return term


async def _alliance(
    db: AsyncSession, region: Region, known: dict[str, School], term: Term
) -> Alliance:
    alliance = Alliance()
    begins = term.starts_on
    await service.save_alliance(
        db,
        alliance,
        AllianceIn(
            region_id=region.id,
            name="示范县城乡教学联盟",
            purpose="中心校带教学点, 开齐开足音乐, 美术和英语。",
            starts_on=begins,
        ),
    )
    for name in (HUB, SECOND_HUB, *POINTS):
        role = MemberRole.MEMBER if name in POINTS else MemberRole.HUB
        body = MemberIn(school_id=known[name].id, role=role, from_on=begins)
        await service.add_member(db, alliance, known[name], body)
    plan = TermPlanIn(
        text="每周两节音乐专递课, 每月一次同步研修。",
        preparations=20,
        lessons=40,
        resources=20,
        trainings=4,
    )
    await service.save_plan(db, alliance, term, None, plan)
    return alliance


async def _offers(db: AsyncSession, known: dict[str, School], *, today: date) -> None:
    for name, subject, first, last, periods in (
        (HUB, "music", 1, 6, 8),
        (HUB, "english", 3, 6, 4),
        (SECOND_HUB, "english", 5, 6, 12),
        (SECOND_HUB, "fine_art", 1, 6, 6),
    ):
        body = OfferIn(
            school_id=known[name].id,
            subject=subject,
            grade_from=first,
            grade_to=last,
            language="zh",
            periods_a_week=periods,
            valid_from=today - timedelta(weeks=12),
        )
        await needs.save_offer(db, HubOffer(), body)


async def _pairings(
    db: AsyncSession, store: FileStore, alliance: Alliance, known: dict[str, School], since: Actor
) -> Pairing:
    """Make one that runs, one that passes lessons on, one that waits for the hub; return the first.

    The hub teaches three village schools and Yunling; Yunling passes on to Zhuxi (一点带多点).
    """
    file = await keep_upload(
        db,
        store,
        _one_page(),
        name="示范县城乡教学联盟协议.pdf",
        person_id=since.person_id,
        now=since.now,
    )
    await service.attach_agreement(
        db, file, alliance_id=alliance.id, person_id=since.person_id, now=since.now
    )
    first = await _pairing(db, alliance, "音乐专递课堂", known, (HUB, *POINTS[:4]), since=since)
    await _run(db, first, known[HUB], since)
    second = await _pairing(
        db, alliance, "云岭带竹溪", known, ("云岭教学点", "竹溪教学点"), since=since
    )
    await _run(db, second, known["云岭教学点"], since)
    waiting = await _pairing(
        db,
        alliance,
        "美术专递课堂",
        known,
        (SECOND_HUB, "竹溪教学点"),
        since=since,
        subject="fine_art",
    )
    actor = Actor(since.person_id, since.now + SINCE, known["竹溪教学点"].id)
    await pairings.propose(db, waiting, actor)
    return first


async def _pairing(
    db: AsyncSession,
    alliance: Alliance,
    name: str,
    known: dict[str, School],
    names: tuple[str, ...],
    *,
    since: Actor,
    subject: str = "music",
) -> Pairing:
    hub, *partners = (PartyIn(school_id=known[each].id) for each in names)
    body = PairingIn(
        alliance_id=alliance.id,
        kind=PairingKind.DELIVERY,
        name=name,
        hub=hub,
        partners=partners,
        subjects=[subject],
        periods_a_week=2,
        starts_on=since.today,
    )
    return await pairings.save_draft(db, pairings.new(), body)


async def _run(db: AsyncSession, pairing: Pairing, hub: School, since: Actor) -> None:
    await pairings.propose(db, pairing, Actor(since.person_id, since.now, hub.id))
    for partner in pairings.partners_of(pairing):
        await pairings.agree(db, pairing, Actor(since.person_id, since.now, partner.school_id))
    await pairings.activate(db, pairing, since)


async def _tracks(db: AsyncSession, pairing: Pairing, *, person_id: UUID, now: datetime) -> None:
    today = local_day(now)
    for track, weeks, title, people in (
        (Track.PREPARATION, 3, "共同备课: 《小雨沙沙》", 6),
        (Track.PREPARATION, 1, "共同备课: 《认识周长》", 5),
        (Track.RESOURCE, 2, "课件与伴奏: 《小雨沙沙》", None),
        (Track.TRAINING, 2, "同步研修: 音乐课怎样请教学点上台", 11),
    ):
        body = TrackEventIn(
            held_on=today - timedelta(weeks=weeks),
            title=title,
            people=people,
            link="https://example.org/evidence",
        )
        await tracks.enter(db, pairing, track, body, person_id=person_id, now=now)


async def _need(db: AsyncSession, school: School, *, person_id: UUID, now: datetime) -> None:
    today = local_day(now)
    body = NeedIn(
        school_id=school.id,
        subject="english",
        grade_no=3,
        language="zh",
        periods_a_week=2,
        weekdays=[2, 4],
        earliest="08:00",
        latest="12:10",
        starts_on=today,
        ends_on=today + timedelta(weeks=8),
        note="英语老师上学期调走了。",
    )
    await needs.post(db, body, person_id=person_id, now=now)


async def _one_page() -> AsyncIterator[bytes]:
    """Give a PDF of one page that says what it is."""
    text = b"BT /F1 20 Tf 72 740 Td (Demonstration agreement) Tj ET"
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    yield body + b"xref\n0 6\n0000000000 65535 f \n%strailer\n<</Size 6/Root 1 0 R>>\n" % table
    yield b"startxref\n%d\n%%%%EOF\n" % len(body)
