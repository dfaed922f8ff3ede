"""The parts of a recording played in a real Chromium while it grows, and when it is whole.

Natively (HLS), through hls.js, and, for VP8, appended to Media Source Extensions as they are.
"""

import re
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from playwright.sync_api import Page

from media.core.ids import Source, TrackKey
from media.recorder import filler
from media.recorder.manifest import read_manifest
from media.recorder.playlists import Lane, lanes_of, master_playlist, media_playlist
from tests.media.range_server import serving
from tests.media.recorder_bench import moved
from tests.media.recordings import CAMERA, MICROPHONE, h264_feed, opus_feed, record, vp8_feed
from tests.media.rtp_source import encode_h264, encode_opus, packetize

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SECONDS = 20.0
HLS_JS = Path(__file__).parents[2] / "frontend/node_modules/hls.js/dist/hls.min.js"

_PLAY = """
async ({url, js, seeks}) => {
  const media = document.createElement("video");
  document.body.replaceChildren(media);
  const faults = [];
  const within = (ms, promise, what) => Promise.race([promise, new Promise((_, reject) =>
    setTimeout(() => reject(new Error(what + ": " + faults.join("; "))), ms))]);
  const once = (name) => within(20000, new Promise((resolve, reject) => {
    media.addEventListener(name, resolve, {once: true});
    media.addEventListener("error", () => reject(new Error(media.error.message)), {once: true});
  }), name);
  const ready = once("loadeddata");
  if (js) {
    const hls = new Hls();
    hls.on(Hls.Events.ERROR, (_, data) => faults.push(data.details));
    hls.loadSource(url);
    hls.attachMedia(media);
  } else {
    media.src = url;
  }
  await ready;
  // The frame of an earlier position may still be on its way to the screen: it is let pass.
  const shown = (wanted) => new Promise((resolve) => {
    let last = null;
    const look = (_, data) => {
      last = data.mediaTime;
      if (Math.abs(last - wanted) < 0.1) resolve(last);
      else media.requestVideoFrameCallback(look);
    };
    media.requestVideoFrameCallback(look);
    setTimeout(() => resolve(last), 5000);
  });
  const out = {duration: media.duration, seeks: []};
  for (const wanted of seeks) {
    const frame = shown(wanted);
    const sought = once("seeked");
    media.currentTime = wanted;
    await sought;
    out.seeks.push({wanted, frame: await frame});
  }
  media.currentTime = seeks[0];
  await once("seeked");
  const from = media.currentTime;
  media.playbackRate = 2;
  await media.play();
  await within(20000, new Promise((resolve) => {
    const look = () => media.currentTime > from + 7 ? resolve() : setTimeout(look, 50);
    look();
  }), "plays on");
  out.audioBytes = media.webkitAudioDecodedByteCount;
  out.frames = media.getVideoPlaybackQuality().totalVideoFrames;
  out.size = [media.videoWidth, media.videoHeight];
  out.faults = faults;
  media.pause();
  return out;
}
"""

_WATCH = """
async ({url, js, seeks, from, until}) => {
  const media = document.createElement("video");
  document.body.replaceChildren(media);
  const faults = [];
  const once = (name) => Promise.race([
    new Promise((resolve) => media.addEventListener(name, resolve, {once: true})),
    new Promise((_, reject) =>
      setTimeout(() => reject(new Error(name + ": " + faults.join("; "))), 20000)),
  ]);
  media.addEventListener("error", () => faults.push(media.error.message));
  const ready = once("loadeddata");
  if (js) {
    const hls = new Hls();
    hls.on(Hls.Events.ERROR, (_, data) => faults.push(data.details));
    hls.loadSource(url);
    hls.attachMedia(media);
  } else {
    media.src = url;
  }
  await ready;
  const canvas = new OffscreenCanvas(16, 16).getContext("2d", {willReadFrequently: true});
  const isWhite = () => {
    canvas.drawImage(media, 0, 0, 16, 16);
    return canvas.getImageData(8, 8, 1, 1).data[0] > 200;
  };
  const out = {seeks: [], flashes: [], beeps: [], faults};
  for (const wanted of seeks) {
    const frame = new Promise((resolve) => {
      const look = (_, {mediaTime, width}) => Math.abs(mediaTime - wanted) < 0.1
        ? resolve({wanted, mediaTime, isWhite: isWhite(), width})
        : media.requestVideoFrameCallback(look);
      media.requestVideoFrameCallback(look);
      setTimeout(() => resolve({wanted}), 5000);
    });
    const sought = once("seeked");
    media.currentTime = wanted;
    await sought;
    out.seeks.push(await frame);
  }
  const sought = once("seeked");
  media.currentTime = from;
  await sought;
  const audio = new AudioContext();
  const analyser = audio.createAnalyser();
  analyser.fftSize = 256;
  const sound = audio.createMediaElementSource(media);
  sound.connect(analyser);
  sound.connect(audio.destination);
  const samples = new Float32Array(256);
  let [wasLoud, wasWhite] = [false, false];
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const loudest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (loudest > 0.2 && !wasLoud) out.beeps.push(performance.now());
    wasLoud = loudest > (wasLoud ? 0.1 : 0.2);
  }, 3);
  const look = (_, {expectedDisplayTime, mediaTime}) => {
    const white = isWhite();
    if (white && !wasWhite) out.flashes.push([mediaTime, expectedDisplayTime]);
    wasWhite = white;
    media.requestVideoFrameCallback(look);
  };
  media.requestVideoFrameCallback(look);
  await media.play();
  const began = performance.now();
  while (media.currentTime < until && performance.now() - began < 30000) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  clearInterval(timer);
  media.pause();
  out.at = media.currentTime;
  return out;
}
"""

_APPEND = """
async ({parts, mime, seeks, zero}) => {
  const media = document.createElement("video");
  document.body.replaceChildren(media);
  const source = new MediaSource();
  const once = (target, name) => new Promise((resolve, reject) => {
    target.addEventListener(name, resolve, {once: true});
    media.addEventListener("error", () => reject(new Error(media.error.message)), {once: true});
  });
  const open = once(source, "sourceopen");
  media.src = URL.createObjectURL(source);
  await open;
  const buffer = source.addSourceBuffer(mime);
  buffer.timestampOffset = zero;
  for (const part of parts) {
    const bytes = await (await fetch(part)).arrayBuffer();
    const done = once(buffer, "updateend");
    buffer.appendBuffer(bytes);
    await done;
  }
  source.endOfStream();
  const ranges = [];
  for (let i = 0; i < buffer.buffered.length; i += 1) {
    ranges.push([buffer.buffered.start(i), buffer.buffered.end(i)]);
  }
  const out = {ranges, seeks: []};
  for (const wanted of seeks) {
    const frame = new Promise((resolve) => {
      let last = null;
      const look = (_, data) => {
        last = data.mediaTime;
        if (Math.abs(last - wanted) < 0.1) resolve(last);
        else media.requestVideoFrameCallback(look);
      };
      media.requestVideoFrameCallback(look);
      setTimeout(() => resolve(last), 5000);
    });
    const sought = once(media, "seeked");
    media.currentTime = wanted;
    await sought;
    out.seeks.push({wanted, frame: await frame});
  }
  return out;
}
"""


def write_playlists(folder: Path, *, is_over: bool) -> Lane:
    """Beside the parts, as the server makes them for each request."""
    (lane,) = lanes_of(read_manifest(folder))
    names = {source: f"{source}.m3u8" for source in lane.tracks}
    (folder / "master.m3u8").write_text(master_playlist(lane, names.__getitem__))
    for source, name in names.items():
        text = media_playlist(lane, source, epochs=[], is_over=is_over, uri=str, fill=str)
        (folder / name).write_text(text)
        for file in re.findall(r"(?:audio|video)(?:-\d+-\d+)?\.mp4", text):
            (folder / file).write_bytes(filler.content(file))
    return lane


def play(page: Page, folder: Path, *, js: bool) -> dict[str, Any]:  # Any: what the page says
    with serving(folder) as url:
        page.goto(url)
        if js:
            page.add_script_tag(path=HLS_JS)
        asked = {"url": f"{url}master.m3u8", "js": js, "seeks": [2.25, 11.5, 5.75]}
        result: dict[str, Any] = page.evaluate(_PLAY, asked)
    return result


@pytest.mark.parametrize("is_over", [True, False])
@pytest.mark.parametrize("js", [False, True])
def test_h264_seeks_and_plays_on_over_the_cuts(
    page: Page, tmp_path: Path, js: bool, is_over: bool
) -> None:
    feeds = {CAMERA: h264_feed(SECONDS), MICROPHONE: opus_feed(SECONDS)}
    record(tmp_path, feeds, offset_s=300.0)
    lane = write_playlists(tmp_path, is_over=is_over)
    result = play(page, tmp_path, js=js)
    assert result["faults"] == []
    assert result["size"] == [320, 240]
    if is_over:
        assert result["duration"] == pytest.approx(lane.until_s - lane.from_s, abs=0.2)
    for seek in result["seeks"]:
        assert seek["frame"] == pytest.approx(seek["wanted"], abs=0.1)
    assert result["audioBytes"] > 0
    assert result["frames"] > 60


@pytest.mark.parametrize("js", [False, True])
def test_a_change_of_format_keeps_the_place_and_the_step(
    page: Page, tmp_path: Path, js: bool
) -> None:
    small, large = encode_h264(9.0), encode_h264(5.0, size=(640, 480))
    frames = small + moved(large, 9.0) + moved(encode_h264(6.0), 14.0)
    feeds = {CAMERA: ("H264", packetize("H264", frames)), MICROPHONE: opus_feed(SECONDS)}
    record(tmp_path, feeds, offset_s=300.0)
    write_playlists(tmp_path, is_over=True)
    assert (tmp_path / "camera.m3u8").read_text().count("#EXT-X-MAP") == 3
    with serving(tmp_path) as url:
        page.goto(url)
        if js:
            page.add_script_tag(path=HLS_JS)
        asked = {"js": js, "seeks": [2.02, 9.02, 12.02, 14.02, 17.02], "from": 6.3, "until": 16.5}
        result = page.evaluate(_WATCH, {"url": f"{url}master.m3u8", **asked})
    assert result["faults"] == []
    # Every whole second begins with a white frame and a beep.
    assert [(seek["isWhite"], seek["width"]) for seek in result["seeks"]] == [
        (True, 320),
        (True, 640),
        (True, 640),
        (True, 320),
        (True, 320),
    ]
    assert result["at"] >= 16.5
    flashes = result["flashes"]
    assert len(flashes) >= 8
    for media_time, shown_at in flashes:
        assert media_time == pytest.approx(round(media_time), abs=0.02)
        assert min(abs(shown_at - beep) for beep in result["beeps"]) < 120


HOLES: dict[str, tuple[int, dict[TrackKey, float]]] = {
    "camera-a-little-late": (0, {CAMERA: 2.4, MICROPHONE: 0}),
    "camera-late": (0, {CAMERA: 9, MICROPHONE: 0}),
    "microphone-late": (0, {CAMERA: 0, MICROPHONE: 9}),
    "camera-off": (6, {CAMERA: 5, MICROPHONE: 0}),
    "microphone-off": (6, {CAMERA: 0, MICROPHONE: 5}),
    "both-off": (6, {CAMERA: 12, MICROPHONE: 12}),
}
"""For how many seconds both were recorded first, and how long after that each went on."""
IN_STEP_S = 0.12


@pytest.mark.parametrize("js", [False, True], ids=["native", "hls.js"])
@pytest.mark.parametrize("name", HOLES)
def test_what_is_missing_is_black_or_silent_and_moves_nothing(
    page: Page, tmp_path: Path, name: str, js: bool
) -> None:
    first_s, late_s = HOLES[name]
    if first_s:
        before = {CAMERA: h264_feed(first_s), MICROPHONE: opus_feed(first_s)}
        record(tmp_path, before, offset_s=300.0)
    camera = packetize("H264", moved(encode_h264(SECONDS), late_s[CAMERA]))
    sound = packetize("opus", moved(encode_opus(SECONDS), late_s[MICROPHONE]))
    after = {CAMERA: ("H264", camera), MICROPHONE: ("opus", sound)}
    record(tmp_path, after, epoch=2, offset_s=300.0 + first_s)
    write_playlists(tmp_path, is_over=True)
    from_s, until_s = 0.5, first_s + max(late_s.values()) + 5.5
    with serving(tmp_path) as url:
        page.goto(url)
        if js:
            page.add_script_tag(path=HLS_JS)
        asked = {"js": js, "seeks": [first_s + 2.02], "from": from_s, "until": until_s}
        result = page.evaluate(_WATCH, {"url": f"{url}master.m3u8", **asked})
    assert result["faults"] == []
    assert result["at"] >= until_s
    is_black = late_s[CAMERA] > 2
    (seek,) = result["seeks"]
    assert seek["mediaTime"] == pytest.approx(first_s + 2, abs=0.02)
    assert (seek["isWhite"], seek["width"]) == ((False, 256) if is_black else (True, 320))
    # Every second of what was recorded begins with a white frame and a beep.
    expected = {
        track: [
            at_s
            for at_s in (*range(first_s), *(first_s + late + each for each in range(20)))
            if from_s < at_s < until_s
        ]
        for track, late in late_s.items()
    }
    flashes = [at_s for at_s, _ in result["flashes"]]
    _require_these(flashes, expected[CAMERA], within_s=0.02)
    ahead_s = median(shown_at / 1000 - at_s for at_s, shown_at in result["flashes"])
    beeps = [heard_at / 1000 - ahead_s for heard_at in result["beeps"]]
    _require_these(beeps, expected[MICROPHONE], within_s=IN_STEP_S)


def _require_these(found: list[float], expected: list[float], *, within_s: float) -> None:
    """All that were found are expected, and all but one of those were found."""
    nearest = [min(expected, key=lambda at_s: abs(at_s - each)) for each in found]
    assert found == pytest.approx(nearest, abs=within_s)
    assert len(set(nearest)) >= len(expected) - 1, (found, expected)


@pytest.mark.parametrize(("feed", "codec"), [(vp8_feed, "vp8"), (h264_feed, "avc1.42c01f")])
def test_parts_are_appended_as_they_are_and_make_one_stretch(
    page: Page, tmp_path: Path, feed: Any, codec: str
) -> None:
    record(tmp_path, {CAMERA: feed(SECONDS)}, offset_s=300.0)
    parts = [part for part in read_manifest(tmp_path) if part.source is Source.CAMERA]
    assert len(parts) >= 3
    container = "webm" if codec == "vp8" else "mp4"
    with serving(tmp_path) as url:
        page.goto(url)
        asked = {
            "parts": [url + part.file for part in parts],
            "mime": f'video/{container}; codecs="{codec}"',
            "seeks": [302.25, 311.5, 305.75],
            "zero": parts[0].zero_s,
        }
        result = page.evaluate(_APPEND, asked)
    ((from_s, until_s),) = result["ranges"]
    assert (from_s, until_s) == pytest.approx((300.0, 300.0 + SECONDS), abs=0.2)
    for seek in result["seeks"]:
        assert seek["frame"] == pytest.approx(seek["wanted"], abs=0.1)
