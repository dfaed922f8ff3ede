"""What a real Chromium publishes is recorded, rebuilt and decodes, picture and sound in step."""

from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from media.config import RecordingTarget
from media.core.ids import PeerId, Source
from media.recorder.manifest import read_manifest
from media.recorder.recovery import damaged_parts
from media.recorder.replay import build_replay
from tests.chromium import chromium
from tests.media.classroom import ROOM, classroom
from tests.media.decoding import beeps, decoded_times, flashes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SECONDS = 12.0

_OFFER = """
async (codec) => {
  const canvas = document.createElement("canvas");
  canvas.width = 640; canvas.height = 360;
  document.body.append(canvas);
  const draw = canvas.getContext("2d");
  const audio = new AudioContext({latencyHint: "interactive", sampleRate: 48000});
  await audio.resume();
  const out = audio.createMediaStreamDestination();
  const gate = audio.createGain(); gate.gain.value = 0; gate.connect(out);
  const tone = audio.createOscillator(); tone.frequency.value = 1000;
  tone.connect(gate); tone.start();
  let tick = 0;
  setInterval(() => {
    tick += 1;
    const isFlash = tick % 30 === 0;
    if (isFlash) {
      gate.gain.setValueAtTime(0.8, audio.currentTime);
      gate.gain.setValueAtTime(0, audio.currentTime + 0.08);
    }
    draw.fillStyle = tick % 30 < 3 ? "white" : "#304050";
    draw.fillRect(0, 0, 640, 360);
    draw.fillStyle = "#803020";
    draw.fillRect(40 + tick * 7 % 560, 200, 40, 40);
  }, 1000 / 30);
  const connection = window.connection = new RTCPeerConnection();
  connection.addTransceiver(out.stream.getAudioTracks()[0], {direction: "sendonly"});
  const video = canvas.captureStream(30).getVideoTracks()[0];
  const sender = connection.addTransceiver(video, {direction: "sendonly"});
  const known = RTCRtpSender.getCapabilities("video").codecs;
  const named = (name) => known.filter((one) => one.mimeType === "video/" + name);
  sender.setCodecPreferences([...named(codec), ...named("rtx")]);
  await connection.setLocalDescription();
  return connection.localDescription.sdp;
}
"""

_ANSWER = """
async (sdp) => {
  await window.connection.setRemoteDescription({type: "answer", sdp});
  await new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(window.connection.connectionState)), 15000);
    const look = () => window.connection.connectionState === "connected" && resolve();
    window.connection.addEventListener("connectionstatechange", look);
    look();
  });
}
"""


async def publish_and_record(page: Page, folder: Path, codec: str) -> None:
    async with classroom() as room:
        room.allow(
            ("teacher", Source.MICROPHONE, []), ("teacher", Source.CAMERA, []), recorded=True
        )
        room.sfu.start_recording(ROOM, RecordingTarget(folder, epoch=1, offset_s=0.0))
        offer = await page.evaluate(_OFFER, codec)
        sources = {"0": Source.MICROPHONE, "1": Source.CAMERA}
        answer = await room.sfu.publish(ROOM, PeerId("teacher"), offer=offer, sources=sources)
        await page.evaluate(_ANSWER, answer)
        await page.wait_for_timeout(SECONDS * 1000)
        await room.sfu.stop_recording(ROOM)
        assert room.ledger.recordings
        assert room.ledger.recordings[-1].stored_s > SECONDS - 3.0


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_what_chromium_publishes_is_recorded_in_step(tmp_path: Path, codec: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--autoplay-policy=no-user-gesture-required",
                "--allow-loopback-in-peer-connection",
            ],
        )
        await publish_and_record(await browser.new_page(), tmp_path / "rec", codec)
        await browser.close()

    parts = read_manifest(tmp_path / "rec")
    assert {part.codec for part in parts} == {codec, "opus"}
    assert damaged_parts(tmp_path / "rec") == []
    for part in parts:
        assert part.gaps == ()
        times = decoded_times(tmp_path / "rec" / part.file)
        assert times == sorted(times)
    clips = build_replay(tmp_path / "rec", tmp_path / "out").clips
    assert sum(clip.duration_s for clip in clips if clip.has_video) > SECONDS - 3.0
    longest = max((clip for clip in clips if clip.has_video), key=lambda clip: clip.duration_s)
    seen = flashes(tmp_path / "out" / longest.file)
    heard = beeps(tmp_path / "out" / longest.file)
    apart = [min((beep - flash for beep in heard), key=abs) for flash in seen[2:]]
    assert len(apart) >= 3
    # Chromium's own capture is good for a frame or two; what we add must be less.
    assert abs(sum(apart) / len(apart)) < 0.06
    assert all(abs(one) < 0.15 for one in apart)
