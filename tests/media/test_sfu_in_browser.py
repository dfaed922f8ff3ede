"""A real Chromium publishes, another page of it receives: pictures are really decoded."""

import http.server
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from media.core.ids import PeerId, Source
from tests.chromium import chromium
from tests.media.classroom import ROOM, Classroom, classroom, eventually

pytestmark = pytest.mark.browser

FLAGS = [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--no-first-run",
    "--allow-loopback-in-peer-connection",
]

PUBLISH = """async (codec) => {
  window.pc = new RTCPeerConnection();
  const stream = await navigator.mediaDevices.getUserMedia(
    {audio: true, video: {width: 640, height: 360}});
  for (const track of stream.getTracks()) {
    const sender = pc.addTransceiver(track, {direction: 'sendonly', streams: [stream]});
    if (track.kind === 'video') {
      const known = RTCRtpSender.getCapabilities('video').codecs;
      sender.setCodecPreferences(known.filter(
        c => c.mimeType === 'video/' + codec || c.mimeType === 'video/rtx'));
    }
  }
  await pc.setLocalDescription();
  const kinds = pc.getTransceivers().map(t => [t.mid, t.sender.track.kind]);
  return [pc.localDescription.sdp, Object.fromEntries(kinds)];
}"""
TAKE_ANSWER = "async (sdp) => { await pc.setRemoteDescription({type: 'answer', sdp}); }"
RECEIVE = """async (sdp) => {
  if (!window.pc) {
    window.pc = new RTCPeerConnection();
    pc.ontrack = event => {
      const element = document.createElement(event.track.kind);
      element.autoplay = true;
      element.muted = event.track.kind === 'video';
      element.srcObject = new MediaStream([event.track]);
      document.body.append(element);
    };
  }
  await pc.setRemoteDescription({type: 'offer', sdp});
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
}"""
INBOUND = """async () => {
  const found = {};
  (await pc.getStats()).forEach(r => { if (r.type === 'inbound-rtp') found[r.kind] = r; });
  return found;
}"""


@pytest.fixture
def page_url() -> Iterator[str]:
    """Serve an empty page on loopback: getUserMedia needs an origin that is trusted."""

    class Empty(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>test</title><body></body>")

        def log_message(self, *_: Any) -> None:  # Any: what the library formats
            return None

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@asynccontextmanager
async def two_pages(url: str) -> AsyncIterator[tuple[Page, Page]]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        context = await browser.new_context()
        pages = [await context.new_page() for _ in range(2)]
        for page in pages:
            await page.goto(url)
        yield pages[0], pages[1]
        await browser.close()


async def publish(room: Classroom, page: Page, codec: str) -> None:
    offer, kinds = await page.evaluate(PUBLISH, codec)
    sources = {
        mid: Source.MICROPHONE if kind == "audio" else Source.CAMERA for mid, kind in kinds.items()
    }
    answer = await room.sfu.publish(ROOM, PeerId("teacher"), offer=offer, sources=sources)
    await page.evaluate(TAKE_ANSWER, answer)


async def receive(room: Classroom, page: Page) -> None:
    room.sfu.subscribe(ROOM, PeerId("site"))
    await eventually(lambda: room.ledger.offers)
    _, revision, sdp, _ = room.ledger.offers[-1]
    answer = await page.evaluate(RECEIVE, sdp)
    await room.sfu.accept_answer(ROOM, PeerId("site"), revision=revision, answer=answer)


async def decoded(page: Page, more_than: int) -> dict[str, dict[str, Any]]:  # Any: a browser's
    """Wait until more frames are decoded; return the inbound statistics by kind."""
    statistics: dict[str, dict[str, Any]] = {}
    for _ in range(100):
        statistics = await page.evaluate(INBOUND)
        if statistics.get("video", {}).get("framesDecoded", 0) > more_than:
            return statistics
        await page.wait_for_timeout(100)
    raise AssertionError(f"no more than {more_than} frames decoded: {statistics}")


def lost(statistics: dict[str, dict[str, Any]]) -> float:  # Any: a browser's
    """Return the share of video packets that did not come.

    Not always 0: a busy machine may drop a datagram from a socket's buffer on either leg.
    That numbers have no gap at a pause or a switch is proved in `core/test_rewriter.py`.
    """
    video = statistics["video"]
    return float(video["packetsLost"] / video["packetsReceived"])


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_a_browser_decodes_what_a_browser_publishes(codec: str, page_url: str) -> None:
    grant = [("teacher", source, ["site"]) for source in (Source.CAMERA, Source.MICROPHONE)]
    async with classroom() as room, two_pages(page_url) as (teacher, site):
        room.allow(*grant)
        await publish(room, teacher, codec)
        await receive(room, site)
        first = await decoded(site, 20)
        assert first["audio"]["packetsReceived"] > 0
        assert lost(first) < 0.01

        room.allow()
        paused = room.counters["forwarded_from:teacher"]
        await site.wait_for_timeout(500)
        assert room.counters["forwarded_from:teacher"] == paused
        room.allow(*grant)
        resumed = await decoded(site, first["video"]["framesDecoded"] + 20)
        assert lost(resumed) < 0.01

        await teacher.evaluate("() => pc.close()")
        await publish(room, teacher, codec)
        again = await decoded(site, resumed["video"]["framesDecoded"] + 20)
        assert lost(again) < 0.01
        assert again["video"]["ssrc"] == first["video"]["ssrc"]
        assert len(room.ledger.offers) == 1
        assert room.counters["errors"] == 0
