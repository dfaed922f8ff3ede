"""Links of time shift: each names who it was given to, and is good for that one alone.

It is a person, or else a classroom. Who follows a link proves to be that one (by the cookie), is
asked for the right to the recording again, and is written down: at every playlist and every part,
so that no look of anybody is missing in the log the schools read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request

from app.attendance.seats import HUB
from app.clock import Now
from app.database import Db
from app.errors import NotFound
from app.recordings import access, queries
from app.recordings.access import Viewer
from app.recordings.links import PURPOSE, LinkRefused, Links
from app.recordings.models import Recording
from app.security import Callers, CurrentCaller, client_address
from media.core.ids import Source

Until = Annotated[int, Query(ge=0, le=2**40)]
Key = Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")]
ViewerTag = Annotated[str, Query(max_length=50, pattern=r"^(person|classroom)-[0-9a-f-]{36}$")]


def _links_of(request: Request) -> Links:
    return Links(request.app.state.signer().secret(PURPOSE))


LinkMaker = Annotated[Links, Depends(_links_of)]


def may_see(seat_id: str, *, is_all: bool) -> bool:
    """Return whether a seat may be looked back at: classrooms look at the teacher's."""
    return is_all or seat_id == HUB


def viewer_of(request: Request, callers: Callers, *, is_all: bool) -> Viewer:
    """Return who looks: who is not shown all is the classroom, whoever else is signed in there."""
    address = client_address(request)
    if is_all:
        assert callers.person is not None
        return Viewer(address, person_id=callers.person.person_id)
    assert callers.device is not None
    return Viewer(address, classroom_id=callers.device.classroom_id)


def tag_of(viewer: Viewer) -> str:
    """Return how links name a viewer."""
    if viewer.person_id is not None:
        return f"person-{viewer.person_id}"
    return f"classroom-{viewer.classroom_id}"


def _tags(callers: Callers) -> Iterator[tuple[str, Callers]]:
    """Tell each one that a browser proves to be, by its name in links."""
    if callers.person is not None:
        yield tag_of(Viewer("", person_id=callers.person.person_id)), Callers(callers.person)
    if callers.device is not None:
        alone = Callers(device=callers.device)
        yield tag_of(Viewer("", classroom_id=callers.device.classroom_id)), alone


@dataclass(frozen=True, slots=True)
class ShiftLinks:
    """Makes the links to one recording that are given to one viewer (`tag_of`)."""

    links: Links
    recording_id: UUID
    viewer: str
    until: int

    def master(self, seat_id: str, group: str) -> str:
        """Return the link to the playlist of a lane's picture and sound."""
        return self._hls(f"{seat_id}/{group}/master.m3u8", master_name(seat_id, group))

    def media(self, seat_id: str, source: Source, *, is_filled: bool = False) -> str:
        """Return the link to the playlist of a track."""
        name = media_name(seat_id, source, is_filled=is_filled)
        url = self._hls(f"{seat_id}/{source}/media.m3u8", name)
        return f"{url}&filled=true" if is_filled else url

    def captions(self, seat_id: str, group: str, captions_id: UUID) -> str:
        """Return the link to the playlist of captions."""
        name = captions_name(seat_id, group, captions_id)
        return self._hls(f"{seat_id}/{group}/captions/{captions_id}/media.m3u8", name)

    def captions_segment(self, seat_id: str, group: str, captions_id: UUID, number: int) -> str:
        """Return the link to one segment of captions."""
        name = captions_name(seat_id, group, captions_id, number)
        return self._hls(f"{seat_id}/{group}/captions/{captions_id}/{number}.vtt", name)

    def part(self, file: str) -> str:
        """Return the link to a part."""
        return f"/api/recordings/{self.recording_id}/parts/{file}?{self._query(file)}"

    def filler(self, file: str) -> str:
        """Return the link to black or silence: nothing of anybody, so it names nobody."""
        query = self.links.query(self.recording_id, filler_name(file), self.until)
        return f"/api/recordings/{self.recording_id}/filler/{file}?{query}"

    def _hls(self, path: str, name: str) -> str:
        return f"/api/recordings/{self.recording_id}/hls/{path}?{self._query(name)}"

    def _query(self, name: str) -> str:
        proof = self.links.query(self.recording_id, f"{self.viewer}/{name}", self.until)
        return f"viewer={self.viewer}&{proof}"


def master_name(seat_id: str, group: str) -> str:
    """Return what a link to a lane's playlist calls it."""
    return f"{seat_id}/{group}"


def media_name(seat_id: str, source: str, *, is_filled: bool) -> str:
    """Return what a link to a track's playlist calls it."""
    return f"{seat_id}/{source}/{'filled' if is_filled else 'media'}"


def captions_name(seat_id: str, group: str, captions_id: UUID, number: int | None = None) -> str:
    """Return what a link to captions, or to a segment of them, calls it."""
    name = f"{seat_id}/{group}/{captions_id}"
    return name if number is None else f"{name}/{number}"


def filler_name(file: str) -> str:
    """Return what a link to filler calls it."""
    return f"filler/{file}"


@dataclass(frozen=True, slots=True)
class _Follower:
    """Who follows a link, as a dependency of a route."""

    request: Request
    db: Db
    now: Now
    callers: CurrentCaller
    links: LinkMaker
    viewer: ViewerTag
    until: Until
    key: Key

    async def admit(
        self, recording_id: UUID, name: str, *, seat_id: str | None = None
    ) -> tuple[Recording, ShiftLinks]:
        """Return the recording, and the maker of links that this one may follow on; log the look.

        Raise NotFound to who has no right to the recording, or not to what is of `seat_id`, and
        LinkRefused when the link was changed, is too old, or was given to another.
        """
        named = dict(_tags(self.callers)).get(self.viewer)
        recording, is_all = await queries.shiftable(
            self.db, named or self.callers, recording_id=recording_id
        )
        if seat_id is not None and not may_see(seat_id, is_all=is_all):
            raise NotFound
        self.links.check(
            recording_id, f"{self.viewer}/{name}", until=self.until, key=self.key, now=self.now
        )
        if named is None:
            raise LinkRefused("The link was given to somebody else. Load the page yourself.")
        viewer = viewer_of(self.request, named, is_all=is_all)
        await access.log_look_once(self.db, recording, viewer, now=self.now)
        return recording, ShiftLinks(self.links, recording_id, self.viewer, self.until)


Follower = Annotated[_Follower, Depends()]


def links_of(links: Links, recording_id: UUID, viewer: Viewer, *, now: datetime) -> ShiftLinks:
    """Return the maker of links that are given to a viewer now."""
    return ShiftLinks(links, recording_id, tag_of(viewer), links.until(now))
