"""Lines are cut, and the server ends: the last picture stays, with what is happening in words."""

import io
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import av
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e import browsers, samples
from tests.e2e.facts import Facts
from tests.e2e.gallery import shoot
from tests.e2e.measure import Received, first_frame_ms, wait_until
from tests.e2e.platform_process import ROOT, Platform
from tests.e2e.road import Road

PICTURES = ROOT / "var/e2e/kept"

# Bright enough: a page that shows its ground alone has 15 of 255, the film of the teacher 110.
NOT_BLACK = 40.0


def brightness(page: Page, selector: str) -> float:
    """Return how bright a part of the page is on the screen, 0 to 255."""
    png = page.locator(selector).first.screenshot()
    with av.open(io.BytesIO(png), "r") as picture:
        frame = next(picture.decode(video=0)).reformat(width=64, height=36, format="gray")
        plane = frame.planes[0]
        data = bytes(plane)
        rows = [data[y * plane.line_size : y * plane.line_size + 64] for y in range(36)]
    return sum(map(sum, rows)) / (64 * 36)


class Watched:
    """The picture of a seat on a page: it must never go black."""

    def __init__(self, page: Page, seat: str) -> None:
        self.page = page
        self.seat = seat
        self.darkest = 255.0
        self._selector = f".picture:has({browsers.video_of(page, seat)})"

    def frames(self) -> int:
        return int(Received(self.page, self.seat).read("camera").get("frames_decoded", 0))

    def look(self) -> bool:
        self.darkest = min(self.darkest, brightness(self.page, self._selector))
        return True

    def watch_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.look()

    def until_moving(self, *, before: int | None = None) -> float:
        """Look on until ten further pictures have come; return how long that took in seconds."""
        began = time.monotonic()
        seen = self.frames() if before is None else before

        def has_moved() -> bool:
            self.look()
            now = self.frames()
            # A connection made anew counts from nothing.
            return now >= seen + 10 or 10 <= now < seen

        wait_until(has_moved, f"the picture of {self.seat} to move", timeout_s=30)
        return time.monotonic() - began


@contextmanager
def lesson(platform: Platform) -> Iterator[tuple[Page, Page, Road, Road]]:
    """A teacher and a classroom in a lesson, each behind a line of its own."""
    made = samples.prepare()
    with sync_playwright() as playwright, ExitStack() as stack:
        roads = [stack.enter_context(Road.laid(platform)) for _ in range(2)]
        pages: list[Page] = []
        for road, video in zip(roads, (made.teacher_video, made.classroom_video), strict=True):
            browser = browsers.launch(playwright, video=video, audio=made.speech)
            stack.callback(browser.close)
            context = browsers.open_context(browser)
            road.take(context)
            pages.append(context.new_page())
        teacher, classroom = pages
        teacher.goto(roads[0].link("teacher"))
        teacher.get_by_role("button", name="开课").first.click()
        teacher.wait_for_url("**/live")
        classroom.goto(roads[1].link("class-1"))
        classroom.get_by_role("button", name="进入课堂").click()
        wait_until(lambda: first_frame_ms(classroom, "hub/camera"), "the teacher's picture")
        yield teacher, classroom, roads[0], roads[1]


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_the_last_picture_stays_whatever_happens_to_the_line(platform: Platform) -> None:
    facts = Facts()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with lesson(platform) as (teacher, classroom, teachers_road, classrooms_road):
        seat = str(classroom.evaluate("() => window.__classroom.read()")["seat_id"])
        hub, tile = Watched(classroom, "hub"), Watched(teacher, seat)
        hub.until_moving()
        tile.until_moving()

        # The teacher's media stops, her words go on.
        teachers_road.block_udp(is_blocked=True)
        expect(classroom.get_by_text("老师正在重新连接")).to_be_visible(timeout=8_000)
        expect(teacher.get_by_text("画面和声音正在重新连接")).to_be_visible(timeout=8_000)
        hub.watch_for(2)
        shoot(classroom, PICTURES, "01-classroom-teacher-still")
        shoot(teacher, PICTURES, "02-teacher-media-lost")
        before = hub.frames()
        teachers_road.block_udp(is_blocked=False)
        facts.add(
            "teacher's picture after her media's return",
            f"{hub.until_moving(before=before):.1f} s",
            expected="moves",
            is_right=True,
        )
        expect(classroom.get_by_text("老师正在重新连接")).to_be_hidden(timeout=8_000)

        # The classroom's line is cut for longer than its WebSocket lasts.
        classrooms_road.cut()
        expect(classroom.get_by_text("正在重新连接 (")).to_be_visible(timeout=12_000)
        hub.watch_for(2)
        away = teacher.locator(f'article[data-seat="{seat}"]').get_by_text("离线")
        expect(away.first).to_be_visible()
        tile.look()
        shoot(classroom, PICTURES, "03-classroom-cut")
        shoot(teacher, PICTURES, "04-teacher-classroom-away")
        before = hub.frames()
        classrooms_road.mend()
        facts.add(
            "teacher's picture after the line's return",
            f"{hub.until_moving(before=before):.1f} s",
            expected="moves",
            is_right=True,
        )
        tile.until_moving()
        expect(classroom.get_by_text("正在重新连接")).to_be_hidden(timeout=8_000)

        # The server ends in mid-lesson and is started again.
        platform.kill()
        expect(classroom.get_by_text("正在重新连接 (")).to_be_visible(timeout=8_000)
        expect(teacher.get_by_text("正在重新连接 (")).to_be_visible(timeout=8_000)
        hub.watch_for(1)
        tile.look()
        platform.start()
        facts.add(
            "teacher's picture after the server's start",
            f"{hub.until_moving():.1f} s",
            expected="moves",
            is_right=True,
        )
        facts.add(
            "classroom's picture after the server's start",
            f"{tile.until_moving():.1f} s",
            expected="moves",
            is_right=True,
        )
        shoot(teacher, PICTURES, "05-teacher-back")
        for name, watched in (("classroom", hub), ("teacher", tile)):
            facts.add(
                f"darkest picture at the {name}, of 255",
                f"{watched.darkest:.0f}",
                expected=f"never below {NOT_BLACK:.0f}",
                is_right=watched.darkest >= NOT_BLACK,
            )
    facts.require_all_right()
