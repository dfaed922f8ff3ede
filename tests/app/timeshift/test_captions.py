"""Captions in the playlists of time shift."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.database import Database
from app.recordings.captions import RecordingCaptions
from app.recordings.models import Recording, RecordingState
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.timeshift.scene import lanes
from tests.factories import County

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
