"""Replays in a real Chromium over HTTP ranges: they play, they seek, they sound."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from media.recorder.replay import build_replay
from tests.media.range_server import serving
from tests.media.recordings import (
    CAMERA,
    MICROPHONE,
    Feed,
    h264_feed,
    opus_feed,
    record,
    vp8_feed,
    without,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SECONDS = 8.0

_PLAY = """
async (file) => {
  const media = document.createElement(file.audioOnly ? "audio" : "video");
  document.body.append(media);
  const once = (name) => new Promise((resolve, reject) => {
    media.addEventListener(name, resolve, {once: true});
    media.addEventListener("error", () => reject(new Error(media.error.message)), {once: true});
  });
  // The frame of an earlier position may still be on its way to the screen: it is let pass.
  const shown = (wanted) => file.audioOnly ? Promise.resolve(null) : new Promise((resolve) => {
    let last = null;
    const look = (_, data) => {
      last = data.mediaTime;
      if (Math.abs(last - wanted) < 0.1) resolve(last);
      else media.requestVideoFrameCallback(look);
    };
    media.requestVideoFrameCallback(look);
    setTimeout(() => resolve(last), 5000);
  });
  media.muted = false;
  const ready = once("loadeddata");
  media.src = file.url;
  await ready;
  const out = {duration: media.duration, seeks: [], canPlay: media.canPlayType(file.mime)};
  for (const wanted of file.seeks) {
    const frame = shown(wanted);
    const sought = once("seeked");
    media.currentTime = wanted;
    await sought;
    out.seeks.push({wanted, reached: media.currentTime, frame: await frame});
  }
  const rewound = once("seeked");
  media.currentTime = 0;
  await rewound;
  const done = once("ended");
  media.playbackRate = 4;
  await media.play();
  await done;
  out.ended = media.currentTime;
  out.audioBytes = media.webkitAudioDecodedByteCount;
  out.frames = file.audioOnly ? 0 : media.getVideoPlaybackQuality().totalVideoFrames;
  out.size = [media.videoWidth, media.videoHeight];
  return out;
}
"""


@pytest.fixture
def base_url(tmp_path: Path) -> Iterator[str]:
    with serving(tmp_path / "out") as url:
        yield url


def play(page: Page, base_url: str, folder: Path) -> dict[str, Any]:  # Any: what the page says
    (clip,) = build_replay(folder / "rec", folder / "out").clips
    page.goto(base_url)
    file = {
        "url": base_url + clip.file,
        "mime": clip.mime,
        "audioOnly": not clip.has_video,
        "seeks": [5.25, 1.5, 6.75, 0.5],
    }
    result: dict[str, Any] = page.evaluate(_PLAY, file)
    return result


@pytest.mark.parametrize("video", [h264_feed, vp8_feed])
def test_a_clip_with_picture_and_sound_seeks_and_plays(
    page: Page, base_url: str, tmp_path: Path, video: Any
) -> None:
    record(tmp_path / "rec", {CAMERA: video(SECONDS), MICROPHONE: opus_feed(SECONDS)})
    result = play(page, base_url, tmp_path)
    assert result["canPlay"] == "probably"
    assert result["size"] == [320, 240]
    assert abs(result["duration"] - SECONDS) < 0.1
    for seek in result["seeks"]:
        assert abs(seek["reached"] - seek["wanted"]) < 0.05
        assert abs(seek["frame"] - seek["wanted"]) < 0.1
    assert abs(result["ended"] - SECONDS) < 0.1
    assert result["audioBytes"] > 0
    assert result["frames"] > 0


def test_a_clip_with_lost_sound_and_picture_keeps_its_length(
    page: Page, base_url: str, tmp_path: Path
) -> None:
    feeds: dict[Any, Feed] = {
        CAMERA: without(h264_feed(SECONDS), 2.5, 3.5),
        MICROPHONE: without(opus_feed(SECONDS), 3.0, 4.0),
    }
    record(tmp_path / "rec", feeds)
    result = play(page, base_url, tmp_path)
    assert abs(result["duration"] - SECONDS) < 0.1
    assert abs(result["ended"] - SECONDS) < 0.1


def test_a_clip_of_sound_alone_seeks_and_plays(page: Page, base_url: str, tmp_path: Path) -> None:
    record(tmp_path / "rec", {MICROPHONE: opus_feed(SECONDS)})
    result = play(page, base_url, tmp_path)
    assert result["canPlay"] == "probably"
    assert all(abs(seek["reached"] - seek["wanted"]) < 0.05 for seek in result["seeks"])
    assert abs(result["ended"] - SECONDS) < 0.1
    assert result["audioBytes"] > 0
