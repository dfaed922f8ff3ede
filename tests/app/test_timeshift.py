"""Playing a lesson from its parts: who may, with which links, and what is sent.

Past 400 lines: one lesson on the disk, which every test asks for in another way.
"""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.database import Database
from app.lessons.models import Lesson
from app.live import service
from app.recordings.captions import RecordingCaptions
from app.recordings.models import Recording, RecordingState
from app.recordings.retention import REMOVED_AFTER_WITHDRAWAL
from app.settings import Settings
from media.core.ids import PeerId, Source, TrackKey
from media.recorder.manifest import FILE_NAME, read_manifest
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.factories import County, make_lesson
from tests.media.recordings import Feed, h264_feed, opus_feed, record, vp8_feed

HUB_TRACKS: dict[TrackKey, Feed] = {
    TrackKey(PeerId("hub"), Source.CAMERA): h264_feed(7.0),
    TrackKey(PeerId("hub"), Source.MICROPHONE): opus_feed(7.0),
}
NO_LINK = f"viewer=person-{UUID(int=7)}&until=1&key=x"
SITE = TrackKey(PeerId("site-" + "0" * 32), Source.SCREEN)


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: who may look back is a statement."""
    return either_url


@pytest.fixture
async def running(database: Database, county: County, clock: Clock) -> UUID:
    """A lesson that runs."""
    async with database.unit_of_work() as db:
        lesson = await make_lesson(
            db, lecturer=county.teacher, hub=county.hub, classrooms=county.classrooms
        )
        session = await service.start_lesson(
            db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=clock.now
        )
    return session.id


@pytest.fixture
async def folder(database: Database, running: UUID, settings: Settings) -> Path:
    """Where its recording is, with 7 s of the teacher and of a site's screen."""
    async with database.unit_of_work() as db:
        recording = (
            await db.scalars(select(Recording).where(Recording.session_id == running))
        ).one()
        recording.state = RecordingState.RECORDING
    folder = settings.recordings_dir / recording.folder
    record(folder, {**HUB_TRACKS, SITE: vp8_feed(7.0)}, offset_s=30.0)
    return folder


async def lanes(browser: TestBrowser, session_id: UUID) -> dict[str, dict[str, Any]]:  # Any: JSON
    answer = await browser.get(f"/api/sessions/{session_id}/timeshift")
    assert answer.status_code == 200, answer.text
    return {f"{lane['seat_id']}/{lane['group']}": lane for lane in answer.json()["lanes"]}


async def part_urls(browser: TestBrowser, lane: dict[str, Any]) -> list[str]:  # Any: JSON
    """Where a player is led from the master playlist on."""
    text = (await browser.get(lane["hls"])).text
    picture = text.splitlines()[-1]
    return re.findall(r"^/api\S+", (await browser.get(picture)).text, re.MULTILINE)


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


async def views_of(open_browser: OpenBrowser, county: County, session_id: UUID) -> list[Any]:
    """The log of looks as the hub school's county reads it: who, from where; the newest first."""
    office = await open_browser(county.administrator, address="10.9.9.9")
    shown = (await office.get(f"/api/admin/sessions/{session_id}/views")).json()["items"]
    listed = (await office.get("/api/admin/recording-views")).json()["items"]
    assert listed == shown, "the list of all looks has them, too"
    return [(each["person_id"] or each["classroom_id"], each["address"]) for each in shown]


async def every_url(browser: TestBrowser, session_id: UUID) -> list[str]:
    """All links a player is given to the teacher's camera, but for filler."""
    lane = (await lanes(browser, session_id))["hub/camera"]
    listed = [track["url"] for track in lane["tracks"]]
    filled = re.findall(r'URI="(/api[^"]+)"', (await browser.get(lane["hls"])).text)
    return [lane["hls"], *listed, *filled, *await part_urls(browser, lane)]


@pytest.mark.parametrize("given_to", ["teacher", "administrator", "device"])
async def test_a_link_that_is_handed_on_is_refused_to_everybody_else(
    *,
    given_to: str,
    running: UUID,
    folder: Path,
    county: County,
    open_browser: OpenBrowser,
) -> None:
    """Also to who may see the recording: she would be written down under another's name."""
    assert folder.exists()
    devices = {"device": county.credentials[0], "other device": county.credentials[1]}

    async def opened(who: str) -> TestBrowser:
        if who in devices:
            return await open_browser(device=devices[who], address="10.0.0.2")
        return await open_browser(getattr(county, who), address="10.0.0.1")

    urls = await every_url(await opened(given_to), running)
    before = await views_of(open_browser, county, running)
    assert len(before) == 1
    for handed_to in ("teacher", "administrator", *devices):
        browser, is_own = await opened(handed_to), handed_to == given_to
        for url in urls:
            answer = await browser.get(url)
            assert answer.status_code == (200 if is_own else 403), url
            if not is_own:
                assert answer.json()["type"] == "link-refused"
                assert "somebody else" in answer.json()["detail"]
            if "/parts/" in url:
                assert (await browser.client.head(url)).status_code == answer.status_code
    assert await views_of(open_browser, county, running) == before


async def test_a_link_whose_viewer_was_changed_is_refused(
    *,
    running: UUID,
    folder: Path,
    county: County,
    open_browser: OpenBrowser,
) -> None:
    assert folder.exists()
    teacher = await open_browser(county.teacher)
    classroom = await open_browser(county.teacher, device=county.credentials[1])
    own = {
        "person": f"person-{county.teacher.person_id}",
        "classroom": f"classroom-{county.classrooms[1].id}",
        "another": f"person-{county.administrator.person_id}",
    }
    office = await open_browser(county.administrator)
    for url in await every_url(teacher, running):
        assert f"viewer={own['person']}&" in url
        for tag, browser in (
            (own["classroom"], classroom),
            (own["another"], office),
            (own["another"], teacher),
        ):
            answer = await browser.get(url.replace(own["person"], tag))
            assert (answer.status_code, answer.json()["type"]) == (403, "link-refused")
            assert "changed" in answer.json()["detail"]
        assert (await teacher.get(url.replace(f"viewer={own['person']}&", ""))).status_code == 422
        assert (
            await teacher.get(url.replace("viewer=person-", "viewer=nobody-"))
        ).status_code == 422


async def test_to_another_school_and_to_nobody_a_link_names_nothing(
    *,
    running: UUID,
    folder: Path,
    county: County,
    other_county: County,
    open_browser: OpenBrowser,
) -> None:
    assert folder.exists()
    urls = await every_url(await open_browser(county.teacher), running)
    nobody = await open_browser()
    strangers = [
        await open_browser(other_county.teacher),
        await open_browser(other_county.administrator),
        await open_browser(county.supervisor),
        await open_browser(device=other_county.credentials[0]),
    ]
    for url in urls:
        assert (await nobody.get(url)).status_code == 401
        for browser in strangers:
            assert (await browser.get(url)).status_code == 404
            assert (await browser.get(url.replace("&key=", "&key=x"))).status_code == 404


async def test_at_one_computer_the_links_of_a_person_and_of_the_classroom_stay_apart(
    *,
    running: UUID,
    folder: Path,
    county: County,
    open_browser: OpenBrowser,
) -> None:
    """The teacher signs in at a classroom's computer, and out of it: each look is whose it was."""
    assert folder.exists()
    room, hers = county.credentials[0], str(county.teacher.person_id)
    classroom = await open_browser(device=room, address="10.0.0.5")
    both = await open_browser(county.teacher, device=room, address="10.0.0.5")
    of_room, of_her = await every_url(classroom, running), await every_url(both, running)
    assert all("viewer=classroom-" in url for url in of_room)
    assert all("viewer=person-" in url for url in of_her)
    for url in (*of_room, *of_her):
        assert (await both.get(url)).status_code == 200
    assert {(await classroom.get(url)).status_code for url in of_her} == {403}
    assert set(await views_of(open_browser, county, running)) == {
        (hers, "10.0.0.5"),
        (str(county.classrooms[0].id), "10.0.0.5"),
    }


@pytest.mark.parametrize("kind", ["playlist", "part", "kept part"])
async def test_who_carries_her_link_elsewhere_is_written_down_from_there(
    *,
    kind: str,
    running: UUID,
    folder: Path,
    county: County,
    open_browser: OpenBrowser,
) -> None:
    assert folder.exists()
    urls = await every_url(await open_browser(county.teacher, address="10.0.0.1"), running)
    elsewhere = await open_browser(county.teacher, address="10.0.0.77")
    url = urls[0] if kind == "playlist" else urls[-1]
    ask = elsewhere.client.head if kind == "kept part" else elsewhere.client.get
    for _ in range(2):
        assert (await ask(url)).status_code == 200
    hers = str(county.teacher.person_id)
    assert await views_of(open_browser, county, running) == [
        (hers, "10.0.0.77"),
        (hers, "10.0.0.1"),
    ]


async def test_one_look_at_a_running_lesson_lasts_as_long_as_the_lesson_has(
    *,
    running: UUID,
    folder: Path,
    county: County,
    open_browser: OpenBrowser,
    clock: Clock,
    database: Database,
) -> None:
    assert folder.exists()
    browser = await open_browser(county.teacher)
    url = (await every_url(browser, running))[0]
    clock.now += timedelta(minutes=40)
    assert (await browser.get(url)).status_code == 200
    assert len(await views_of(open_browser, county, running)) == 1
    async with database.unit_of_work() as db:
        recording = (await db.scalars(select(Recording))).one()
        recording.state, recording.duration_ms = RecordingState.READY, 60_000
    assert (await browser.get(url)).status_code == 200
    assert len(await views_of(open_browser, county, running)) == 2


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


async def test_links_that_were_changed_or_are_too_old_are_refused(
    running: UUID, folder: Path, county: County, open_browser: OpenBrowser, clock: Clock
) -> None:
    browser = await open_browser(county.teacher)
    lane = (await lanes(browser, running))["hub/camera"]
    part_url = (await part_urls(browser, lane))[0]
    other = next(part.file for part in read_manifest(folder) if part.file not in part_url)
    for url in (lane["hls"], lane["tracks"][0]["url"], part_url):
        until = int(re.findall(r"until=(\d+)", url)[0])
        for changed in (
            url[:-1] + ("A" if url[-1] != "A" else "B"),
            url.replace(f"until={until}", f"until={until + 3600}"),
            url.partition("&key=")[0] + "&key=",
        ):
            answer = await browser.get(changed)
            assert (answer.status_code, answer.json()["type"]) == (403, "link-refused")
        assert (await browser.get(url.partition("?")[0])).status_code == 422
    swapped = re.sub(r"[^/]+\.mp4", other, part_url)
    assert (await browser.get(swapped)).status_code == 403
    clock.now += timedelta(hours=8)
    late = await open_browser(county.teacher)
    for url in (lane["hls"], lane["tracks"][0]["url"], part_url):
        answer = await late.get(url)
        assert (answer.status_code, answer.json()["type"]) == (403, "link-refused")


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


CAPTIONS = (
    "WEBVTT\n\n00:00:29.000 --> 00:00:29.900\nbefore\n\n"
    "00:00:31.000 --> 00:00:33.000\n<b>你好</b>\n\n00:00:36.000 --> 00:00:50.000\n再见\n"
)


@pytest.fixture
async def captions(database: Database, running: UUID, folder: Path, county: County) -> UUID:
    """Captions of the lesson, which is over; its replay is ready."""
    assert folder.exists()
    async with database.unit_of_work() as db:
        recording = (
            await db.scalars(select(Recording).where(Recording.session_id == running))
        ).one()
        recording.state = RecordingState.READY
        row = RecordingCaptions(
            recording_id=recording.id,
            language="zh-Hans",
            label="普通话",
            text=CAPTIONS,
            cues=3,
            brought_by=county.teacher.person_id,
            brought_at=recording.started_at,
        )
        db.add(row)
    return row.id


async def caption_urls(browser: TestBrowser, lane: dict[str, Any]) -> list[str]:  # Any: JSON
    """Where a player is led from the master playlist on: the playlist and its segments."""
    text = (await browser.get(lane["hls"])).text
    (playlist,) = re.findall(r'TYPE=SUBTITLES.*URI="(.*)"', text)
    answer = await browser.get(playlist)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    return [playlist, *re.findall(r"^/api\S+", answer.text, re.MULTILINE)]


async def test_captions_of_a_replay_are_in_its_playlists_on_the_clock_of_its_parts(
    running: UUID, captions: UUID, county: County, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(county.teacher)
    _, segment = await caption_urls(browser, (await lanes(browser, running))["hub/camera"])
    assert str(captions) in segment
    answer = await browser.get(segment)
    assert answer.headers["content-type"] == "text/vtt; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"
    # The parts begin a minute before the lesson. What was over before the lane began is not told.
    assert answer.text == (
        "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:5400000\n\n"
        "00:00:31.000 --> 00:00:33.000\n<b>你好</b>\n\n00:00:36.000 --> 00:00:50.000\n再见\n"
    )


async def test_captions_in_playlists_are_for_who_was_given_the_link_and_may_see_the_replay(
    *,
    running: UUID,
    captions: UUID,
    county: County,
    other_county: County,
    open_browser: OpenBrowser,
    database: Database,
    clock: Clock,
) -> None:
    browser = await open_browser(county.teacher)
    urls = await caption_urls(browser, (await lanes(browser, running))["hub/camera"])
    stranger, nobody = await open_browser(other_county.teacher), await open_browser()
    for url in urls:
        assert (await stranger.get(url)).status_code == 404
        assert (await nobody.get(url)).status_code == 401
        changed = url[:-1] + ("A" if url[-1] != "A" else "B")
        assert (await browser.get(changed)).json()["type"] == "link-refused"
    # No link to one is one to another.
    other = urls[1].replace("/0.vtt", "/1.vtt")
    assert (await browser.get(other)).json()["type"] == "link-refused"
    for state, status in ((RecordingState.BROKEN, 404), (RecordingState.WITHDRAWN, 404)):
        async with database.unit_of_work() as db:
            (await db.scalars(select(Recording))).one().state = state
        for url in urls:
            assert (await browser.get(url)).status_code == status
    async with database.unit_of_work() as db:
        (await db.scalars(select(Recording))).one().state = RecordingState.PUBLISHED
    assert [(await browser.get(url)).status_code for url in urls] == [200, 200]
    clock.now += timedelta(hours=8)
    later = await open_browser(county.teacher)
    for url in urls:
        assert (await later.get(url)).json()["type"] == "link-refused"
    lane = (await lanes(later, running))["hub/camera"]
    urls = await caption_urls(later, lane)
    async with database.unit_of_work() as db:
        await db.delete(await db.get_one(RecordingCaptions, captions))
    for url in urls:
        assert (await later.get(url)).status_code == 404
    assert "SUBTITLES" not in (await later.get(lane["hls"])).text


async def test_while_the_replay_is_made_its_playlists_have_no_captions(
    running: UUID,
    captions: UUID,
    county: County,
    open_browser: OpenBrowser,
    database: Database,
) -> None:
    async with database.unit_of_work() as db:
        assert await db.get(RecordingCaptions, captions) is not None
        (await db.scalars(select(Recording))).one().state = RecordingState.PROCESSING
    browser = await open_browser(county.teacher)
    lane = (await lanes(browser, running))["hub/camera"]
    assert "SUBTITLES" not in (await browser.get(lane["hls"])).text
