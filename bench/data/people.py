"""Who asks: people with grants in a province, signed in, and a classroom's computer."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.models import Account, AccountState
from app.accounts.service import Browser, Lifetimes
from app.clock import utc_now
from app.database import Database
from app.schools import service as schools
from app.security import DEVICE_COOKIE, PERSON_COOKIE, Role
from bench.data.province import Province

_LIFETIMES = Lifetimes(idle=timedelta(hours=2), absolute=timedelta(hours=12))
_BROWSER = Browser("127.0.0.1", "data run")

Cookies = dict[str, str]


@dataclass(frozen=True, slots=True)
class People:
    """The cookies of each."""

    county: Cookies
    province: Cookies
    teacher: Cookies
    classroom: Cookies


async def sign_in(database: Database, province: Province) -> People:
    """Give grants in the first county and in the whole province; sign everybody in."""
    county = province.counties[0]
    hub = county.hubs[0]
    async with database.unit_of_work() as db:
        code, _ = await schools.issue_code(
            db, classroom_id=county.points[0].room_id, lifetime=timedelta(hours=1), now=utc_now()
        )
        enrolled = await schools.enrol(db, code=code, user_agent="data run", now=utc_now())
        assert enrolled.credential is not None
        return People(
            county=await _keeper(db, "county", province, of_county=True),
            province=await _keeper(db, "province", province, of_county=False),
            teacher=await _teacher(db, hub.teachers[0], hub.school_id),
            classroom={DEVICE_COOKIE: enrolled.credential},
        )


async def _keeper(db: AsyncSession, name: str, province: Province, *, of_county: bool) -> Cookies:
    region = province.counties[0].region_id if of_county else province.region_id
    account = await accounts.create_person(
        db, name=name, username=name, school_id=None, now=utc_now()
    )
    await accounts.grant(db, person_id=account.person_id, role=Role.ADMINISTRATOR, region_id=region)
    return _cookies(db, account)


async def _teacher(db: AsyncSession, person_id: UUID, school_id: UUID) -> Cookies:
    account = Account(
        person_id=person_id, username="teacher", state=AccountState.PENDING, created_at=utc_now()
    )
    db.add(account)
    await db.flush()
    await accounts.grant(db, person_id=person_id, role=Role.TEACHER, school_id=school_id)
    return _cookies(db, account)


def _cookies(db: AsyncSession, account: Account) -> Cookies:
    accounts.move(account, AccountState.ACTIVE)
    token = accounts.start_session(
        db, account=account, browser=_BROWSER, lifetimes=_LIFETIMES, now=utc_now()
    )
    return {PERSON_COOKIE: token}
