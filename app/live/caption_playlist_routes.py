"""Routes of captions in HLS (RFC 8216 section 3.5): a playlist and its segments, of one lane.

Whoever plays the lane was given their links in its master playlist (`app.live.timeshift_routes`),
and is asked for the right again. They are those of the replay: while there is none, or it is
hidden, there are none.
"""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi import Path as InPath
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.errors import NotFound, refuses
from app.live.shift_links import Follower, captions_name
from app.live.timeshift_routes import (
    PLAYLIST,
    GroupName,
    ManifestShelf,
    SeatId,
    lane_of,
    playlist_answer,
)
from app.recordings import captions
from app.recordings.caption_text import stamp, write_captions, written_captions
from app.recordings.errors import RecordingDamaged
from app.recordings.links import LinkRefused
from app.recordings.models import PLAYABLE, Recording
from media.recorder import playlists

router = APIRouter(prefix="/api", tags=["recordings"])

WEBVTT = {captions.MEDIA_TYPE: {"schema": {"type": "string"}}}
Number = Annotated[int, InPath(ge=0, le=100_000)]


@router.get(
    "/recordings/{recording_id}/hls/{seat_id}/{group}/captions/{captions_id}/media.m3u8",
    response_class=Response,
    responses={200: {"description": "The captions in segments.", "content": PLAYLIST}},
)
@refuses(LinkRefused, RecordingDamaged)
async def captions_playlist(
    *,
    recording_id: UUID,
    seat_id: SeatId,
    group: GroupName,
    captions_id: UUID,
    follower: Follower,
    manifests: ManifestShelf,
) -> Response:
    """Return the HLS playlist of captions."""
    name = captions_name(seat_id, group, captions_id)
    recording, links = await follower.admit(recording_id, name, seat_id=seat_id)
    _, lane = await lane_of(manifests, recording, seat_id=seat_id, group=group)
    await _written(follower.db, recording, captions_id)
    return playlist_answer(
        playlists.captions_playlist(
            lane, partial(links.captions_segment, seat_id, group, captions_id)
        )
    )


@router.get(
    "/recordings/{recording_id}/hls/{seat_id}/{group}/captions/{captions_id}/{number}.vtt",
    response_class=Response,
    responses={200: {"description": "The captions of a stretch.", "content": WEBVTT}},
)
@refuses(LinkRefused, RecordingDamaged)
async def captions_segment(
    *,
    recording_id: UUID,
    seat_id: SeatId,
    group: GroupName,
    captions_id: UUID,
    number: Number,
    follower: Follower,
    manifests: ManifestShelf,
) -> Response:
    """Return the captions to be shown in a stretch, also those that began before it."""
    name = captions_name(seat_id, group, captions_id, number)
    recording, _ = await follower.admit(recording_id, name, seat_id=seat_id)
    _, lane = await lane_of(manifests, recording, seat_id=seat_id, group=group)
    text = await _written(follower.db, recording, captions_id)
    segments = playlists.caption_segments(lane)
    if number >= len(segments):
        raise NotFound
    segment = segments[number]
    from_ms, until_ms = round(segment.from_s * 1000), round(segment.until_s * 1000)
    cues = (
        cue for cue in written_captions(text) if cue.start_ms < until_ms and cue.end_ms > from_ms
    )
    local_ms, ticks = segment.time_map
    header = f"X-TIMESTAMP-MAP=LOCAL:{stamp(local_ms)},MPEGTS:{ticks}"
    answer = Response(write_captions(cues, header=header), media_type=captions.MEDIA_TYPE)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


async def _written(db: AsyncSession, recording: Recording, captions_id: UUID) -> str:
    """Return captions of a replay that is shown. Raise NotFound."""
    text = await captions.text_of(db, recording.id, captions_id)
    if text is None or recording.state not in PLAYABLE:
        raise NotFound
    return text
