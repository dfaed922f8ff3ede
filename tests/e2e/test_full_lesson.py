"""`make e2e`: a whole lesson in real browsers; fails when a fact is wrong."""

from contextlib import ExitStack

import pytest
from playwright.sync_api import sync_playwright

from tests.e2e import samples
from tests.e2e.facts import Facts
from tests.e2e.gallery import shoot_all
from tests.e2e.lesson import Lesson
from tests.e2e.platform_process import ROOT, Platform
from tests.e2e.review import Review

PICTURES = ROOT / "var/e2e"


@pytest.mark.browser
@pytest.mark.timeout(400)
def test_a_lesson_from_the_bell_to_the_replay(platform: Platform) -> None:
    facts = Facts()
    media = samples.prepare()
    with sync_playwright() as playwright, ExitStack() as stack:
        lesson = Lesson(playwright, platform, media, facts, PICTURES)
        stack.callback(lesson.close)
        lesson.prepare()
        lesson.start()
        lesson.join()
        lesson.follow()
        lesson.speak()
        lesson.pause_and_restore()
        lesson.report()
        lesson.look_in()
        lesson.end()
        review = Review(lesson.office, platform, facts, watch_s=lesson.ended_at - lesson.started_at)
        session_id = review.find_session()
        review.check_attendance(session_id)
        review.check_export(session_id)
        lesson.shoot(lesson.office, "20-session")
        review.play(session_id)
        lesson.shoot(lesson.office, "21-replay")
        shoot_all(lesson.pages(), PICTURES, session_id)
        facts.add(
            "errors on the pages",
            lesson.errors or "none",
            expected="none",
            is_right=not lesson.errors,
        )
    facts.require_all_right()
