"""The teacher's browser dies in mid-lesson: classrooms are told, the room stays, all comes back."""

from contextlib import ExitStack

import pytest
from playwright.sync_api import Locator, expect, sync_playwright

from tests.e2e import samples
from tests.e2e.facts import Facts
from tests.e2e.lesson import Lesson
from tests.e2e.measure import Received, wait_until
from tests.e2e.platform_process import ROOT, Platform

TOLD_WITHIN_MS = 3000


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_lesson_outlives_the_teachers_browser(platform: Platform) -> None:
    facts = Facts()
    with sync_playwright() as playwright, ExitStack() as stack:
        lesson = Lesson(playwright, platform, samples.prepare(), facts, ROOT / "var/e2e/lost")
        stack.callback(lesson.close)
        lesson.arrive()
        lesson.start()
        lesson.join()
        lesson.speak()
        lesson.teacher.get_by_role("button", name="一键暂停").click()
        expect(lesson.first.get_by_text("老师已暂停互动")).to_be_visible()

        lesson.crash_teacher()
        told = [
            _is_shown_in_time(page.get_by_text("老师正在重新连接"))
            for page in (lesson.first, lesson.second)
        ]
        facts.add(
            "classrooms told that the teacher is away",
            told,
            expected=f"both within {TOLD_WITHIN_MS / 1000:.0f} s",
            is_right=all(told),
        )
        lesson.shoot(lesson.first, "01-teacher-away")

        lesson.teacher_returns()
        paused = lesson.teacher.get_by_text("已暂停").first
        expect(paused).to_be_visible()
        frames = Received(lesson.second, "hub").read("camera").get("frames_decoded", 0)
        wait_until(
            lambda: Received(lesson.second, "hub").read("camera")["frames_decoded"] > frames + 20,
            "the teacher's picture at class-2 after her return",
        )
        facts.add("teacher seen again", "yes", expected="yes", is_right=True)
        lesson.teacher.get_by_role("button", name="恢复").first.click()
        stage = Received(lesson.second, lesson.first_seat)
        frames = stage.read("camera").get("frames_decoded", 0)
        wait_until(
            lambda: stage.read("camera").get("frames_decoded", 0) > frames + 10,
            "the stage as it was before, after 恢复",
        )
        facts.add("stage as before", "yes", expected="yes", is_right=True)
        lesson.shoot(lesson.teacher, "02-teacher-back")
    facts.require_all_right()


def _is_shown_in_time(note: Locator) -> bool:
    try:
        expect(note).to_be_visible(timeout=TOLD_WITHIN_MS)
    except AssertionError:
        return False
    return True
