"""Edits that cannot be lost: who changes a thing says which version of it was seen.

`GET` of one thing answers with `ETag: "<version>"`; `PATCH` and `PUT` need it back as `If-Match`
(RFC 9110 sections 8.8.3 and 13.1.1). Without: 428 (RFC 6585 section 3). Another version: 412.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import Depends, Header, Response
from fastapi.encoders import jsonable_encoder
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.errors import ChangedMeanwhile, Problem

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')


class PreconditionRequired(Problem):
    """The edit does not say which version it is made from."""

    status, type, title = 428, "precondition-required", "Say which version you have seen"


class Versioned:
    """Mixin of a model that is edited: `version` counts its changes, and guards each of them.

    SQLAlchemy names the version in every UPDATE. When two edits pass `require` at once, the
    second finds no row, which `app.errors` answers with ChangedMeanwhile.
    """

    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class HasVersion(Protocol):
    """Anything with a version."""

    @property
    def version(self) -> Any:
        """Count the changes."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The versions an edit may be made from."""

    tags: frozenset[str]

    def require(self, thing: HasVersion, *, current: object = None) -> None:
        """Raise ChangedMeanwhile unless `thing` is at one of these versions.

        `current`: what the caller would read now, to be shown beside what was typed.
        """
        if str(thing.version) not in self.tags:
            raise ChangedMeanwhile(
                "Somebody changed it after you had opened it. Look at it as it is now, and make "
                "your change again.",
                etag=etag_of(thing),
                current=jsonable_encoder(current),
            )


def expected_versions(
    if_match: Annotated[
        str | None,
        Header(max_length=1000, description="The `ETag` of what is edited, as it was read."),
    ] = None,
) -> Expected:
    """Read `If-Match`. A weak tag never matches (RFC 9110 section 8.8.3.2), nor does `*`."""
    found = list(_TAG.finditer(if_match or ""))
    if not found:
        raise PreconditionRequired("Read it first, and send its ETag as If-Match.")
    return Expected(frozenset(tag[2] for tag in found if not tag[1]))


IfMatch = Annotated[Expected, Depends(expected_versions)]


def etag_of(thing: HasVersion) -> str:
    """Return the ETag of what has a version."""
    return f'"{thing.version}"'


def tag(response: Response, thing: HasVersion) -> None:
    """Say in the answer which version it shows. After a change: flush first, then tag."""
    response.headers["ETag"] = etag_of(thing)
