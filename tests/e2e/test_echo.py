"""A classroom that sends the teacher's voice back is marked, and silenced with one button."""

from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.e2e import samples
from tests.e2e.facts import Facts
from tests.e2e.lesson import Lesson
from tests.e2e.platform_process import ROOT, Platform

FOUND_WITHIN_MS = 60_000


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_an_echo_is_shown_to_the_teacher_and_silenced_with_one_button(platform: Platform) -> None:
    facts = Facts()
    with sync_playwright() as playwright, ExitStack() as stack:
        lesson = Lesson(playwright, platform, samples.prepare(), facts, ROOT / "var/e2e/echo")
        stack.callback(lesson.close)
        lesson.first.context.add_init_script(path=Path(__file__).with_name("loudspeaker.js"))
        lesson.arrive()
        lesson.start()
        lesson.join()
        tile = lesson.teacher.locator(f'article[data-seat="{lesson.first_seat}"]')
        lesson.first.get_by_role("button", name="举手").click()
        lesson.teacher.get_by_role("button", name="请上台").first.click()
        echo = tile.get_by_text("有回声, 把老师的声音传回来了")
        expect(echo).to_be_visible(timeout=FOUND_WITHIN_MS)
        expect(lesson.first.get_by_text("老师的声音从音箱又传进了话筒")).to_be_visible()
        lesson.shoot(lesson.teacher, "01-echo")
        lesson.shoot(lesson.first, "02-classroom")
        lesson.teacher.get_by_role("button", name="English").click()
        lesson.shoot(lesson.teacher, "01-echo-en")
        lesson.teacher.get_by_role("button", name="中文").click()
        tile.get_by_role("button", name="静音").click()
        expect(echo).to_be_hidden()
        expect(tile.get_by_label("已静音")).to_be_visible()
        lesson.shoot(lesson.teacher, "03-silenced")
