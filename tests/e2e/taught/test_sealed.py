"""A lesson that was sealed is played by what is not ours: Chromium's own HLS, and hls.js."""

import re
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.clapper import Claps, apart
from tests.e2e.facts import Facts
from tests.e2e.measure import wait_until
from tests.e2e.platform_process import ROOT
from tests.e2e.short_lesson import noted
from tests.e2e.taught.conftest import Taught
from tests.e2e.taught.test_lip_sync import HEARD_EARLY_S, HEARD_LATE_S

HLS_JS = ROOT / "frontend/node_modules/hls.js/dist/hls.min.js"
SEGMENT_S = 8.0
"""A part is cut at the first key frame from 6 s on, which come every 2 s."""
PLAYED_S = 12.5
FEWEST_CLAPS = 3
"""Of four: a busy machine gives one late."""

_OPEN = """
async ({url, js}) => {
  const media = document.createElement("video");
  media.faults = [];
  document.body.replaceChildren(media);
  window.__sealed = media;
  media.addEventListener("error", () => media.faults.push(media.error.message));
  const ready = new Promise((resolve, reject) => {
    media.addEventListener("loadeddata", resolve, {once: true});
    setTimeout(() => reject(new Error("not loaded: " + media.faults.join("; "))), 20000);
  });
  if (js) {
    const hls = new Hls({enableWorker: false});
    hls.on(Hls.Events.ERROR, (_, data) => {
      if (data.details !== "aborted") media.faults.push(data.details); // what a seek gives up
    });
    hls.loadSource(url);
    hls.attachMedia(media);
  } else {
    media.src = url;
  }
  await ready;
  window.__clapper.player.flashes.length = 0;
  window.__clapper.player.beeps.length = 0;
  await window.__clapper.listen(media);
  return media.duration;
}
"""

_SEEK = """
async (wanted) => {
  const media = window.__sealed;
  const sought = new Promise((resolve) => media.addEventListener("seeked", resolve, {once: true}));
  media.currentTime = wanted;
  await sought;
  await media.play();
}
"""

_STATE = """
() => {
  const media = window.__sealed;
  return {
    at: media.currentTime, width: media.videoWidth, faults: media.faults,
    frames: media.getVideoPlaybackQuality().totalVideoFrames,
    bytes: media.webkitAudioDecodedByteCount,
  };
}
"""


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_sealed_lesson_plays_natively_and_through_hls_js(taught: Taught, office: Page) -> None:
    facts = Facts()
    source, session_id = taught.source, taught.session_id
    looked = _ask(office, f"/api/sessions/{session_id}/timeshift")
    facts.add("sealed", looked["is_over"], expected="True", is_right=looked["is_over"])
    (lane,) = (
        each for each in looked["lanes"] if (each["seat_id"], each["group"]) == ("hub", "camera")
    )
    lesson_s = _ask(office, f"/api/admin/sessions/{session_id}")["duration_ms"] / 1000
    began_at = _begins_at(office, lane["tracks"][0]["url"])
    since = Claps(
        tuple(at - began_at for at in source.flashes),
        tuple(at - began_at for at in source.beeps),
    )
    can_native = office.evaluate(
        "() => document.createElement('video').canPlayType('application/vnd.apple.mpegurl')"
    )
    office.evaluate(HLS_JS.read_text())
    ways = {"hls.js": True, "native": False}
    for name, js in ways.items():
        if not js and not can_native:
            continue
        duration_s = office.evaluate(_OPEN, {"url": lane["hls"], "js": js})
        facts.add(
            f"{name}: duration",
            f"{duration_s:.1f} s of a lesson of {lesson_s:.1f} s",
            expected="the lesson's within a segment",
            is_right=abs(duration_s - lesson_s) <= SEGMENT_S,
        )
        _plays_from(office, name, duration_s / 2, facts)
        found = apart(noted(office, "player"), since)
        is_in_step = -HEARD_EARLY_S <= found.middle_s <= HEARD_LATE_S
        facts.add(
            f"{name}: sound after its picture",
            found,
            expected=f"{FEWEST_CLAPS} claps at least; {-1000 * HEARD_EARLY_S:+.0f} "
            f"to {1000 * HEARD_LATE_S:+.0f} ms",
            is_right=len(found.each_s) >= FEWEST_CLAPS and is_in_step,
        )
    facts.require_all_right()
    if not can_native:
        pytest.skip("this Chromium says that it cannot play HLS natively; hls.js did")


def _ask(page: Page, path: str) -> Any:
    return page.evaluate("async (path) => await (await fetch(path)).json()", path)


def _begins_at(page: Page, url: str) -> float:
    """Return when a playlist says that it begins, in seconds since 1970."""
    text = page.evaluate("async (url) => await (await fetch(url)).text()", url)
    found = re.search("#EXT-X-PROGRAM-DATE-TIME:(.+)", text)
    assert found, text
    return datetime.fromisoformat(found[1]).timestamp()


def _plays_from(page: Page, name: str, from_s: float, facts: Facts) -> None:
    """From the middle on: the picture moves, and there is sound."""
    page.evaluate(_SEEK, from_s)
    before = page.evaluate(_STATE)
    wait_until(lambda: page.evaluate(_STATE)["at"] >= from_s + PLAYED_S, f"{name} plays", 40)
    after = page.evaluate(_STATE)
    frames, sound = after["frames"] - before["frames"], after["bytes"] - before["bytes"]
    facts.add(
        f"{name}: plays from its middle",
        f"from {before['at']:.1f} s to {after['at']:.1f} s: {frames} pictures, "
        f"{sound} bytes of sound, faults {after['faults']}",
        expected="begins where it was sought; at least 10 pictures a second, sound, no fault",
        is_right=abs(before["at"] - from_s) < 1
        and frames >= 10 * PLAYED_S
        and sound > 0
        and not after["faults"],
    )
