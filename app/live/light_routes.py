"""Routes by which a recorded lesson is watched where the line is too slow for its clips.

The same files that are taken along (`app.live.download_routes`), but watched: by whoever is shown
the recording, under links of their own, and written down as a look.
"""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.clock import Now
from app.database import Db
from app.errors import refuses
from app.idempotency import IdempotentRoute
from app.live.download_routes import (
    FILE,
    Key,
    Look,
    Until,
    links_for,
    name_in_link,
    send_made,
    standing_out,
)
from app.live.replay_schemas import DownloadsOut
from app.recordings import downloads, queries
from app.recordings.downloads import MEDIA_TYPE
from app.recordings.errors import (
    ClipFileMissing,
    ConsentTakenBack,
    KeptElsewhere,
    RangeNotSatisfiable,
    RecordingNotReady,
)
from app.recordings.light import LIGHT, LightForm
from app.recordings.links import LinkRefused, Links
from app.recordings.models import Recording
from app.recordings.queries import is_shown_to
from app.recordings.streaming import ranged
from app.security import CurrentPerson, PersonCaller

router = APIRouter(prefix="/api", tags=["recordings"], route_class=IdempotentRoute)

#: No link to watch a file is one to take it along.
PURPOSE: Final = "links to watch files of whole lessons"


LinkMaker = Annotated[Links, Depends(links_for(PURPOSE))]


@router.get("/sessions/{session_id}/replay/light")
@refuses(ConsentTakenBack)
async def read_light(
    *, session_id: UUID, db: Db, now: Now, person: CurrentPerson, links: LinkMaker
) -> DownloadsOut:
    """Say which files of a lesson there are to watch over a slow line, or how far they are."""
    recording = await queries.watchable(db, person, session_id)
    return await _answer(db, recording, person, links, now)


@router.post("/sessions/{session_id}/replay/light/{form}", status_code=202)
@refuses(ConsentTakenBack, RecordingNotReady)
async def make_light(
    *,
    session_id: UUID,
    form: LightForm,
    db: Db,
    now: Now,
    person: CurrentPerson,
    links: LinkMaker,
) -> DownloadsOut:
    """Have a file made to watch over a slow line. Asked again it is the same file and work."""
    recording = await queries.watchable(db, person, session_id)
    await downloads.ask_for(db, recording, form, now=now)
    return await _answer(db, recording, person, links, now)


async def _answer(
    db: Db, recording: Recording, person: PersonCaller, links: Links, now: datetime
) -> DownloadsOut:
    until = links.until(now)
    items = []
    for standing in await downloads.of_recording(db, recording.id, now=now):
        if standing.form in LIGHT:
            proof = links.query(recording.id, name_in_link(person, standing.form), until)
            url = f"/api/recordings/{recording.id}/light/{standing.form}?{proof}"
            items.append(standing_out(standing, url))
    return DownloadsOut(items=items)


@router.head("/recordings/{recording_id}/light/{form}", include_in_schema=False)
@router.get(
    "/recordings/{recording_id}/light/{form}",
    response_class=Response,
    responses=ranged("The file.", FILE),
)
@refuses(ClipFileMissing, KeptElsewhere, LinkRefused, RangeNotSatisfiable)
async def watch_light(
    *,
    request: Request,
    recording_id: UUID,
    form: LightForm,
    until: Until,
    key: Key,
    db: Db,
    now: Now,
    person: CurrentPerson,
    links: LinkMaker,
) -> Response:
    """Send a file, or the range of it a player asks for, and write down who watches.

    The link is good for whom it was given to, and the right to watch is asked again.
    """
    recording, made = await downloads.file_of(db, recording_id, form, is_shown_to(person))
    links.check(recording_id, name_in_link(person, form), until=until, key=key, now=now)
    look = Look(made.file, MEDIA_TYPE[form])
    return await send_made(request, db, person, recording, look, now=now)
