"""A piece that was cut out of a film, in a real Chromium: it begins and ends at its marks."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from media.recorder.compose import WHOLE, compose
from media.recorder.cutting import cut
from media.recorder.replay import build_replay
from tests.media.composing import plan_of
from tests.media.range_server import serving
from tests.media.recordings import CAMERA, MICROPHONE, h264_feed, opus_feed, record

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SECONDS = 8.0

_PLAY = """
async (url) => {
  const media = document.createElement("video");
  document.body.append(media);
  const canvas = document.createElement("canvas");
  const light = () => {
    canvas.width = media.videoWidth; canvas.height = media.videoHeight;
    const drawn = canvas.getContext("2d");
    drawn.drawImage(media, 0, 0);
    return drawn.getImageData(media.videoWidth / 2, media.videoHeight / 2, 1, 1).data[0];
  };
  const first = new Promise((resolve) => media.requestVideoFrameCallback(
    (_, data) => resolve({at: data.mediaTime, light: light()})));
  const once = (name) => new Promise((resolve, reject) => {
    media.addEventListener(name, resolve, {once: true});
    media.addEventListener("error", () => reject(new Error(media.error.message)), {once: true});
  });
  const ready = once("loadeddata");
  media.src = url;
  await ready;
  const out = {duration: media.duration, first: await first};
  const done = once("ended");
  await media.play();
  await done;
  out.ended = media.currentTime;
  out.audioBytes = media.webkitAudioDecodedByteCount;
  return out;
}
"""


# The source flashes at each whole second: the first mark lies within one, the second between.
@pytest.mark.parametrize(("from_ms", "is_light"), [(3_010, True), (3_500, False)])
def test_the_first_picture_is_the_marked_one_and_the_length_is_that_of_the_marks(
    from_ms: int, is_light: bool, page: Page, tmp_path: Path
) -> None:
    feeds = {CAMERA: h264_feed(SECONDS, size=(320, 180)), MICROPHONE: opus_feed(SECONDS)}
    record(tmp_path / "rec", feeds)
    plan = plan_of(build_replay(tmp_path / "rec", tmp_path / "out"))
    film = tmp_path / "film.mp4"
    compose(tmp_path / "out", plan, film, profile=WHOLE, told=lambda *_: None)
    made = cut(
        film, tmp_path / "out" / "piece.mp4", from_ms=from_ms, until_ms=5_500, told=lambda _: None
    )
    assert made.lead_ms > 0
    with serving(tmp_path / "out") as url:
        page.goto(url)
        played: dict[str, Any] = page.evaluate(_PLAY, url + "piece.mp4")
    seconds = (5_500 - from_ms) / 1000
    assert played["first"]["at"] == pytest.approx(0.0, abs=0.001)
    assert (played["first"]["light"] > 200) is is_light
    assert played["duration"] == pytest.approx(seconds, abs=0.1)
    assert played["ended"] == pytest.approx(seconds, abs=0.1)
    assert played["audioBytes"] > 0
