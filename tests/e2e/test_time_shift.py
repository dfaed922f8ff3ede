"""A lesson that still runs is looked back at where the line was gone."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.facts import Facts
from tests.e2e.gallery import shoot
from tests.e2e.measure import wait_until
from tests.e2e.platform_process import ROOT, Platform
from tests.e2e.test_kept_picture import lesson as lesson_behind_lines

GONE_S = 14
PICTURES = ROOT / "var/e2e/shift"

STATE = """
() => {
  const player = document.querySelector(".shift, .catch-up");
  const [picture, sound] = player.querySelectorAll("video, audio");
  return {
    at: picture.currentTime, heard: sound.currentTime, rate: sound.playbackRate,
    frames: picture.getVideoPlaybackQuality().totalVideoFrames,
    bytes: sound.webkitAudioDecodedByteCount, paused: picture.paused, width: picture.videoWidth,
    ready: [picture.readyState, sound.readyState], seeking: [picture.seeking, sound.seeking],
    fault: picture.error?.message ?? sound.error?.message ?? null,
  };
}
"""


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_classroom_sees_what_its_line_took(platform: Platform) -> None:
    facts = Facts()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with lesson_behind_lines(platform) as (_, classroom, _, road):
        wait_until(lambda: _live_sounds(classroom), "the teacher's sound")
        road.cut()
        expect(classroom.get_by_text("正在重新连接 (")).to_be_visible(timeout=12_000)
        time.sleep(GONE_S)
        road.mend()
        offer = classroom.locator("[data-act=catch-up]")
        expect(offer).to_be_visible()
        shoot(classroom, PICTURES, "03-offered")
        offer.click()
        wait_until(lambda: classroom.locator(".catch-up video").count(), "what was missed")
        wait_until(lambda: classroom.evaluate(STATE)["rate"] > 1.2, "the faster pace")
        plays(classroom, "what was missed plays at 1.25 times", facts)
        heard = _live_sounds(classroom)
        facts.add("live sounds meanwhile", str(heard), expected="0", is_right=heard == 0)
        shoot(classroom, PICTURES, "04-classroom-catches-up")
        expect(classroom.get_by_text("追上了")).to_be_visible(timeout=120_000)
        expect(classroom.locator(".catch-up")).to_have_count(0)
        wait_until(lambda: _live_sounds(classroom), "the teacher's sound again")
        expect(offer).to_have_count(0)
    facts.require_all_right()


def _live_sounds(page: Page) -> int:
    return page.locator("audio[data-seat]").count()


def plays(page: Page, name: str, facts: Facts) -> None:
    """Three seconds go by, with pictures and sound."""
    wait_until(
        lambda: not any((state := page.evaluate(STATE))["seeking"]) and state["at"] > 1, name
    )
    before = page.evaluate(STATE)
    try:
        wait_until(lambda: page.evaluate(STATE)["at"] > before["at"] + 3, name, 40)
    finally:
        after = page.evaluate(STATE)
        facts.add("player", str(after), expected="no fault", is_right=after["fault"] is None)
    frames = after["frames"] - before["frames"]
    sound = after["bytes"] - before["bytes"]
    facts.add(
        name,
        f"{frames} pictures, {sound} bytes of sound",
        expected="at least 10 pictures, and sound",
        is_right=frames >= 10 and sound > 0,
    )
