"""A room that sends the teacher back: real Chromium on both sides, the room between simulated.

The site's microphone is what its page plays, later and softer: what a loudspeaker and a wall do.
"""

import math
import random
import struct
import wave
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from media.core.ids import PeerId, Source, TrackKey
from media.interface import ForwardingPlan, Priority
from tests.chromium import chromium
from tests.media.classroom import ROOM, Classroom, classroom, eventually
from tests.media.speech import FRAME_S, speech_levels
from tests.media.test_sfu_in_browser import FLAGS, TAKE_ANSWER, page_url

pytestmark = pytest.mark.browser
__all__ = ["page_url"]

RATE = 48_000
HUB = TrackKey(PeerId("teacher"), Source.MICROPHONE)
SEAT = TrackKey(PeerId("site"), Source.MICROPHONE)

SPEAK = """async () => {
  window.pc = new RTCPeerConnection();
  const stream = await navigator.mediaDevices.getUserMedia({audio: {
    echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
  pc.addTransceiver(stream.getTracks()[0], {direction: 'sendonly', streams: [stream]});
  await pc.setLocalDescription();
  return [pc.localDescription.sdp, pc.getTransceivers()[0].mid];
}"""
HEAR = """async (sdp) => {
  const receiving = window.receiving = new RTCPeerConnection();
  const context = new AudioContext();
  const wall = context.createDelay(1);
  wall.delayTime.value = 0.15;
  window.room = context.createGain();
  room.gain.value = 0.25;
  const microphone = window.microphone = context.createMediaStreamDestination();
  wall.connect(room).connect(microphone);
  receiving.ontrack = event => {
    const stream = new MediaStream([event.track]);
    const element = document.createElement('audio');
    element.autoplay = true;
    element.srcObject = stream;
    document.body.append(element);
    context.createMediaStreamSource(stream).connect(wall);
  };
  await receiving.setRemoteDescription({type: 'offer', sdp});
  await receiving.setLocalDescription();
  return receiving.localDescription.sdp;
}"""
SEND_BACK = """async () => {
  window.pc = new RTCPeerConnection();
  pc.addTransceiver(microphone.stream.getTracks()[0], {direction: 'sendonly'});
  await pc.setLocalDescription();
  return [pc.localDescription.sdp, pc.getTransceivers()[0].mid];
}"""


def write_speech(path: Path, seconds: float = 30.0) -> Path:
    """Write a buzz that is as loud, moment by moment, as real people speaking one by one."""
    rng = random.Random(1)
    voices, levels = list(speech_levels().values()), list[int]()
    while len(levels) * FRAME_S < seconds:
        levels += rng.choice(voices) + [90] * rng.randint(8, 40)
    samples, loudness = bytearray(), 0.0
    for tick in range(round(seconds * RATE)):
        target = 10 ** (-levels[int(tick / RATE / FRAME_S)] / 20)
        loudness += (target - loudness) / 240
        buzz = math.copysign(1.0, math.sin(2 * math.pi * 170 * tick / RATE))
        samples += struct.pack("<h", round(32_000 * max(-1.0, min(1.0, loudness * buzz))))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(samples))
    return path


async def publish(room: Classroom, page: Page, name: str, script: str) -> None:
    offer, mid = await page.evaluate(script)
    answer = await room.sfu.publish(
        ROOM, PeerId(name), offer=offer, sources={mid: Source.MICROPHONE}
    )
    await page.evaluate(TAKE_ANSWER, answer)


async def hear(room: Classroom, page: Page, name: str) -> None:
    room.sfu.subscribe(ROOM, PeerId(name))
    await eventually(lambda: any(offer[0] == name for offer in room.ledger.offers))
    [(_, revision, sdp, _)] = [offer for offer in room.ledger.offers if offer[0] == name]
    answer = await page.evaluate(HEAR, sdp)
    await room.sfu.accept_answer(ROOM, PeerId(name), revision=revision, answer=answer)


async def test_a_loudspeaker_beside_a_microphone_is_found_and_cleared(
    page_url: str, tmp_path: Path
) -> None:
    speech = write_speech(tmp_path / "speech.wav")
    flags = [*FLAGS, f"--use-file-for-fake-audio-capture={speech}"]
    async with classroom() as room, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=flags)
        pages = [await (await browser.new_context()).new_page() for _ in range(2)]
        for page in pages:
            await page.goto(page_url)
        teacher, site = pages
        room.sfu.set_plan(
            ROOM,
            ForwardingPlan(
                audience={
                    HUB: frozenset({PeerId("site")}),
                    SEAT: frozenset({PeerId("teacher")}),
                },
                priority={HUB: Priority.HUB_AUDIO, SEAT: Priority.STAGE_AUDIO},
            ),
        )
        await publish(room, teacher, "teacher", SPEAK)
        await hear(room, site, "site")
        await publish(room, site, "site", SEND_BACK)
        await hear(room, teacher, "teacher")
        await eventually(lambda: ("echo_detected", "site") in room.ledger.facts, within_s=60)
        assert ("echo_cleared", "site") not in room.ledger.facts
        await site.evaluate("() => { room.gain.value = 0; }")
        await eventually(lambda: ("echo_cleared", "site") in room.ledger.facts, within_s=60)
        assert room.counters["malformed_rtp"] == room.counters["errors"] == 0
        await browser.close()
