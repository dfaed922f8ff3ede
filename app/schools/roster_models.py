"""Tables of roster snapshots: who stood on the list on a day, frozen and signed."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, Id
from app.schools.models import Region


class SigningKey(Base):
    """A public key signatures were made with; kept for ever, so that old ones can be checked.

    `key_id`: the first 16 hex digits of the SHA-256 of the 32 bytes of the key (RFC 8032).
    """

    __tablename__ = "signing_keys"

    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    public_key: Mapped[str] = mapped_column(String(64))
    first_used_at: Mapped[datetime]


class RosterSnapshot(Base):
    """名册快照: the teaching points open in a region on a day; never changed after it is made.

    `digest`: the SHA-256 of its content, which `app.schools.rosters` writes from these rows in one
    way only; `signature`: Ed25519 over that content. Both in hex.
    """

    __tablename__ = "roster_snapshots"

    id: Mapped[Id]
    region_id: Mapped[UUID] = mapped_column(ForeignKey("regions.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    taken_on: Mapped[date]
    made_at: Mapped[datetime]
    # No foreign key: people lie above schools (docs/architecture.md).
    made_by: Mapped[UUID | None]
    made_by_name: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(ForeignKey("signing_keys.key_id"))
    signature: Mapped[str] = mapped_column(String(128))

    region: Mapped[Region] = relationship(lazy="raise")


class RosterEntry(Base):
    """名册条目: a school as it stood on the list; the words of that day, not of today."""

    __tablename__ = "roster_entries"
    __table_args__ = (UniqueConstraint("snapshot_id", "school_id"),)

    id: Mapped[Id]
    snapshot_id: Mapped[UUID] = mapped_column(ForeignKey("roster_snapshots.id"))
    school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    moe_code: Mapped[str] = mapped_column(String(10))
    local_code: Mapped[str] = mapped_column(String(24))
    category: Mapped[str] = mapped_column(String(3))
    region_code: Mapped[str] = mapped_column(String(12))
    region_name: Mapped[str] = mapped_column(String(80))
    parent_name: Mapped[str] = mapped_column(String(120))
