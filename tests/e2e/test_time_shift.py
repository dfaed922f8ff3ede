"""A lesson that still runs is looked back at: in the office, and where the line was gone."""

import time
from contextlib import ExitStack

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e import samples
from tests.e2e.facts import Facts
from tests.e2e.gallery import shoot
from tests.e2e.lesson import Lesson
from tests.e2e.measure import wait_until
from tests.e2e.platform_process import ROOT, Platform
from tests.e2e.review import Review
from tests.e2e.test_kept_picture import lesson as lesson_behind_lines

RECORDED_MS = 25_000
GONE_S = 14
PICTURES = ROOT / "var/e2e/shift"

_STATE = """
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
def test_the_office_looks_back_while_the_lesson_runs(platform: Platform) -> None:
    facts = Facts()
    with sync_playwright() as playwright, ExitStack() as stack:
        lesson = Lesson(playwright, platform, samples.prepare(), facts, PICTURES)
        stack.callback(lesson.close)
        lesson.prepare()
        lesson.start()
        page = lesson.office
        review = Review(page, platform, facts, watch_s=0.0)
        session_id = review.find_session()
        wait_until(
            lambda: review.ask(f"/api/sessions/{session_id}/timeshift")["until_ms"] > RECORDED_MS,
            "25 s of the lesson to look back at",
            60,
        )
        page.get_by_role("button", name="回看已经录下的部分").click()
        page.get_by_role("button", name="播放", exact=True).click()
        _plays(page, "plays from half a minute ago", facts)
        lesson.shoot(page, "01-looking-back")

        bar = page.get_by_role("slider")
        box = bar.bounding_box()
        assert box is not None
        newest_s = int(bar.get_attribute("aria-valuemax") or 0)
        page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 2)
        wait_until(
            lambda: abs(page.evaluate(_STATE)["at"] - 0.4 * newest_s) < 4, "the place sought"
        )
        _plays(page, "plays on from where it was sought, while the lesson runs", facts)
        page.get_by_role("button", name="1.25 倍追上直播").click()
        wait_until(lambda: page.evaluate(_STATE)["rate"] > 1.2, "the faster pace")
        _plays(page, "plays at 1.25 times", facts)
        # The change of pace parts them for a moment; then the player brings them together.
        wait_until(lambda: _apart_ms(page) < 80, "picture and sound within 80 ms", 15)
        lesson.shoot(page, "02-catching-up")
    facts.require_all_right()


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
        wait_until(lambda: classroom.evaluate(_STATE)["rate"] > 1.2, "the faster pace")
        _plays(classroom, "what was missed plays at 1.25 times", facts)
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


def _apart_ms(page: Page) -> float:
    state = page.evaluate(_STATE)
    return float(1000 * abs(state["at"] - state["heard"]))


def _plays(page: Page, name: str, facts: Facts) -> None:
    """Three seconds go by, with pictures and sound."""
    wait_until(
        lambda: not any((state := page.evaluate(_STATE))["seeking"]) and state["at"] > 1, name
    )
    before = page.evaluate(_STATE)
    try:
        wait_until(lambda: page.evaluate(_STATE)["at"] > before["at"] + 3, name, 40)
    finally:
        after = page.evaluate(_STATE)
        facts.add("player", str(after), expected="no fault", is_right=after["fault"] is None)
    frames = after["frames"] - before["frames"]
    sound = after["bytes"] - before["bytes"]
    facts.add(
        name,
        f"{frames} pictures, {sound} bytes of sound",
        expected="at least 10 pictures, and sound",
        is_right=frames >= 10 and sound > 0,
    )
