"""What the routes of alliances, pairings and needs have in common."""

from typing import Annotated, Any

from fastapi import Query, Request

from app.alliances.models import Agreement
from app.alliances.ports import TaughtLessons
from app.errors import NotFound
from app.files import FileStore
from app.security import INSPECTING, PersonCaller, Role, Scope

FileName = Annotated[str, Query(min_length=1, max_length=200, description="What it is called.")]
# The body is the file itself: nothing to unpack, and it can be refused while it arrives.
FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}}
            for media_type in ("application/pdf", "image/jpeg", "image/png")
        },
    }
}


def seen(caller: PersonCaller) -> Scope:
    """Return where the caller may look."""
    return caller.scope(*INSPECTING)


def kept(caller: PersonCaller) -> Scope:
    """Return where the caller may change things."""
    return caller.scope(Role.ADMINISTRATOR)


def attached(agreement: Agreement | None) -> Agreement:
    """Return the agreement in force. Raise NotFound: none is attached."""
    if agreement is None:
        raise NotFound("No agreement is attached.")
    return agreement


def files_of(request: Request) -> FileStore:
    """Return where files are kept."""
    store: FileStore = request.app.state.files
    return store


def taught_lessons(request: Request) -> TaughtLessons:
    """Return who knows which lessons were taught."""
    taught: TaughtLessons = request.app.state.taught_lessons
    return taught
