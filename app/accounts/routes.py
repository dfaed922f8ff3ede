"""Who this browser is: sign-in, links, passwords, and being a classroom's device."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import queries, service
from app.accounts.errors import LinkUsedOrExpired, PasswordTooWeak, SignInLocked, SignInRefused
from app.accounts.models import LinkPurpose
from app.accounts.passwords import Passwords
from app.accounts.schemas import (
    DeviceIdentity,
    Enrol,
    Me,
    PersonOut,
    RedeemedOut,
    RedeemLink,
    RoleOut,
    SetPassword,
    SignIn,
)
from app.accounts.service import Browser, Lifetimes
from app.clock import Now
from app.database import Database, Db
from app.errors import NotSignedIn, refuses
from app.ratelimits import RateLimit
from app.schools import queries as schools
from app.schools import service as devices
from app.schools.errors import CodeUsedOrExpired
from app.schools.schemas import Named
from app.security import (
    DEVICE_COOKIE,
    DEVICE_COOKIE_MAX_AGE_S,
    INSPECTING,
    PERSON_COOKIE,
    Anyone,
    Callers,
    CurrentDevice,
    CurrentPerson,
    DeviceCaller,
    PersonCaller,
    Role,
    client_address,
    delete_cookie,
    set_cookie,
)
from app.settings import Settings

router = APIRouter(prefix="/api", tags=["accounts"])


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _passwords(request: Request) -> Passwords:
    passwords: Passwords = request.app.state.passwords
    return passwords


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def lifetimes(request: Request) -> Lifetimes:
    """Return how long sessions last here."""
    settings = _settings(request)
    return Lifetimes(
        idle=timedelta(minutes=settings.session_idle_minutes),
        absolute=timedelta(hours=settings.session_hours),
    )


def browser(request: Request) -> Browser:
    """Return where the request comes from."""
    return Browser(client_address(request), request.headers.get("User-Agent", ""))


Lasting = Annotated[Lifetimes, Depends(lifetimes)]
From = Annotated[Browser, Depends(browser)]


def home_of(roles: frozenset[Role]) -> str:
    """Return the first page of somebody with these roles."""
    if roles & {*INSPECTING} and Role.TEACHER not in roles:
        return "/admin"
    return "/teach"


async def _person_out(db: AsyncSession, person: PersonCaller) -> PersonOut:
    names = await queries.scope_names(db, person)
    return PersonOut(
        id=person.person_id,
        name=person.name,
        school=names[person.school_id] if person.school_id else None,
        roles=[
            RoleOut(role=g.role, scope_name=names[scope])
            for g in person.grants
            if (scope := g.region_id or g.school_id or g.alliance_id) is not None
        ],
        is_operator=await schools.covers_everything(db, person.scope(Role.ADMINISTRATOR)),
        csrf_token=person.csrf_token,
        home=home_of(person.roles),
    )


async def _device_out(db: AsyncSession, caller: DeviceCaller) -> DeviceIdentity:
    device = await schools.get_device(db, caller.device_id)
    classroom = device.classroom
    return DeviceIdentity(
        id=device.id,
        name=device.name,
        classroom=Named(id=classroom.id, name=classroom.name),
        school=Named(id=classroom.school.id, name=classroom.school.name),
        csrf_token=caller.csrf_token,
    )


async def _me(request: Request, db: AsyncSession, callers: Callers) -> Me:
    return Me(
        person=await _person_out(db, callers.person) if callers.person else None,
        device=await _device_out(db, callers.device) if callers.device else None,
        demo=_settings(request).demo,
    )


async def _signed_in(
    request: Request,
    response: Response,
    db: AsyncSession,
    now: Now,
    *,
    token: str,
    device: DeviceCaller | None,
    lasting: Lifetimes,
) -> Callers:
    """Give the browser its new session's cookie and return who it is from now on."""
    person = await service.authenticate(db, token=token, now=now, idle=lasting.idle)
    if person is None:  # disabled in this very moment
        raise NotSignedIn
    set_cookie(request, response, PERSON_COOKIE, token)
    return Callers(person, device)


@router.get("/me")
async def read_me(request: Request, db: Db, callers: Anyone) -> Me:
    """Say who this browser is; never refused."""
    return await _me(request, db, callers)


@router.post("/sign-in", dependencies=[Depends(RateLimit("sign-in", "60/minute"))])
@refuses(SignInRefused, SignInLocked, NotSignedIn)
async def sign_in(
    *,
    body: SignIn,
    request: Request,
    response: Response,
    callers: Anyone,
    now: Now,
    lasting: Lasting,
    where: From,
) -> Me:
    """Sign in with name and password. An earlier session of this browser ends."""
    database = _database(request)
    token = await service.sign_in(
        database,
        _passwords(request),
        username=body.username,
        password=body.password,
        browser=where,
        lifetimes=lasting,
        now=now,
    )
    async with database.unit_of_work() as db:
        if callers.person is not None:
            await service.sign_out(db, session_id=callers.person.session_id, now=now)
        known = await _signed_in(
            request, response, db, now, token=token, device=callers.device, lasting=lasting
        )
        return await _me(request, db, known)


@router.post("/sign-out", status_code=204)
async def sign_out(
    request: Request, response: Response, db: Db, now: Now, caller: CurrentPerson
) -> None:
    """End this browser's session."""
    await service.sign_out(db, session_id=caller.session_id, now=now)
    delete_cookie(request, response, PERSON_COOKIE)


@router.post(
    "/links/redeem",
    response_model_exclude_none=True,
    dependencies=[Depends(RateLimit("links", "60/minute"))],
)
@refuses(LinkUsedOrExpired, NotSignedIn)
async def redeem_link(
    *,
    body: RedeemLink,
    request: Request,
    response: Response,
    db: Db,
    callers: Anyone,
    now: Now,
    lasting: Lasting,
    where: From,
) -> RedeemedOut:
    """Use a demonstration link to sign in, or learn whose password a set-up link sets.

    Signing in ends an earlier session of this browser.
    """
    redeemed = await service.redeem_link(
        db,
        token=body.token,
        browser=where,
        lifetimes=lasting,
        now=now,
        is_demonstration=_settings(request).demo,
    )
    if redeemed.session_token is None:
        return RedeemedOut(purpose=LinkPurpose.SET_PASSWORD, username=redeemed.username)
    if callers.person is not None:
        await service.sign_out(db, session_id=callers.person.session_id, now=now)
    known = await _signed_in(
        request,
        response,
        db,
        now,
        token=redeemed.session_token,
        device=callers.device,
        lasting=lasting,
    )
    assert known.person is not None
    return RedeemedOut(purpose=LinkPurpose.DEMONSTRATION, home=home_of(known.person.roles))


@router.post("/links/set-password", dependencies=[Depends(RateLimit("links", "60/minute"))])
@refuses(LinkUsedOrExpired, PasswordTooWeak, NotSignedIn)
async def set_password(
    *,
    body: SetPassword,
    request: Request,
    response: Response,
    callers: Anyone,
    now: Now,
    lasting: Lasting,
    where: From,
) -> Me:
    """Set the password a set-up link is for, use the link up, and sign in."""
    database = _database(request)
    token = await service.set_password(
        database,
        _passwords(request),
        token=body.token,
        password=body.password,
        browser=where,
        lifetimes=lasting,
        now=now,
    )
    async with database.unit_of_work() as db:
        known = await _signed_in(
            request, response, db, now, token=token, device=callers.device, lasting=lasting
        )
        return await _me(request, db, known)


@router.post("/devices/enrol", dependencies=[Depends(RateLimit("enrol", "10/minute"))])
@refuses(CodeUsedOrExpired)
async def enrol_device(
    *, body: Enrol, request: Request, response: Response, db: Db, callers: Anyone, now: Now
) -> Me:
    """Make this browser the device of a classroom. One browser is one device."""
    known = callers.device.device_id if callers.device else None
    enrolled = await devices.enrol(
        db,
        code=body.code,
        user_agent=request.headers.get("User-Agent", ""),
        now=now,
        known=known,
    )
    if enrolled.credential is None:
        return await _me(request, db, callers)
    set_cookie(
        request,
        response,
        DEVICE_COOKIE,
        enrolled.credential,
        max_age_s=DEVICE_COOKIE_MAX_AGE_S,
    )
    device = await devices.authenticate_device(db, token=enrolled.credential, now=now)
    return await _me(request, db, Callers(callers.person, device))


@router.post("/devices/me/forget", status_code=204)
async def forget_device(
    request: Request, response: Response, db: Db, caller: CurrentDevice
) -> None:
    """Have this browser no longer be the classroom's device."""
    devices.revoke(db, device=await schools.get_device(db, caller.device_id))
    delete_cookie(request, response, DEVICE_COOKIE)
