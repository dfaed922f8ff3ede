"""Use cases of schools: enrol a classroom's device, hear of it, revoke it."""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import is_one
from app.events import emit
from app.schools import queries
from app.schools.errors import BadRegionCode, CodeUsedOrExpired
from app.schools.events import DeviceRevoked, LineDeclared
from app.schools.models import (
    NEXT_DEVICE_STATE,
    Classroom,
    Device,
    DeviceKind,
    DeviceState,
    EnrolmentCode,
    LineCheck,
    Region,
    Road,
    School,
)
from app.security import DeviceCaller, csrf_token_of, hash_token, new_token

# Digits and letters that nobody confuses when a code is read out or copied from paper.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8
HEARD_EVERY = timedelta(seconds=5)


async def authenticate_device(
    db: AsyncSession, *, token: str, now: datetime
) -> DeviceCaller | None:
    """Return the device that holds this credential; coming back by itself makes it trusted."""
    device = await queries.device_by_credential(db, hash_token(token))
    if device is None:
        return None
    if device.state is DeviceState.ENROLLED and now - device.enrolled_at > HEARD_EVERY:
        device.state = DeviceState.TRUSTED
    return DeviceCaller(
        device_id=device.id,
        classroom_id=device.classroom_id,
        school_id=device.classroom.school_id,
        name=device.name,
        csrf_token=csrf_token_of(token),
    )


async def hear(db: AsyncSession, *, device_id: UUID, now: datetime) -> None:
    """Note that a device is there; written at most every five seconds."""
    await db.execute(
        update(Device)
        .where(
            Device.id == device_id,
            Device.last_seen_at.is_(None) | (Device.last_seen_at <= now - HEARD_EVERY),
        )
        .values(last_seen_at=now)
    )


def tidy_code(text: str) -> str:
    """Return a typed code as it was issued: upper case, blanks and hyphens left out."""
    return "".join(character for character in text.upper() if character.isalnum())


async def issue_code(
    db: AsyncSession,
    *,
    classroom_id: UUID,
    lifetime: timedelta,
    now: datetime,
    uses: int = 1,
    kind: DeviceKind = DeviceKind.BROWSER,
) -> tuple[str, datetime]:
    """Return a new enrolment code and when it expires; only its hash is kept.

    `kind`: what the device is that will use it.
    Eight characters are 39 bits: with the limit on attempts and one hour of life nobody
    guesses one.
    """
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    expires_at = now + lifetime
    db.add(
        EnrolmentCode(
            classroom_id=classroom_id,
            code_hash=hash_token(code),
            created_at=now,
            expires_at=expires_at,
            uses_left=uses,
            device_kind=kind,
        )
    )
    await db.flush()
    return code, expires_at


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A device; its credential when it is new, which only the browser keeps."""

    device: Device
    credential: str | None


async def enrol(
    db: AsyncSession, *, code: str, user_agent: str, now: datetime, known: UUID | None = None
) -> Enrolled:
    """Use a code and make this browser a device of the code's classroom.

    `known` is the device the browser is already: of this classroom it stays that one, of
    another it is revoked, for one browser is one device.
    """
    hashed = hash_token(tidy_code(code))
    # One statement decides, so that a code cannot be used twice at the same moment.
    used = await db.execute(
        update(EnrolmentCode)
        .where(
            EnrolmentCode.code_hash == hashed,
            EnrolmentCode.uses_left > 0,
            EnrolmentCode.expires_at > now,
        )
        .values(uses_left=EnrolmentCode.uses_left - 1, used_at=now)
    )
    if not is_one(used):
        raise CodeUsedOrExpired
    row = await db.execute(
        select(EnrolmentCode.classroom_id, EnrolmentCode.device_kind).where(
            EnrolmentCode.code_hash == hashed
        )
    )
    classroom_id, kind = row.one()
    if known is not None:
        before = await queries.get_device(db, known)
        if before.classroom_id == classroom_id:
            return Enrolled(before, None)
        revoke(db, device=before)
    others = await queries.devices_of(db, [classroom_id], with_revoked=True)
    credential = new_token()
    device = Device(
        classroom_id=classroom_id,
        name=f"终端 {len(others) + 1}",
        credential_hash=hash_token(credential),
        enrolled_at=now,
        last_seen_at=now,
        user_agent=user_agent[:300],
        kind=kind,
    )
    db.add(device)
    await db.flush()
    return Enrolled(device, credential)


def revoke(db: AsyncSession, *, device: Device) -> None:
    """Shut a device out for good; its live connections end after the commit."""
    if device.state is DeviceState.REVOKED:
        return
    assert DeviceState.REVOKED in NEXT_DEVICE_STATE[device.state]
    device.state = DeviceState.REVOKED
    emit(db, DeviceRevoked(device.id))


def declare_line(
    db: AsyncSession, *, classroom: Classroom, down_kbps: int | None, up_kbps: int | None
) -> None:
    """Write down what a classroom's line carries; a lesson under way hears of it after commit."""
    if (classroom.budget_down_kbps, classroom.budget_up_kbps) == (down_kbps, up_kbps):
        return
    classroom.budget_down_kbps, classroom.budget_up_kbps = down_kbps, up_kbps
    emit(db, LineDeclared(classroom.id, down_kbps, up_kbps))


@dataclass(frozen=True, slots=True)
class FoundLine:
    """What a device check found. `is_turn_open` None: there is no relay."""

    is_udp_open: bool
    is_tcp_open: bool
    is_turn_open: bool | None
    rtt_ms: int | None
    down_kbps: int | None
    up_kbps: int | None

    @property
    def road(self) -> Road:
        """Return the best road that is open: straight before through the relay, UDP before TCP."""
        if self.is_udp_open:
            return Road.UDP
        if self.is_tcp_open:
            return Road.TCP
        return Road.TURN if self.is_turn_open else Road.NONE


async def keep_line_check(
    db: AsyncSession,
    found: FoundLine,
    *,
    device_id: UUID | None = None,
    account_id: UUID | None = None,
    address: str,
    now: datetime,
) -> LineCheck:
    """Keep what a device or an account last found of its line, in place of what it found before."""
    assert (device_id is None) != (account_id is None)
    figures = asdict(found) | {"checked_at": now, "address": address, "road": found.road}
    check = await queries.line_check_of(db, device_id=device_id, account_id=account_id)
    if check is None:
        check = LineCheck(device_id=device_id, account_id=account_id, **figures)
        try:
            async with db.begin_nested():
                db.add(check)
            return check
        except IntegrityError:  # another page of the same holder was first
            check = await queries.line_check_of(db, device_id=device_id, account_id=account_id)
            assert check is not None
    for name, value in figures.items():
        setattr(check, name, value)
    return check


def region_code(text: str) -> str:
    """Return a region's code as it is kept: six digits down to the county, twelve below.

    Raise BadRegionCode.
    """
    code = text.strip()
    if len(code) == 12 and code.endswith("000000"):
        code = code[:6]
    if len(code) not in {6, 12} or not (code.isascii() and code.isdigit()):
        raise BadRegionCode(f"{text!r} is no region's code: write its 6 or 12 digits.")
    return code


async def create_region(
    db: AsyncSession, *, code: str, name: str, parent: Region | None = None
) -> Region:
    """Add a region. Raise BadRegionCode."""
    code = region_code(code)
    region = Region(
        code=code,
        name=name,
        parent_id=parent.id if parent else None,
        path=f"{parent.path if parent else '/'}{code}/",
    )
    db.add(region)
    await db.flush()
    return region


async def create_school(
    db: AsyncSession,
    *,
    name: str,
    category: str,
    region: Region,
    parent: School | None = None,
) -> School:
    """Add a school; a teaching point names the school it belongs to."""
    school = School(
        name=name, category=category, region_id=region.id, parent_id=parent.id if parent else None
    )
    db.add(school)
    await db.flush()
    return school


async def ensure_classroom(db: AsyncSession, *, school: School, name: str) -> Classroom:
    """Return the school's classroom of this name; add it when it is not there."""
    classroom = await db.scalar(
        select(Classroom).where(Classroom.school_id == school.id, Classroom.name == name)
    )
    if classroom is None:
        classroom = Classroom(school_id=school.id, name=name)
        db.add(classroom)
        await db.flush()
    return classroom
