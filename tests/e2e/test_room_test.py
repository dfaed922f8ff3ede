"""教室声音测试: a classroom runs it on its own screen, and its administrator finds the result.

Whoever leaves the result on the screen is in the lesson all the same when it begins.

Chromium's fake microphone plays a file from its beginning each time it is opened and hears
nothing of the loudspeaker, so what each of the four steps hears is known.
"""

import math
import random
import struct
import wave
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect, sync_playwright

from tests.e2e.browsers import launch, open_context
from tests.e2e.platform_process import ROOT, Platform

SHOTS = ROOT / "var/e2e/room-test"
RATE = 48_000
QUIET_S = 3.4  # the first step listens to three seconds


def microphone(path: Path, *, loud_db: float, seed: int = 1) -> Path:
    """Write ten seconds: faint noise, and after `QUIET_S` bursts of a buzz at `loud_db`."""
    rng, samples = random.Random(seed), bytearray()
    for tick in range(RATE * 10):
        at_s = tick / RATE
        value = rng.gauss(0, 0.001)
        if at_s > QUIET_S and at_s % 0.5 < 0.35:
            value += 10 ** (loud_db / 20) * math.copysign(1, math.sin(2 * math.pi * 180 * at_s))
        samples += struct.pack("<h", round(32_000 * max(-1.0, min(1.0, value))))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(samples))
    return path


def run_test(
    playwright: Playwright,
    platform: Platform,
    sound: Path,
    name: str,
    *,
    width: int,
    height: int,
    is_before_a_lesson: bool = False,
) -> str:
    """Run the test as the first classroom; return what the screen says it is."""
    # Chromium wants a picture's file too; a missing one is a camera that shows nothing.
    browser = launch(playwright, video=sound, audio=sound)
    try:
        page = open_context(browser, width=width, height=height).new_page()
        page.goto(platform.links["class-1"])
        if is_before_a_lesson:
            page.get_by_role("button", name="进入课堂").click()
        page.get_by_role("button", name="声音测试").click()
        page.screenshot(path=SHOTS / f"{name}-1-before.png")
        page.get_by_role("button", name="开始测试").click()
        expect(page.locator('.room[data-step="quiet"]')).to_be_visible()
        expect(page.locator('.room[data-step="voice"]')).to_be_visible(timeout=40_000)
        page.screenshot(path=SHOTS / f"{name}-2-running.png")
        expect(page.get_by_text("结果已保存")).to_be_visible(timeout=20_000)
        page.screenshot(path=SHOTS / f"{name}-3-done.png")
        verdict = page.locator(".room").get_attribute("data-verdict") or ""
        if is_before_a_lesson:
            begin_lesson(playwright, platform, page)
        return verdict
    finally:
        browser.close()


def begin_lesson(playwright: Playwright, platform: Platform, classroom: Page) -> None:
    """Let the teacher begin, and the classroom, which touches nothing any more, be there."""
    browser = launch(playwright)
    try:
        page = open_context(browser).new_page()
        page.goto(platform.links["teacher"])
        page.get_by_role("button", name="开课").first.click()
        page.wait_for_url("**/live")
        expect(classroom.locator("section.in")).to_be_visible(timeout=20_000)
    finally:
        browser.close()


def found_by_administrator(playwright: Playwright, platform: Platform, name: str) -> str:
    browser = launch(playwright)
    try:
        page = open_context(browser).new_page()
        page.goto(platform.links["admin"])
        page.wait_for_url("**/admin")
        page.goto(f"{'/'.join(page.url.split('/')[:3])}/admin/classrooms")
        cell = page.locator("[data-room-test]")
        expect(cell).to_have_count(1)
        page.screenshot(path=SHOTS / f"{name}-4-administrator.png")
        return cell.get_attribute("data-room-test") or ""
    finally:
        browser.close()


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_room_is_tested_and_its_administrator_sees_the_newest_result(
    platform: Platform, tmp_path: Path
) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    silent = microphone(tmp_path / "silent.wav", loud_db=-90)
    loud = microphone(tmp_path / "loud.wav", loud_db=-20)
    with sync_playwright() as playwright:
        told = run_test(playwright, platform, silent, "silent", width=1366, height=768)
        assert told == "unheard"
        assert found_by_administrator(playwright, platform, "silent") == "unheard"
        told = run_test(
            playwright, platform, loud, "loud", width=1920, height=1080, is_before_a_lesson=True
        )
        assert told == "good"
        assert found_by_administrator(playwright, platform, "loud") == "good"
