"""Filler in the playlists of other players: what is listed is sent, to whoever has the link."""

import re
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.database import Database
from app.live import service
from app.recordings.models import Recording, RecordingState
from app.settings import Settings
from media.core.ids import PeerId, Source, TrackKey
from media.recorder import filler
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.timeshift.scene import lanes
from tests.factories import County, make_lesson
from tests.media.recorder_bench import moved
from tests.media.recordings import opus_feed, record, vp8_feed
from tests.media.rtp_source import encode_h264, packetize

CAMERA = TrackKey(PeerId("hub"), Source.CAMERA)
MICROPHONE = TrackKey(PeerId("hub"), Source.MICROPHONE)
LATE_S = 3.0


@pytest.fixture
async def folder(
    database: Database, county: County, clock: Clock, settings: Settings
) -> tuple[UUID, Path]:
    """A lesson that runs, and where its recording is: the camera came 3 s after the microphone."""
    async with database.unit_of_work() as db:
        lesson = await make_lesson(
            db, lecturer=county.teacher, hub=county.hub, classrooms=county.classrooms
        )
        session = await service.start_lesson(
            db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=clock.now
        )
    async with database.unit_of_work() as db:
        recording = (await db.scalars(select(Recording))).one()
        recording.state = RecordingState.RECORDING
    folder = settings.recordings_dir / recording.folder
    camera = packetize("H264", moved(encode_h264(7.0), LATE_S))
    record(folder, {CAMERA: ("H264", camera), MICROPHONE: opus_feed(10.0)}, offset_s=30.0)
    return session.id, folder


@pytest.fixture
async def teacher(county: County, open_browser: OpenBrowser) -> TestBrowser:
    return await open_browser(county.teacher)


async def picture_url(teacher: TestBrowser, session_id: UUID) -> str:
    """Where the master playlist leads for the picture."""
    lane = (await lanes(teacher, session_id))["hub/camera"]
    return (await teacher.get(lane["hls"])).text.splitlines()[-1]


async def filler_urls(teacher: TestBrowser, session_id: UUID) -> list[str]:
    listed = await teacher.get(await picture_url(teacher, session_id))
    assert listed.status_code == 200, listed.text
    return re.findall(r'/api/recordings/[^/]+/filler/[^"\s]+', listed.text)


async def test_what_is_listed_before_a_late_camera_is_black_and_is_sent_to_who_has_the_link(
    folder: tuple[UUID, Path], teacher: TestBrowser, open_browser: OpenBrowser
) -> None:
    urls = await filler_urls(teacher, folder[0])
    names = [url.partition("?")[0].rpartition("/")[2] for url in urls]
    assert names[0] == "video.mp4"
    from_ticks, ticks = map(int, re.findall(r"\d+", names[1].removesuffix(".mp4")))
    assert from_ticks == pytest.approx(90 * 90_000, abs=9_000)
    assert ticks == pytest.approx(LATE_S * 90_000, abs=9_000)
    stranger = await open_browser()
    for url, name in zip(urls, names, strict=True):
        answer = await stranger.get(url)
        assert (answer.status_code, answer.content) == (200, filler.content(name))
        assert answer.headers["content-type"] == "video/mp4"


async def test_our_page_is_told_of_holes_by_gaps(
    folder: tuple[UUID, Path], teacher: TestBrowser
) -> None:
    lane = (await lanes(teacher, folder[0]))["hub/camera"]
    (url,) = (track["url"] for track in lane["tracks"] if track["is_video"])
    listed = (await teacher.get(url)).text
    assert listed.count("#EXT-X-GAP") == 1
    assert "filler" not in listed
    # A link to the one is none to the other.
    refused = await teacher.get(f"{url}&filled=true")
    assert (refused.status_code, refused.json()["type"]) == (403, "link-refused")


async def test_links_to_filler_are_good_for_what_they_name_alone(
    folder: tuple[UUID, Path], teacher: TestBrowser
) -> None:
    head, segment = (await filler_urls(teacher, folder[0]))[:2]
    for changed in (
        head.replace("video.mp4", "audio.mp4"),
        re.sub(r"(video-\d+-)\d+", r"\g<1>9000000", segment),
        segment[:-1] + ("A" if segment[-1] != "A" else "B"),
    ):
        answer = await teacher.get(changed)
        assert (answer.status_code, answer.json()["type"]) == (403, "link-refused")
    for name in ("video-1.mp4", "video-1-12345678.mp4", "other.mp4", "video.webm"):
        answer = await teacher.get(head.replace("video.mp4", name))
        assert (answer.status_code, answer.json()["type"]) == (422, "malformed-input")


async def test_a_lane_that_went_on_in_vp8_is_no_longer_filled(
    folder: tuple[UUID, Path], teacher: TestBrowser
) -> None:
    session_id, path = folder
    url = await picture_url(teacher, session_id)
    record(path, {CAMERA: vp8_feed(7.0)}, epoch=2, offset_s=50.0)
    answer = await teacher.get(url)
    assert (answer.status_code, answer.json()["type"]) == (409, "not-in-hls")
