"""Tables of code sets, their codes and what a code of one set is in another."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Id


class CodeKind(StrEnum):
    """What the codes of a set are about. Sets of one kind can be mapped to each other."""

    SUBJECT = "SUBJECT"
    STAGE = "STAGE"
    GRADE = "GRADE"
    SCHOOL_CATEGORY = "SCHOOL_CATEGORY"
    URBAN_RURAL = "URBAN_RURAL"
    LINK = "LINK"
    LANGUAGE = "LANGUAGE"
    REGION_LABEL = "REGION_LABEL"


class CodeSet(Base):
    """代码集: a table of codes somebody keeps.

    Of each kind one set is `is_stored`: rows refer to its codes. One is `is_shown`: pages and
    exports speak in its codes. Showing another set therefore rewrites no row.
    `revision` grows with every change to the set or its codes, so that caches notice. `is_local`,
    here as of codes and mappings: an authority's table says so, and the platform's own, which is
    loaded at every start, leaves it.
    """

    __tablename__ = "code_sets"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[CodeKind]
    label_zh: Mapped[str] = mapped_column(String(80))
    label_en: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(String(200))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    is_stored: Mapped[bool]
    is_shown: Mapped[bool]
    revision: Mapped[int] = mapped_column(default=1)
    is_local: Mapped[bool] = mapped_column(default=False)


class Code(Base):
    """代码: one code of a set. `aliases`: other words for it, with semicolons between.

    `valid_from` and `valid_to` are the first and the last day; None: not limited. `is_point`: of a
    kind of school: 教学点, which belongs to another school.
    """

    __tablename__ = "codes"
    __table_args__ = (UniqueConstraint("set_id", "code"),)

    id: Mapped[Id]
    set_id: Mapped[UUID] = mapped_column(ForeignKey("code_sets.id"))
    code: Mapped[str] = mapped_column(String(24))
    position: Mapped[int]
    label_zh: Mapped[str] = mapped_column(String(80))
    label_en: Mapped[str] = mapped_column(String(80))
    label_bo: Mapped[str] = mapped_column(String(120), default="")
    aliases: Mapped[str] = mapped_column(String(200), default="")
    is_point: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    is_local: Mapped[bool] = mapped_column(default=False)


class CodeMap(Base):
    """映射: a code of one set is, or is among, a code of another; read in both directions.

    `is_exact`: the two mean the same; else one of them is wider.
    """

    __tablename__ = "code_maps"
    __table_args__ = (UniqueConstraint("from_id", "to_id"),)

    id: Mapped[Id]
    from_id: Mapped[UUID] = mapped_column(ForeignKey("codes.id"))
    to_id: Mapped[UUID] = mapped_column(ForeignKey("codes.id"), index=True)
    is_exact: Mapped[bool]
    is_local: Mapped[bool] = mapped_column(default=False)
