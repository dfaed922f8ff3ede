"""A real Chromium publishes three encodings; another page of it is moved from one to another."""

from typing import Any

import pytest
from playwright.async_api import Page

from media.core.ids import PeerId, Source, TrackKey
from media.core.layers import LayeredTrack
from media.interface import LinkBudget
from tests.media.classroom import ROOM, Classroom, classroom, eventually
from tests.media.test_sfu_in_browser import (
    INBOUND,
    TAKE_ANSWER,
    lost,
    page_url,
    receive,
    two_pages,
)

pytestmark = pytest.mark.browser
__all__ = ["page_url"]

TEACHER, SITE = PeerId("teacher"), PeerId("site")

# The sizes of `frontend/src/media/sending.ts`, from a picture of 720 lines.
PUBLISH = """async (codec) => {
  window.pc = new RTCPeerConnection();
  const stream = await navigator.mediaDevices.getUserMedia(
    {video: {width: 1280, height: 720}});
  const transceiver = pc.addTransceiver(stream.getVideoTracks()[0], {
    direction: 'sendonly',
    sendEncodings: [
      {rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150000, maxFramerate: 15},
      {rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500000, maxFramerate: 25},
      {rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1800000},
    ]});
  const known = RTCRtpSender.getCapabilities('video').codecs;
  transceiver.setCodecPreferences(known.filter(
    c => c.mimeType === 'video/' + codec || c.mimeType === 'video/rtx'));
  await pc.setLocalDescription();
  return [pc.localDescription.sdp, transceiver.mid];
}"""
ACTIVATE = """async (rids) => {
  const [sender] = pc.getSenders();
  const parameters = sender.getParameters();
  for (const one of parameters.encodings) one.active = rids.includes(one.rid);
  await sender.setParameters(parameters);
}"""


async def publish(room: Classroom, page: Page, codec: str) -> LayeredTrack:
    offer, mid = await page.evaluate(PUBLISH, codec)
    answer = await room.sfu.publish(ROOM, TEACHER, offer=offer, sources={mid: Source.CAMERA})
    await page.evaluate(TAKE_ANSWER, answer)
    return room.sfu._rooms[ROOM].router.tracks[TrackKey(TEACHER, Source.CAMERA)]


OFFER_AGAIN = """async (direction) => {
  const [transceiver] = pc.getTransceivers();
  window.track ||= transceiver.sender.track;
  transceiver.direction = direction;
  await transceiver.sender.replaceTrack(direction === 'inactive' ? null : track);
  await pc.setLocalDescription();
  return [pc.localDescription.sdp, transceiver.mid];
}"""


def room_for(track: LayeredTrack, layer: int) -> int | None:
    """Return a line that carries this layer and not the next, by what they take at this moment."""
    if layer == track.top_layer:
        return None
    rates = [up.rate.kbps for up in track.up_tracks]
    below, above = rates[layer], rates[layer + 1]
    assert below is not None
    assert above is not None
    return round((below + above) / 2)


async def shows(
    page: Page, width: int, frames: int
) -> dict[str, dict[str, Any]]:  # Any: a browser's
    """Wait until so many frames of this width were decoded; return the inbound statistics."""
    first: int | None = None
    statistics: dict[str, dict[str, Any]] = {}
    for _ in range(200):
        statistics = await page.evaluate(INBOUND)
        video = statistics.get("video", {})
        if video.get("frameWidth") == width:
            first = video["framesDecoded"] if first is None else first
            if video["framesDecoded"] >= first + frames:
                return statistics
        await page.wait_for_timeout(100)
    raise AssertionError(f"no {frames} frames of width {width}: {statistics}")


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_a_browser_is_moved_between_the_layers_of_another(codec: str, page_url: str) -> None:
    async with classroom() as room, two_pages(page_url) as (teacher, site):
        room.allow(("teacher", Source.CAMERA, ["site"]))
        track = await publish(room, teacher, codec)
        await receive(room, site)
        await eventually(lambda: all(up.is_live for up in track.up_tracks), within_s=15.0)
        await shows(site, 1280, 10)
        await eventually(lambda: all(up.rate.kbps for up in track.up_tracks), within_s=15.0)
        for layer, width in ((0, 320), (2, 1280), (1, 640), (2, 1280)):
            room.sfu.set_budget(ROOM, SITE, LinkBudget(down_kbps=room_for(track, layer)))
            await shows(site, width, 15)
        statistics = await shows(site, 1280, 10)
        # A decoder that had met a gap would have asked for a keyframe, and shown nothing till then.
        assert statistics["video"].get("pliCount", 0) == 0
        assert lost(statistics) < 0.01
        assert room.counters["unknown_ssrc"] == 0
        assert room.counters["errors"] == 0


async def test_a_layer_nobody_wants_is_paused_by_the_browser_and_comes_back(page_url: str) -> None:
    async with classroom() as room, two_pages(page_url) as (teacher, site):
        room.allow(("teacher", Source.CAMERA, ["site"]))
        track = await publish(room, teacher, "VP8")
        await receive(room, site)
        await eventually(lambda: all(up.is_live for up in track.up_tracks), within_s=15.0)
        room.sfu.set_budget(ROOM, SITE, LinkBudget(down_kbps=300))
        await shows(site, 320, 10)
        await eventually(lambda: wanted(room) == {"q"}, within_s=10.0)
        await teacher.evaluate(ACTIVATE, ["q"])
        await eventually(lambda: [up.is_live for up in track.up_tracks] == [True, False, False])
        paused = [up.bytes_in for up in track.up_tracks[1:]]
        await shows(site, 320, 15)
        assert [up.bytes_in for up in track.up_tracks[1:]] == paused

        room.sfu.set_budget(ROOM, SITE, LinkBudget())
        await eventually(lambda: "f" in wanted(room), within_s=10.0)
        await teacher.evaluate(ACTIVATE, sorted(wanted(room)))
        await shows(site, 1280, 15)
        assert room.counters["errors"] == 0


async def test_a_picture_taken_away_comes_back_in_all_its_layers(page_url: str) -> None:
    """As when a teacher stops sharing and shares again: the browser recycles the section."""
    async with classroom() as room, two_pages(page_url) as (teacher, site):
        room.allow(("teacher", Source.CAMERA, ["site"]))
        await publish(room, teacher, "VP8")
        await receive(room, site)
        before = await shows(site, 1280, 10)
        for direction in ("inactive", "sendonly"):
            offer, mid = await teacher.evaluate(OFFER_AGAIN, direction)
            sources = {mid: Source.CAMERA} if direction == "sendonly" else {}
            answer = await room.sfu.publish(ROOM, TEACHER, offer=offer, sources=sources)
            await teacher.evaluate(TAKE_ANSWER, answer)
            await site.wait_for_timeout(300)
        after = await shows(site, 1280, 10)
        assert after["video"]["framesDecoded"] > before["video"]["framesDecoded"] + 10
        track = room.sfu._rooms[ROOM].router.tracks[TrackKey(TEACHER, Source.CAMERA)]
        await eventually(lambda: all(up.is_live for up in track.up_tracks), within_s=15.0)
        assert room.counters["errors"] == 0


def wanted(room: Classroom) -> set[str]:
    """Return what the publisher was last told of its encodings."""
    [*_, told] = (fact[3] for fact in room.ledger.facts if fact[0] == "layers_wanted")
    assert isinstance(told, frozenset)
    return set(told)
