"""What is recorded of the lesson that is looked back at, and what a player asks for."""

import re
from typing import Any
from uuid import UUID

from media.core.ids import PeerId, Source, TrackKey
from tests.app.conftest import OpenBrowser, TestBrowser
from tests.factories import County
from tests.media.recordings import Feed, h264_feed, opus_feed

HUB_TRACKS: dict[TrackKey, Feed] = {
    TrackKey(PeerId("hub"), Source.CAMERA): h264_feed(7.0),
    TrackKey(PeerId("hub"), Source.MICROPHONE): opus_feed(7.0),
}
SITE = TrackKey(PeerId("site-" + "0" * 32), Source.SCREEN)


async def lanes(browser: TestBrowser, session_id: UUID) -> dict[str, dict[str, Any]]:  # Any: JSON
    answer = await browser.get(f"/api/sessions/{session_id}/timeshift")
    assert answer.status_code == 200, answer.text
    return {f"{lane['seat_id']}/{lane['group']}": lane for lane in answer.json()["lanes"]}


async def part_urls(browser: TestBrowser, lane: dict[str, Any]) -> list[str]:  # Any: JSON
    """Where a player is led from the master playlist on."""
    text = (await browser.get(lane["hls"])).text
    picture = text.splitlines()[-1]
    return re.findall(r"^/api\S+", (await browser.get(picture)).text, re.MULTILINE)


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
