"""Routes of time shift: a lesson played from its recording, while it still runs and after.

`/timeshift` says what there is, decides who may see it and writes down who does. The links it
gives lead to HLS playlists, and those to the parts as they lie on the disk. Playlists ask for
the right to see the recording again; parts are sent to whoever has the link, so that a cache
may stand in front of them.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from starlette.responses import Response

from app.attendance import queries as attendance_queries
from app.attendance.names import NamedSeat, seats_of
from app.attendance.seats import HUB
from app.clock import Now
from app.database import Db
from app.errors import NotFound, Problem, refuses
from app.live import views
from app.live.manifests import Manifest, Manifests
from app.live.replay_schemas import ShiftLaneOut, ShiftTrackOut, TimeshiftOut
from app.recordings import access, captions, queries
from app.recordings.access import Viewer
from app.recordings.errors import (
    ClipFileMissing,
    KeptElsewhere,
    RangeNotSatisfiable,
    RecordingDamaged,
)
from app.recordings.links import PURPOSE, LinkRefused, Links
from app.recordings.models import PLAYABLE, WHOLE, Recording
from app.recordings.reading import Shelf
from app.recordings.streaming import ranged, send_file
from app.security import Anyone, Callers, CurrentCaller, client_address
from media.core.ids import Kind, Source
from media.recorder import filler, playlists
from media.recorder.manifest import PartRecord
from media.recorder.timeline import GROUP_OF, Group

router = APIRouter(prefix="/api", tags=["recordings"])

BYTES = {"video/mp4": {"schema": {"type": "string", "format": "binary"}}}
PLAYLIST = {playlists.MEDIA_TYPE: {"schema": {"type": "string"}}}

SeatId = Annotated[str, InPath(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
#: What stands where a track has nothing: the name says from when to when.
FillerFile = Annotated[str, InPath(max_length=40, pattern=filler.NAME)]
PartFile = Annotated[str, InPath(max_length=190, pattern=r"^[0-9]+-[0-9]+\.(mp4|webm)$")]
GroupName = Annotated[str, InPath(pattern=f"^({'|'.join(Group)})$")]
SourceName = Annotated[str, InPath(pattern=f"^({'|'.join(Source)})$")]
#: How long a proxy may answer without asking: less than what is withdrawn stays
#: (`REMOVED_AFTER_WITHDRAWAL`).
SHARED_FOR: Final = timedelta(minutes=30)
Until = Annotated[int, Query(ge=0, le=2**40)]
Key = Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")]


class NotInHls(Problem):
    """The picture is VP8, which HLS cannot carry: play its parts (WebM) by another way."""

    status, type, title = 409, "not-in-hls", "HLS cannot carry this picture"


def _links_of(request: Request) -> Links:
    return Links(request.app.state.signer().secret(PURPOSE))


def _manifests_of(request: Request) -> Manifests:
    manifests: Manifests = request.app.state.live.manifests
    return manifests


LinkMaker = Annotated[Links, Depends(_links_of)]
ManifestShelf = Annotated[Manifests, Depends(_manifests_of)]


def _may_see(seat_id: str, *, is_all: bool) -> bool:
    """Return whether a seat may be looked back at: classrooms look at the teacher's."""
    return is_all or seat_id == HUB


def _viewer(request: Request, callers: Callers, *, is_all: bool) -> Viewer:
    """Return who looks: who is not shown all is the classroom, whoever else is signed in there."""
    address = client_address(request)
    if is_all:
        assert callers.person is not None
        return Viewer(address, person_id=callers.person.person_id)
    assert callers.device is not None
    return Viewer(address, classroom_id=callers.device.classroom_id)


@router.get("/sessions/{session_id}/timeshift")
@refuses(RecordingDamaged)
async def timeshift(
    *,
    request: Request,
    session_id: UUID,
    db: Db,
    now: Now,
    callers: CurrentCaller,
    links: LinkMaker,
    manifests: ManifestShelf,
) -> TimeshiftOut:
    """Say what of a lesson can be played already, and write down who watches it."""
    recording, is_all = await queries.shiftable(db, callers, session_id=session_id)
    manifest = await manifests.read(recording.folder)
    session = await attendance_queries.get_session(db, session_id)
    assert session is not None
    seats = await seats_of(db, session.lesson_id, session.id)
    await access.log_look_once(db, recording, _viewer(request, callers, is_all=is_all), now=now)
    until = links.until(now)
    found = playlists.lanes_of(manifest.parts)
    lanes = [
        _lane(lane, recording.id, seats, links, until)
        for lane in found
        if _may_see(lane.peer_id, is_all=is_all)
    ]
    is_over = recording.state in WHOLE
    until_ms = max((lane.until_ms for lane in lanes), default=0)
    return TimeshiftOut(
        session_id=session_id,
        title=recording.lesson.title,
        is_over=is_over,
        until_ms=until_ms,
        lanes=lanes,
        chapters=await views.chapters_so_far(
            db, session_id, found, seats, until_ms=until_ms, is_over=is_over
        ),
    )


def _lane(
    lane: playlists.Lane,
    recording_id: UUID,
    seats: Mapping[str, NamedSeat],
    links: Links,
    until: int,
) -> ShiftLaneOut:
    seat = seats.get(lane.peer_id)
    base = f"/api/recordings/{recording_id}/hls/{lane.peer_id}"
    name = f"{lane.peer_id}/{lane.group}"
    master = f"{base}/{lane.group}/master.m3u8?{links.query(recording_id, name, until)}"
    return ShiftLaneOut(
        seat_id=lane.peer_id,
        name=seat.label if seat else lane.peer_id,
        group=lane.group,
        from_ms=round(lane.from_s * 1000),
        until_ms=round(lane.until_s * 1000),
        zero_ms=round(min(part.zero_s for parts in lane.tracks.values() for part in parts) * 1000),
        hls=master if lane.is_hls else None,
        tracks=[
            ShiftTrackOut(
                is_video=source.kind is Kind.VIDEO,
                mime=_mime(parts[-1]),
                url=_media_url(recording_id, lane.peer_id, source, links, until),
            )
            for source, parts in lane.tracks.items()
        ],
    )


def _mime(part: PartRecord) -> str:
    kind = "video" if part.source.kind is Kind.VIDEO else "audio"
    container = "webm" if part.codec == "VP8" else "mp4"
    return f'{kind}/{container}; codecs="{part.codec_name}"'


def _media_url(
    recording_id: UUID,
    seat_id: str,
    source: Source,
    links: Links,
    until: int,
    *,
    is_filled: bool = False,
) -> str:
    query = links.query(recording_id, _media_name(seat_id, source, is_filled=is_filled), until)
    more = "&filled=true" if is_filled else ""
    return f"/api/recordings/{recording_id}/hls/{seat_id}/{source}/media.m3u8?{query}{more}"


def _media_name(seat_id: str, source: str, *, is_filled: bool) -> str:
    return f"{seat_id}/{source}/{'filled' if is_filled else 'media'}"


async def lane_of(
    db: Db,
    callers: Callers,
    manifests: Manifests,
    recording_id: UUID,
    *,
    seat_id: str,
    group: str,
) -> tuple[Recording, Manifest, playlists.Lane]:
    """Return a lane that these callers may see. Raise NotFound."""
    recording, is_all = await queries.shiftable(db, callers, recording_id=recording_id)
    if not _may_see(seat_id, is_all=is_all):
        raise NotFound
    manifest = await manifests.read(recording.folder)
    try:
        return recording, manifest, playlists.find_lane(manifest.parts, seat_id, group)
    except playlists.NoLane:
        raise NotFound from None


async def _captions(
    db: Db, recording: Recording, lane: playlists.Lane, links: Links, until: int
) -> list[playlists.Captions]:
    """Return the captions of a replay that is shown: before there is one there are none."""
    if recording.state not in PLAYABLE:
        return []
    base = f"/api/recordings/{recording.id}/hls/{lane.peer_id}/{lane.group}/captions"
    found = []
    for each in await captions.of_recording(db, recording.id):
        query = links.query(recording.id, f"{lane.peer_id}/{lane.group}/{each.id}", until)
        uri = f"{base}/{each.id}/media.m3u8?{query}"
        found.append(playlists.Captions(each.label, each.language, uri))
    return found


def playlist_answer(text: str) -> Response:
    """Answer with a playlist, which nobody is to keep."""
    return Response(
        text, media_type=playlists.MEDIA_TYPE, headers={"Cache-Control": "private, no-store"}
    )


@router.get(
    "/recordings/{recording_id}/hls/{seat_id}/{group}/master.m3u8",
    response_class=Response,
    responses={200: {"description": "The picture and its sound.", "content": PLAYLIST}},
)
@refuses(LinkRefused, NotInHls, RecordingDamaged)
async def master(
    *,
    recording_id: UUID,
    seat_id: SeatId,
    group: GroupName,
    until: Until,
    key: Key,
    db: Db,
    now: Now,
    callers: CurrentCaller,
    links: LinkMaker,
    manifests: ManifestShelf,
) -> Response:
    """Return the HLS playlist that names a seat's picture and sound."""
    links.check(recording_id, f"{seat_id}/{group}", until=until, key=key, now=now)
    recording, _, lane = await lane_of(
        db, callers, manifests, recording_id, seat_id=seat_id, group=group
    )
    try:
        text = playlists.master_playlist(
            lane,
            lambda source: _media_url(recording_id, seat_id, source, links, until, is_filled=True),
            await _captions(db, recording, lane, links, until),
        )
    except playlists.NotInHls:
        raise NotInHls("The picture is VP8. Play the lesson in the page.") from None
    return playlist_answer(text)


@router.get(
    "/recordings/{recording_id}/hls/{seat_id}/{source}/media.m3u8",
    response_class=Response,
    responses={200: {"description": "The parts of one track.", "content": PLAYLIST}},
)
@refuses(LinkRefused, NotInHls, RecordingDamaged)
async def media(
    *,
    recording_id: UUID,
    seat_id: SeatId,
    source: SourceName,
    filled: bool = False,
    until: Until,
    key: Key,
    db: Db,
    now: Now,
    callers: CurrentCaller,
    links: LinkMaker,
    manifests: ManifestShelf,
) -> Response:
    """Return the HLS playlist of one track: while the lesson runs it grows every few seconds.

    Filled: where the track has nothing there is black or silence, for players that are not ours.
    """
    name = _media_name(seat_id, source, is_filled=filled)
    links.check(recording_id, name, until=until, key=key, now=now)
    recording, manifest, lane = await lane_of(
        db,
        callers,
        manifests,
        recording_id,
        seat_id=seat_id,
        group=GROUP_OF[Source(source)],
    )

    def uri(file: str) -> str:
        query = links.query(recording_id, file, until)
        return f"/api/recordings/{recording_id}/parts/{file}?{query}"

    def fill(file: str) -> str:
        query = links.query(recording_id, f"filler/{file}", until)
        return f"/api/recordings/{recording_id}/filler/{file}?{query}"

    try:
        text = playlists.media_playlist(
            lane,
            Source(source),
            epochs=manifest.epochs,
            is_over=recording.state in WHOLE,
            uri=uri,
            fill=fill if filled else None,
        )
    except playlists.NoLane:
        raise NotFound from None
    except playlists.NotInHls:
        raise NotInHls("The picture is VP8. Play the lesson in the page.") from None
    return playlist_answer(text)


@router.get(
    "/recordings/{recording_id}/filler/{filler_file}",
    response_class=Response,
    responses={200: {"description": "Black or silence.", "content": BYTES}},
)
@refuses(LinkRefused)
async def filling(
    *,
    recording_id: UUID,
    filler_file: FillerFile,
    until: Until,
    key: Key,
    now: Now,
    _: Anyone,
    links: LinkMaker,
) -> Response:
    """Send what is played where a track has nothing: of the recording there is nothing in it."""
    links.check(recording_id, f"filler/{filler_file}", until=until, key=key, now=now)
    mime = "video/mp4" if filler_file.startswith(Kind.VIDEO) else "audio/mp4"
    headers = {"Cache-Control": "private, no-store"}
    return Response(filler.content(filler_file), media_type=mime, headers=headers)


@router.head("/recordings/{recording_id}/parts/{file}", include_in_schema=False)
@router.get(
    "/recordings/{recording_id}/parts/{file}",
    response_class=Response,
    responses=ranged("The part.", BYTES),
)
@refuses(LinkRefused, ClipFileMissing, KeptElsewhere, RangeNotSatisfiable, RecordingDamaged)
async def part(
    *,
    request: Request,
    recording_id: UUID,
    file: PartFile,
    until: Until,
    key: Key,
    db: Db,
    now: Now,
    _: Anyone,
    links: LinkMaker,
    manifests: ManifestShelf,
) -> Response:
    """Send a part of a recording, or the range of it a player asks for."""
    links.check(recording_id, file, until=until, key=key, now=now)
    folder = await queries.folder_of(db, recording_id)
    manifest = await manifests.read(folder)
    found = next((one for one in manifest.parts if one.file == file and one.bytes), None)
    if found is None:
        raise NotFound
    shelf: Shelf = request.app.state.shelf
    source = await shelf.find(db, recording_id=recording_id, folder=folder, name=file)
    mime = _mime(found).partition(";")[0]
    shared_until = min(until, int((now + SHARED_FOR).timestamp()))
    return await send_file(request, source, mime=mime, shared_until=shared_until)
