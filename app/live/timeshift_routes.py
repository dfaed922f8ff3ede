"""Routes of time shift: a lesson played from its recording, while it still runs and after.

`/timeshift` says what there is, decides who may see it and writes down who does. The links it
gives lead to HLS playlists, and those to the parts as they lie on the disk. They are links of one
viewer (`app.live.shift_links`), who is asked for the right to see the recording again, and is
written down, at each of them.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi import Path as InPath
from starlette.responses import Response

from app.attendance import queries as attendance_queries
from app.attendance.names import NamedSeat, seats_of
from app.clock import Now
from app.database import Db
from app.errors import NotFound, Problem, refuses
from app.live import views
from app.live.manifests import Manifest, Manifests
from app.live.replay_schemas import ShiftLaneOut, ShiftTrackOut, TimeshiftOut
from app.live.shift_links import (
    Follower,
    Key,
    LinkMaker,
    ShiftLinks,
    Until,
    filler_name,
    links_of,
    master_name,
    may_see,
    media_name,
    viewer_of,
)
from app.recordings import access, captions, queries
from app.recordings.errors import (
    ClipFileMissing,
    KeptElsewhere,
    RangeNotSatisfiable,
    RecordingDamaged,
)
from app.recordings.links import LinkRefused
from app.recordings.models import PLAYABLE, WHOLE, Recording
from app.recordings.reading import Shelf
from app.recordings.streaming import ranged, send_file
from app.security import Anyone, CurrentCaller
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


class NotInHls(Problem):
    """The picture is VP8, which HLS cannot carry: play its parts (WebM) by another way."""

    status, type, title = 409, "not-in-hls", "HLS cannot carry this picture"


def _manifests_of(request: Request) -> Manifests:
    manifests: Manifests = request.app.state.live.manifests
    return manifests


ManifestShelf = Annotated[Manifests, Depends(_manifests_of)]


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
    viewer = viewer_of(request, callers, is_all=is_all)
    await access.log_look_once(db, recording, viewer, now=now)
    given = links_of(links, recording.id, viewer, now=now)
    found = playlists.lanes_of(manifest.parts)
    lanes = [_lane(lane, seats, given) for lane in found if may_see(lane.peer_id, is_all=is_all)]
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


def _lane(lane: playlists.Lane, seats: Mapping[str, NamedSeat], links: ShiftLinks) -> ShiftLaneOut:
    seat = seats.get(lane.peer_id)
    return ShiftLaneOut(
        seat_id=lane.peer_id,
        name=seat.label if seat else lane.peer_id,
        group=lane.group,
        from_ms=round(lane.from_s * 1000),
        until_ms=round(lane.until_s * 1000),
        zero_ms=round(min(part.zero_s for parts in lane.tracks.values() for part in parts) * 1000),
        hls=links.master(lane.peer_id, lane.group) if lane.is_hls else None,
        tracks=[
            ShiftTrackOut(
                is_video=source.kind is Kind.VIDEO,
                mimes=list(dict.fromkeys(_mime(each) for each in reversed(parts))),
                url=links.media(lane.peer_id, source),
            )
            for source, parts in lane.tracks.items()
        ],
    )


def _mime(part: PartRecord) -> str:
    kind = "video" if part.source.kind is Kind.VIDEO else "audio"
    container = "webm" if part.codec == "VP8" else "mp4"
    return f'{kind}/{container}; codecs="{part.codec_name}"'


async def lane_of(
    manifests: Manifests, recording: Recording, *, seat_id: str, group: str
) -> tuple[Manifest, playlists.Lane]:
    """Return a lane of a recording. Raise NotFound."""
    manifest = await manifests.read(recording.folder)
    try:
        return manifest, playlists.find_lane(manifest.parts, seat_id, group)
    except playlists.NoLane:
        raise NotFound from None


async def _captions(
    db: Db, recording: Recording, lane: playlists.Lane, links: ShiftLinks
) -> list[playlists.Captions]:
    """Return the captions of a replay that is shown: before there is one there are none."""
    if recording.state not in PLAYABLE:
        return []
    return [
        playlists.Captions(
            each.label, each.language, links.captions(lane.peer_id, lane.group, each.id)
        )
        for each in await captions.of_recording(db, recording.id)
    ]


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
    follower: Follower,
    manifests: ManifestShelf,
) -> Response:
    """Return the HLS playlist that names a seat's picture and sound."""
    recording, links = await follower.admit(
        recording_id, master_name(seat_id, group), seat_id=seat_id
    )
    _, lane = await lane_of(manifests, recording, seat_id=seat_id, group=group)
    try:
        text = playlists.master_playlist(
            lane,
            lambda source: links.media(seat_id, source, is_filled=True),
            await _captions(follower.db, recording, lane, links),
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
    follower: Follower,
    manifests: ManifestShelf,
) -> Response:
    """Return the HLS playlist of one track: while the lesson runs it grows every few seconds.

    Filled: where the track has nothing there is black or silence, for players that are not ours.
    """
    name = media_name(seat_id, source, is_filled=filled)
    recording, links = await follower.admit(recording_id, name, seat_id=seat_id)
    group = GROUP_OF[Source(source)]
    manifest, lane = await lane_of(manifests, recording, seat_id=seat_id, group=group)
    try:
        text = playlists.media_playlist(
            lane,
            Source(source),
            epochs=manifest.epochs,
            is_over=recording.state in WHOLE,
            uri=links.part,
            fill=links.filler if filled else None,
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
    links.check(recording_id, filler_name(filler_file), until=until, key=key, now=now)
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
    follower: Follower,
    manifests: ManifestShelf,
) -> Response:
    """Send a part of a recording, or the range of it a player asks for.

    A cache that has it asks us by HEAD whether this one may have it (`deploy/nginx/parts.conf`),
    so that a HEAD is a look as well.
    """
    recording, _ = await follower.admit(recording_id, file)
    manifest = await manifests.read(recording.folder)
    found = next((one for one in manifest.parts if one.file == file and one.bytes), None)
    if found is None:
        raise NotFound
    shelf: Shelf = request.app.state.shelf
    source = await shelf.find(
        follower.db, recording_id=recording_id, folder=recording.folder, name=file
    )
    mime = _mime(found).partition(";")[0]
    shared_until = int((follower.now + SHARED_FOR).timestamp())
    return await send_file(request, source, mime=mime, shared_until=shared_until)
