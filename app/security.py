"""Who is calling, and what a route lets in.

Every route names its policy by depending on exactly one `Policy`: `Anyone`, `CurrentPerson`,
`CurrentDevice`, `CurrentCaller` or one with roles. `app.main` refuses to start when a route has
none. A policy checks the caller *and*, on unsafe methods, that the request comes from our own
page: with a caller by the `X-CSRF-Token` of its session, without one by the Origin.

This module knows no slice: `app.main` gives it an `Authenticator` made of the slices' queries.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import BaseRoute

from app.addresses import canonical
from app.clock import Now
from app.database import Database
from app.errors import Forbidden, NotSignedIn, Problem

PERSON_COOKIE = "classrooms_session"
DEVICE_COOKIE = "classrooms_device"
DEVICE_COOKIE_MAX_AGE_S = 400 * 86400  # the longest a browser keeps one (RFC 6265bis section 5.5)
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Role(StrEnum):
    """What a person may be, within a scope."""

    TEACHER = "TEACHER"
    SUPERVISOR = "SUPERVISOR"
    ADMINISTRATOR = "ADMINISTRATOR"


# Who may look at what is done in the scope.
INSPECTING = (Role.ADMINISTRATOR, Role.SUPERVISOR)


class NotFromOurPage(Forbidden):
    """The request was not made by a page of ours: the token or the Origin is wrong."""

    type, title = "csrf-refused", "The request did not come from this platform's page"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role within a region and all below it, a school and its teaching points, or an alliance."""

    role: Role
    region_id: UUID | None
    school_id: UUID | None
    alliance_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Where some roles hold. `app.schools.queries.schools_within` turns it into schools.

    An alliance is no school: who holds one sees what the schools in it do together, and neither
    their classrooms nor their people.
    """

    region_ids: frozenset[UUID] = frozenset()
    school_ids: frozenset[UUID] = frozenset()
    alliance_ids: frozenset[UUID] = frozenset()

    def __bool__(self) -> bool:
        """Return whether it covers anything at all."""
        return bool(self.region_ids or self.school_ids or self.alliance_ids)


@dataclass(frozen=True, slots=True)
class PersonCaller:
    """A signed-in person. `is_restricted`: may read, may change nothing."""

    person_id: UUID
    account_id: UUID
    session_id: UUID
    name: str
    school_id: UUID | None
    csrf_token: str
    is_restricted: bool
    grants: tuple[Grant, ...]

    @property
    def roles(self) -> frozenset[Role]:
        """Return the roles held anywhere."""
        return frozenset(grant.role for grant in self.grants)

    def scope(self, *roles: Role) -> Scope:
        """Return where at least one of `roles` is held."""
        held = [grant for grant in self.grants if grant.role in roles]
        return Scope(
            frozenset(grant.region_id for grant in held if grant.region_id is not None),
            frozenset(grant.school_id for grant in held if grant.school_id is not None),
            frozenset(grant.alliance_id for grant in held if grant.alliance_id is not None),
        )


@dataclass(frozen=True, slots=True)
class DeviceCaller:
    """The computer of a classroom."""

    device_id: UUID
    classroom_id: UUID
    school_id: UUID
    name: str
    csrf_token: str


@dataclass(frozen=True, slots=True)
class Callers:
    """Who a browser proves to be: a person, a classroom's device, both or neither."""

    person: PersonCaller | None = None
    device: DeviceCaller | None = None


class Authenticator(Protocol):
    """What the slices answer for a cookie. Tokens are given as they came; None: not valid."""

    async def person(self, db: AsyncSession, *, token: str, now: datetime) -> PersonCaller | None:
        """Return who is signed in with this token."""

    async def device(self, db: AsyncSession, *, token: str, now: datetime) -> DeviceCaller | None:
        """Return the classroom's device that holds this credential."""


def new_token() -> str:
    """Return 256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return what is stored of a token: SHA-256, in hex. Enough for a random 256-bit secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token_of(credential: str) -> str:
    """Derive a device's CSRF token from its credential, which no script can read."""
    return hash_token("csrf:" + credential)


def client_address(request: Request) -> str:
    """Return the caller's address, canonical; proxies were already resolved (`app.main`)."""
    return canonical(request.client.host)[:45] if request.client else "unknown"


def cookie_name(request: Request, name: str) -> str:
    """Return the cookie's name: over https browsers hold `__Host-` to this host and path."""
    return f"__Host-{name}" if request.url.scheme == "https" else name


def set_cookie(
    request: Request, response: Response, name: str, value: str, *, max_age_s: int | None = None
) -> None:
    """Give the browser a credential that scripts cannot read and other sites cannot send."""
    response.set_cookie(
        cookie_name(request, name),
        value,
        max_age=max_age_s,
        path="/",
        httponly=True,
        secure=request.url.scheme == "https",
        samesite="lax",
    )


def delete_cookie(request: Request, response: Response, name: str) -> None:
    """Take a credential back."""
    response.delete_cookie(
        cookie_name(request, name),
        path="/",
        httponly=True,
        secure=request.url.scheme == "https",
        samesite="lax",
    )


def is_own_origin(origin: str, *, scheme: str, host: str, allowed: Iterable[str]) -> bool:
    """Return whether `origin` is the page this request's own host serves, or one on the list."""
    parts = urlsplit(origin)
    return (parts.scheme, parts.netloc) == (scheme, host) or origin in allowed


async def identify(request: Request, now: Now) -> Callers:
    """Read both cookies. What is unknown, expired or revoked counts as absent.

    In a transaction of its own: that somebody was seen is written down, and a request that
    goes on to write in further transactions would wait for itself with SQLite.
    """
    authenticator: Authenticator = request.app.state.authenticator
    database: Database = request.app.state.database
    person_token = request.cookies.get(cookie_name(request, PERSON_COOKIE))
    device_token = request.cookies.get(cookie_name(request, DEVICE_COOKIE))
    if not person_token and not device_token:
        return Callers()
    async with database.unit_of_work() as db:
        return Callers(
            await authenticator.person(db, token=person_token, now=now) if person_token else None,
            await authenticator.device(db, token=device_token, now=now) if device_token else None,
        )


def _refuse_foreign_page(request: Request) -> None:
    """Raise unless the browser says that a page of this very origin made the request.

    For the routes that come before a session exists. A browser always sends at least one of
    the two headers with an unsafe method, and no page can forge them (Fetch section 3.1).
    """
    origin = request.headers.get("Origin")
    if origin is not None:
        if not is_own_origin(
            origin,
            scheme=request.url.scheme,
            host=request.headers.get("Host", ""),
            allowed=request.app.state.settings.public_origins,
        ):
            raise NotFromOurPage
    elif request.headers.get("Sec-Fetch-Site") != "same-origin":
        raise NotFromOurPage


def _has_token(request: Request, expected: str) -> bool:
    given = request.headers.get(CSRF_HEADER, "")
    return secrets.compare_digest(given.encode(), expected.encode())


def made_by(request: Request, callers: Callers) -> Callers:
    """Return the callers this request may count on: on unsafe methods, those whose token it has."""
    if request.method in SAFE_METHODS:
        return callers
    person, device = callers.person, callers.device
    proven = Callers(
        person if person and _has_token(request, person.csrf_token) else None,
        device if device and _has_token(request, device.csrf_token) else None,
    )
    if (person or device) and not (proven.person or proven.device):
        raise NotFromOurPage
    return proven


class Policy:
    """What a route lets in. Exactly one among the dependencies of every route."""

    def refuses(self, *, is_unsafe: bool) -> Iterator[type[Problem]]:
        """Name what it can answer instead: a change needs its token or Origin (`app.openapi`)."""
        if is_unsafe:
            yield NotFromOurPage


class _AnyonePolicy(Policy):
    """Lets everybody in; on unsafe methods only from our own page."""

    async def __call__(
        self, request: Request, callers: Annotated[Callers, Depends(identify)]
    ) -> Callers:
        if request.method not in SAFE_METHODS:
            _refuse_foreign_page(request)
        return callers


class _NobodyKnownPolicy(Policy):
    """Lets everybody in and asks nothing of the database: for liveness, static pages, figures."""

    async def __call__(self, request: Request) -> None:
        if request.method not in SAFE_METHODS:
            raise NotFromOurPage


@dataclass(frozen=True)
class _PersonPolicy(Policy):
    """Lets in a signed-in person who holds, somewhere, one of `roles` (none named: any person)."""

    roles: frozenset[Role] = field(default_factory=frozenset)

    def refuses(self, *, is_unsafe: bool) -> Iterator[type[Problem]]:
        """Also whoever is nobody, lacks the role, or may only look."""
        yield NotSignedIn
        yield from super().refuses(is_unsafe=is_unsafe)
        if is_unsafe or self.roles:
            yield Forbidden

    async def __call__(
        self, request: Request, callers: Annotated[Callers, Depends(identify)]
    ) -> PersonCaller:
        if callers.person is None:
            raise NotSignedIn
        person = made_by(request, Callers(person=callers.person)).person
        assert person is not None
        if self.roles and not self.roles & person.roles:
            raise Forbidden("Your account has no role that allows this.")
        _refuse_change_by_restricted(request, person)
        return person


class _DevicePolicy(Policy):
    """Lets in a classroom's device."""

    def refuses(self, *, is_unsafe: bool) -> Iterator[type[Problem]]:
        """Also whoever is no device."""
        yield NotSignedIn
        yield from super().refuses(is_unsafe=is_unsafe)

    async def __call__(
        self, request: Request, callers: Annotated[Callers, Depends(identify)]
    ) -> DeviceCaller:
        if callers.device is None:
            raise NotSignedIn("This browser is not the device of a classroom.")
        device = made_by(request, Callers(device=callers.device)).device
        assert device is not None
        return device


class _CallerPolicy(Policy):
    """Lets in a person or a device; at least one of the two is there."""

    def refuses(self, *, is_unsafe: bool) -> Iterator[type[Problem]]:
        """Also whoever is neither, or a person who may only look."""
        yield NotSignedIn
        yield from super().refuses(is_unsafe=is_unsafe)
        if is_unsafe:
            yield Forbidden

    async def __call__(
        self, request: Request, callers: Annotated[Callers, Depends(identify)]
    ) -> Callers:
        if callers.person is None and callers.device is None:
            raise NotSignedIn
        proven = made_by(request, callers)
        if proven.person is not None:
            _refuse_change_by_restricted(request, proven.person)
        return proven


def _refuse_change_by_restricted(request: Request, person: PersonCaller) -> None:
    # Signing out stays possible: it takes away, it gives nothing.
    if person.is_restricted and request.method not in SAFE_METHODS:
        if request.url.path.endswith("/sign-out"):
            return
        raise Forbidden("Your account is restricted: it may look, and change nothing.")


Anyone = Annotated[Callers, Depends(_AnyonePolicy())]
NobodyKnown = Depends(_NobodyKnownPolicy())
CurrentPerson = Annotated[PersonCaller, Depends(_PersonPolicy())]
CurrentDevice = Annotated[DeviceCaller, Depends(_DevicePolicy())]
CurrentCaller = Annotated[Callers, Depends(_CallerPolicy())]
CurrentTeacher = Annotated[PersonCaller, Depends(_PersonPolicy(frozenset({Role.TEACHER})))]
CurrentAdministrator = Annotated[
    PersonCaller, Depends(_PersonPolicy(frozenset({Role.ADMINISTRATOR})))
]
CurrentInspector = Annotated[PersonCaller, Depends(_PersonPolicy(frozenset(INSPECTING)))]


def _policies(dependant: Dependant) -> Iterable[Policy]:
    call: object = dependant.call
    if isinstance(call, Policy):
        yield call
    for below in dependant.dependencies:
        yield from _policies(below)


def routes_without_policy(
    routes: Iterable[BaseRoute], *, exempt: frozenset[str] = frozenset()
) -> list[str]:
    """Return the paths that do not name exactly one policy and are not exempt by path."""
    lacking = []
    for context in iter_route_contexts(list(routes)):
        dependant = getattr(context, "dependant", None)
        count = len(list(_policies(dependant))) if dependant is not None else 0
        if count != 1 and context.path not in exempt:
            lacking.append(str(context.path))
    return lacking
