"""What the pages send and get about accounts."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.accounts.models import LinkPurpose
from app.database import WITHOUT_NUL
from app.schools.schemas import Named
from app.security import Role


class Incoming(BaseModel):
    """What a page sends: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class SignIn(Incoming):
    """Name and password."""

    username: Annotated[str, Field(min_length=1, max_length=64, pattern=WITHOUT_NUL)]
    password: Annotated[str, Field(min_length=1, max_length=256)]


class RedeemLink(Incoming):
    """The token behind `/enter#`."""

    token: Annotated[str, Field(min_length=1, max_length=100)]


class SetPassword(RedeemLink):
    """The token and the password chosen."""

    password: Annotated[str, Field(min_length=1, max_length=256)]


class Enrol(Incoming):
    """An enrolment code as typed."""

    code: Annotated[str, Field(min_length=1, max_length=40)]


class RoleOut(BaseModel):
    """A role and the name of the region or school it holds in."""

    role: Role
    scope_name: str


class PersonOut(BaseModel):
    """The person signed in. `is_operator`: she administers all there is."""

    id: UUID
    name: str
    school: str | None
    roles: list[RoleOut]
    is_operator: bool
    csrf_token: str
    home: str


class DeviceIdentity(BaseModel):
    """The classroom's device this browser is."""

    id: UUID
    name: str
    classroom: Named
    school: Named
    csrf_token: str


class Me(BaseModel):
    """Who this browser proves to be."""

    person: PersonOut | None
    device: DeviceIdentity | None
    demo: bool


class RedeemedOut(BaseModel):
    """What a link gave: a home page to go to, or the name a password is to be set for."""

    purpose: LinkPurpose
    home: str | None = None
    username: str | None = None
