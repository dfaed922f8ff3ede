"""Tables of people, accounts, roles, signed-in sessions and one-time links."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, Id
from app.etags import Versioned
from app.pinyin import Named
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


class Person(Named, Base):
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


class PostKind(StrEnum):
    """What somebody does at a school."""

    TEACHER = "TEACHER"
    ASSISTANT = "ASSISTANT"
    PRINCIPAL = "PRINCIPAL"
    OTHER = "OTHER"


class StaffPost(Versioned, Base):
    """岗位: a person's post at a school, from a day to the day before another.

    `staff_no` (工号) tells people of one school apart; no identity card's number is kept.
    """

    __tablename__ = "staff_posts"
    __table_args__ = (UniqueConstraint("school_id", "staff_no"),)

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"))
    staff_no: Mapped[str] = mapped_column(String(32))
    kind: Mapped[PostKind]
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]

    person: Mapped[Person] = relationship(lazy="raise")
    subjects: Mapped[list["StaffSubject"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="StaffSubject.subject_id"
    )


class StaffSubject(Base):
    """任教学科: a subject somebody teaches on a post, a code of kind SUBJECT."""

    __tablename__ = "staff_subjects"

    post_id: Mapped[UUID] = mapped_column(ForeignKey("staff_posts.id"), primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("codes.id"), primary_key=True, index=True)


# Exactly one of the columns is filled; written so that both databases read it.
_ONE_SCOPE = " + ".join(
    f"(CASE WHEN {column} IS NULL THEN 0 ELSE 1 END)"
    for column in ("region_id", "school_id", "authority_id", "alliance_id")
)


class RoleGrant(Base):
    """授权: a role within a region, a school, an alliance, or an authority's reach; exactly one.

    `purpose`: why it was given, for whoever looks later.
    """

    __tablename__ = "role_grants"
    __table_args__ = (CheckConstraint(f"{_ONE_SCOPE} = 1", name="one_scope"),)

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[Role]
    region_id: Mapped[UUID | None] = mapped_column(ForeignKey("regions.id"), index=True)
    school_id: Mapped[UUID | None] = mapped_column(ForeignKey("schools.id"), index=True)
    authority_id: Mapped[UUID | None] = mapped_column(ForeignKey("authorities.id"), index=True)
    alliance_id: Mapped[UUID | None] = mapped_column(ForeignKey("alliances.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(120), default="")
    until: Mapped[datetime | None]


class GrantChangeKind(StrEnum):
    """What happened to a grant."""

    GIVEN = "GIVEN"
    ENDED = "ENDED"


class GrantChange(Base):
    """授权记录: a role given or taken back, by whom; only ever added.

    `until`: when it was to end from then on. `made_by_name` is kept as it was.
    """

    __tablename__ = "grant_changes"

    id: Mapped[Id]
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("role_grants.id"), index=True)
    kind: Mapped[GrantChangeKind]
    role: Mapped[Role]
    until: Mapped[datetime | None]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    made_by_name: Mapped[str] = mapped_column(String(80))


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
