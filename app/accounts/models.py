"""Tables of people, accounts, roles, signed-in sessions and one-time links."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, Id
from app.security import Role


class AccountState(StrEnum):
    """PENDING until a password is set; RESTRICTED accounts sign in and may only read."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    RESTRICTED = "RESTRICTED"
    DISABLED = "DISABLED"


NEXT_ACCOUNT_STATE: dict[AccountState, frozenset[AccountState]] = {
    AccountState.PENDING: frozenset({AccountState.ACTIVE, AccountState.DISABLED}),
    AccountState.ACTIVE: frozenset({AccountState.RESTRICTED, AccountState.DISABLED}),
    AccountState.RESTRICTED: frozenset({AccountState.ACTIVE, AccountState.DISABLED}),
    AccountState.DISABLED: frozenset({AccountState.ACTIVE}),
}


class LinkPurpose(StrEnum):
    """What a link is for."""

    SET_PASSWORD = "SET_PASSWORD"  # noqa: S105 - the name of a purpose, no password
    DEMONSTRATION = "DEMONSTRATION"


class Person(Base):
    """人员: a human being, with or without an account."""

    __tablename__ = "people"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80))
    school_id: Mapped[UUID | None] = mapped_column(ForeignKey("schools.id"), index=True)


class Account(Base):
    """账号: how a person signs in."""

    __tablename__ = "accounts"

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), unique=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[AccountState] = mapped_column(default=AccountState.PENDING)
    created_at: Mapped[datetime]
    last_sign_in_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="raise")


class SignInFailure(Base):
    """Failures of one username from one address: the lock-out is kept per pair.

    Kept for names that do not exist too, so that a lock tells nobody which names do.
    """

    __tablename__ = "sign_in_failures"
    __table_args__ = (UniqueConstraint("username", "address"),)

    id: Mapped[Id]
    username: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(45))
    failures: Mapped[int] = mapped_column(default=0)
    last_failed_at: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime | None]


class RoleGrant(Base):
    """授权: a role within a region, or within a school; exactly one of the two."""

    __tablename__ = "role_grants"
    __table_args__ = (
        CheckConstraint("(region_id IS NULL) <> (school_id IS NULL)", name="one_scope"),
    )

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[Role]
    region_id: Mapped[UUID | None] = mapped_column(ForeignKey("regions.id"), index=True)
    school_id: Mapped[UUID | None] = mapped_column(ForeignKey("schools.id"), index=True)
    until: Mapped[datetime | None]


class SignInSession(Base):
    """A signed-in browser. The cookie holds a random token; here is only its SHA-256."""

    __tablename__ = "sign_in_sessions"

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(300), default="")

    account: Mapped[Account] = relationship(lazy="raise")


class AccountLink(Base):
    """A link that proves an account without a password: set-up (once) or demonstration."""

    __tablename__ = "account_links"

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[LinkPurpose]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
