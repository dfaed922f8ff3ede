"""Playing a lesson from its parts: who may, and what is sent."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.database import Database
from app.lessons.models import Lesson
from app.recordings.models import Recording, RecordingState
from app.recordings.retention import REMOVED_AFTER_WITHDRAWAL
from media.core.ids import PeerId, Source, TrackKey
from media.recorder.manifest import FILE_NAME, read_manifest
from tests.app.conftest import Clock, OpenBrowser
from tests.app.timeshift.scene import SITE, lanes, part_urls
from tests.factories import County
from tests.media.recordings import record, vp8_feed

NO_LINK = f"viewer=person-{UUID(int=7)}&until=1&key=x"


async def test_a_running_lesson_is_played_from_its_parts(
    running: UUID, folder: Path, county: County, open_browser: OpenBrowser, clock: Clock
) -> None:
    browser = await open_browser(county.teacher)
    body = (await browser.get(f"/api/sessions/{running}/timeshift")).json()
    assert not body["is_over"]
    assert body["until_ms"] == pytest.approx(37_000, abs=200)
    found = await lanes(browser, running)
    camera = found["hub/camera"]
    assert camera["zero_ms"] == -60_000
    assert camera["from_ms"] == pytest.approx(30_000, abs=200)
    (unseen,) = body["chapters"]
    assert (unseen["kind"], unseen["from_ms"], unseen["name"]) == ("HOLE", 0, None)
    assert unseen["to_ms"] == pytest.approx(30_000, abs=200)
    assert {track["is_video"] for track in camera["tracks"]} == {True, False}
    kinds = [mime.partition(";")[0] for track in camera["tracks"] for mime in track["mimes"]]
    assert sorted(kinds) == ["audio/mp4", "video/mp4"]
    text = (await browser.get(camera["hls"])).text
    assert "#EXT-X-STREAM-INF" in text
    urls = await part_urls(browser, camera)
    parts = [part for part in read_manifest(folder) if part.codec == "H264"]
    assert [url.partition("?")[0].rpartition("/")[2] for url in urls] == [
        part.file for part in parts
    ]
    for url, part in zip(urls, parts, strict=True):
        answer = await browser.get(url)
        assert (answer.status_code, answer.content) == (200, (folder / part.file).read_bytes())
        assert answer.headers["content-type"] == "video/mp4"
        assert answer.headers["cache-control"] == "private, no-store"
        kept_until = int(answer.headers["x-accel-expires"].removeprefix("@"))
        kept_for = datetime.fromtimestamp(kept_until, UTC) - clock.now
        assert kept_for < REMOVED_AFTER_WITHDRAWAL, "a proxy outlives no removal"


async def test_a_playlist_ends_when_the_recording_is_sealed(
    running: UUID, folder: Path, county: County, open_browser: OpenBrowser, database: Database
) -> None:
    assert folder.exists()
    browser = await open_browser(county.teacher)
    sound = (await lanes(browser, running))["hub/camera"]["tracks"][0]["url"]
    assert "#EXT-X-ENDLIST" not in (await browser.get(sound)).text
    async with database.unit_of_work() as db:
        (await db.scalars(select(Recording))).one().state = RecordingState.SEALED
    assert (await browser.get(sound)).text.endswith("#EXT-X-ENDLIST\n")
    body = (await browser.get(f"/api/sessions/{running}/timeshift")).json()
    assert body["is_over"]


async def test_the_teacher_may_be_seen_in_the_next_part_until_there_is_none(
    running: UUID, folder: Path, county: County, open_browser: OpenBrowser, database: Database
) -> None:
    record(folder, {SITE: vp8_feed(7.0)}, epoch=2, offset_s=40.0)
    browser = await open_browser(county.teacher)
    body = (await browser.get(f"/api/sessions/{running}/timeshift")).json()
    assert body["until_ms"] == pytest.approx(47_000, abs=200)
    assert [each["from_ms"] for each in body["chapters"]] == [0]
    async with database.unit_of_work() as db:
        (await db.scalars(select(Recording))).one().state = RecordingState.SEALED
    body = (await browser.get(f"/api/sessions/{running}/timeshift")).json()
    assert [each["kind"] for each in body["chapters"]] == ["HOLE", "HOLE"]
    assert body["chapters"][1]["from_ms"] == pytest.approx(37_000, abs=200)
    assert body["chapters"][1]["to_ms"] == body["until_ms"]


async def test_a_look_at_a_running_lesson_is_written_down_once(
    running: UUID, folder: Path, county: County, open_browser: OpenBrowser
) -> None:
    assert folder.exists()
    browser = await open_browser(county.teacher, address="10.1.2.3")
    lane = (await lanes(browser, running))["hub/camera"]
    for url in await part_urls(browser, lane):
        await browser.get(url)
    administrator = await open_browser(county.administrator)
    (view,) = (await administrator.get(f"/api/admin/sessions/{running}/views")).json()["items"]
    assert (view["person_id"], view["address"]) == (str(county.teacher.person_id), "10.1.2.3")


async def test_vp8_has_no_hls_and_its_parts_are_listed(
    running: UUID, folder: Path, county: County, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(county.administrator)
    found = await lanes(browser, running)
    screen = found[f"{SITE.peer_id}/screen"]
    assert screen["hls"] is None
    (track,) = screen["tracks"]
    assert track["mimes"] == ['video/webm; codecs="vp8"']
    listed = (await browser.get(track["url"])).text
    parts = [part for part in read_manifest(folder) if part.codec == "VP8"]
    urls = re.findall(r"^/api\S+", listed, re.MULTILINE)
    assert len(urls) == len(parts) == 2
    answer = await browser.get(urls[0])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/webm")
    assert answer.content == (folder / parts[0].file).read_bytes()


async def test_what_began_meanwhile_is_told_when_it_is_asked_for_again(
    running: UUID, folder: Path, county: County, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(county.teacher)
    before = await lanes(browser, running)
    assert "hub/screen" not in before
    screen = TrackKey(PeerId("hub"), Source.SCREEN)
    camera = TrackKey(PeerId("hub"), Source.CAMERA)
    record(folder, {screen: vp8_feed(7.0), camera: vp8_feed(7.0)}, epoch=2, offset_s=40.0)
    now = await lanes(browser, running)
    assert now["hub/screen"]["from_ms"] == pytest.approx(40_000, abs=200)
    assert now["hub/camera"]["until_ms"] == pytest.approx(47_000, abs=200)
    for key in ("from_ms", "zero_ms"):
        assert now["hub/camera"][key] == before["hub/camera"][key]
    (picture,) = (track for track in now["hub/camera"]["tracks"] if track["is_video"])
    (known,) = (track for track in before["hub/camera"]["tracks"] if track["is_video"])
    assert picture["url"] == known["url"], "by it a player knows the track again"
    assert picture["mimes"] == ['video/webm; codecs="vp8"', *known["mimes"]]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("teacher", 200),
        ("administrator", 200),
        ("device", 200),
        ("supervisor", 404),
        ("other teacher", 404),
        ("other administrator", 404),
        ("other device", 404),
        ("nobody", 401),
    ],
)
async def test_who_may_play_a_running_lesson(
    *,
    who: str,
    status: int,
    running: UUID,
    folder: Path,
    county: County,
    other_county: County,
    open_browser: OpenBrowser,
) -> None:
    assert folder.exists()
    place = other_county if who.startswith("other ") else county
    word = who.removeprefix("other ")
    if word == "device":
        browser = await open_browser(device=place.credentials[0])
    elif word == "nobody":
        browser = await open_browser()
    else:
        browser = await open_browser(getattr(place, word))
    assert (await browser.get(f"/api/sessions/{running}/timeshift")).status_code == status
    looker = browser if status == 200 else await open_browser(county.teacher)
    lane = (await lanes(looker, running))["hub/camera"]
    part = (await part_urls(looker, lane))[0]
    for url in (lane["hls"], lane["tracks"][0]["url"], part):
        assert (await browser.get(url)).status_code == status
    assert (await browser.client.head(part)).status_code == status


async def test_a_classroom_looks_back_at_the_teacher_only_and_only_while_the_lesson_runs(
    *,
    running: UUID,
    folder: Path,
    county: County,
    open_browser: OpenBrowser,
    database: Database,
    clock: Clock,
) -> None:
    assert folder.exists()
    classroom = await open_browser(device=county.credentials[0])
    teacher = await open_browser(county.teacher)
    assert list(await lanes(classroom, running)) == ["hub/camera"]
    everything = await lanes(teacher, running)
    site = everything[f"{SITE.peer_id}/screen"]
    assert (await classroom.get(site["tracks"][0]["url"])).status_code == 404
    async with database.unit_of_work() as db:
        (await db.scalars(select(Lesson))).one().ended_at = clock.now
    assert (await classroom.get(f"/api/sessions/{running}/timeshift")).status_code == 404
    assert (await classroom.get(everything["hub/camera"]["hls"])).status_code == 404
    assert (await teacher.get(f"/api/sessions/{running}/timeshift")).status_code == 200


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (RecordingState.FINALISING, 200),
        (RecordingState.SEALED, 200),
        (RecordingState.PROCESSING, 200),
        (RecordingState.BROKEN, 200),
        (RecordingState.WITHDRAWN, 404),
    ],
)
async def test_what_was_recorded_is_played_while_there_is_no_replay(
    *,
    state: RecordingState,
    status: int,
    running: UUID,
    folder: Path,
    county: County,
    open_browser: OpenBrowser,
    database: Database,
    clock: Clock,
) -> None:
    browser = await open_browser(county.teacher)
    urls = await part_urls(browser, (await lanes(browser, running))["hub/camera"])
    async with database.unit_of_work() as db:
        (await db.scalars(select(Lesson))).one().ended_at = clock.now
        (await db.scalars(select(Recording))).one().state = state
    assert (await browser.get(f"/api/sessions/{running}/replay")).status_code == 409
    assert (await browser.get(f"/api/sessions/{running}/timeshift")).status_code == status
    answer = await browser.get(urls[0])
    assert answer.status_code == status
    if status == 200:
        name = urls[0].partition("?")[0].rpartition("/")[2]
        assert answer.content == (folder / name).read_bytes()


async def test_who_is_signed_in_at_a_classrooms_computer_gives_it_no_right_more(
    *,
    running: UUID,
    folder: Path,
    county: County,
    other_county: County,
    open_browser: OpenBrowser,
) -> None:
    assert folder.exists()
    classroom = await open_browser(other_county.teacher, device=county.credentials[0])
    teacher = await open_browser(county.teacher)
    assert list(await lanes(classroom, running)) == ["hub/camera"]
    administrator = await open_browser(county.administrator)
    views = await administrator.get(f"/api/admin/sessions/{running}/views")
    (view,) = views.json()["items"]  # the classroom's look, not hers
    assert (view["person_id"], view["classroom_id"]) == (None, str(county.classrooms[0].id))
    assert view["name"] == f"{county.points[0].name} {county.classrooms[0].name}"
    site = (await lanes(teacher, running))[f"{SITE.peer_id}/screen"]
    assert (await classroom.get(site["tracks"][0]["url"])).status_code == 404
    hers = await open_browser(county.teacher, device=county.credentials[0])
    assert len(await lanes(hers, running)) == 2


async def test_a_part_is_sent_by_one_range_and_never_past_its_end(
    running: UUID, folder: Path, county: County, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(county.teacher)
    url = (await part_urls(browser, (await lanes(browser, running))["hub/camera"]))[0]
    file = url.partition("?")[0].rpartition("/")[2]
    data = (folder / file).read_bytes()
    answer = await browser.get(url, headers={"Range": "bytes=700-799"})
    assert (answer.status_code, answer.content) == (206, data[700:800])
    several = await browser.get(url, headers={"Range": "bytes=0-1,5-6"})
    assert (several.status_code, several.content) == (200, data)
    beyond = await browser.get(url, headers={"Range": f"bytes={len(data)}-"})
    assert (beyond.status_code, beyond.json()["type"]) == (416, "range-not-satisfiable")
    (folder / file).unlink()
    assert (await browser.get(url)).json()["type"] == "clip-file-missing"


@pytest.mark.parametrize(
    "path", ["hub/camera/master.m3u8", "hub/screen/media.m3u8", "nobody/camera/media.m3u8"]
)
async def test_what_is_not_there_is_not_found_whatever_the_link_says(
    path: str, running: UUID, county: County, open_browser: OpenBrowser, database: Database
) -> None:
    browser = await open_browser(county.teacher)
    assert await lanes(browser, running) == {}
    async with database.unit_of_work() as db:
        recording_id = (await db.scalars(select(Recording))).one().id
    answer = await browser.get(f"/api/recordings/{recording_id}/hls/{path}?{NO_LINK}")
    assert answer.status_code == 403


async def test_a_list_of_parts_that_cannot_be_read_is_told_and_read_when_it_is_mended(
    running: UUID, folder: Path, county: County, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(county.teacher)
    lane = (await lanes(browser, running))["hub/camera"]
    urls = [lane["hls"], lane["tracks"][0]["url"], (await part_urls(browser, lane))[0]]
    good = (folder / FILE_NAME).read_bytes()
    (folder / FILE_NAME).write_bytes(good[:40] + b"?" + good[41:] + b"not json\n")
    for url in (f"/api/sessions/{running}/timeshift", *urls):
        answer = await browser.get(url)
        assert (answer.status_code, answer.json()["type"]) == (409, "recording-damaged"), url
    (folder / FILE_NAME).write_bytes(good)
    for url in (f"/api/sessions/{running}/timeshift", *urls):
        assert (await browser.get(url)).status_code == 200
