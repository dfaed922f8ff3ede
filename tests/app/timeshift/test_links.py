"""Links of time shift are of who was given them: handed on, changed or late they are refused."""

import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.database import Database
from app.recordings.models import Recording, RecordingState
from media.recorder.manifest import read_manifest
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.timeshift.scene import every_url, lanes, part_urls, views_of
from tests.factories import County


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
