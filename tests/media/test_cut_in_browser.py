"""A piece that was cut out of a film, in a real Chromium: it begins and ends at its marks."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from media.recorder.compose import WHOLE, compose
from media.recorder.cutting import cut
from media.recorder.replay import build_replay
from tests.media.composing import plan_of
from tests.media.played import play
from tests.media.range_server import serving
from tests.media.recordings import CAMERA, MICROPHONE, h264_feed, opus_feed, record

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SECONDS = 8.0


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
        played = play(page, url + "piece.mp4")
    seconds = (5_500 - from_ms) / 1000
    assert played.first_at_s == pytest.approx(0.0, abs=0.001)
    assert (played.first_light > 200) is is_light
    assert played.duration_s == pytest.approx(seconds, abs=0.1)
    assert played.ended_s == pytest.approx(seconds, abs=0.1)
    assert played.audio_bytes > 0
