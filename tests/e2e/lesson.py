"""A full lesson as its people live it: teacher, two classrooms, administrator.

Each step does what a person does, through the page, and leaves facts behind. What a page
cannot show (packets during 一键暂停) is read from the pages' own counters and from the
server's `/metrics`.
"""

import contextlib
import re
import statistics
import time
from pathlib import Path

from playwright.sync_api import Error, Page, Playwright, expect

from tests.e2e import browsers
from tests.e2e.facts import Facts
from tests.e2e.gallery import shoot
from tests.e2e.measure import (
    STEP_TIMEOUT_S,
    Received,
    different,
    first_frame_ms,
    forwarded_from_classrooms,
    picture_delays_ms,
    seen,
    wait_until,
    watch,
)
from tests.e2e.platform_process import Platform
from tests.e2e.samples import Samples

# Whatever is awaited of a page, so that a machine that others use is no failure.
expect.set_options(timeout=STEP_TIMEOUT_S * 1000)

LESSON_S = 60
WATCH_S = 10
# Pictures of the teacher, waited for: how many a second a machine makes of them is printed.
ENOUGH = 100
# Later than this, pictures wait in a queue somewhere; two cores that four browsers share took 1.3.
QUEUED_S = 3


class Lesson:
    """The people of one lesson and the pages they have open."""

    def __init__(
        self,
        playwright: Playwright,
        platform: Platform,
        samples: Samples,
        facts: Facts,
        pictures: Path,
    ) -> None:
        self._playwright = playwright
        self._samples = samples
        self._platform = platform
        self._facts = facts
        self._pictures = pictures
        pictures.mkdir(parents=True, exist_ok=True)
        self._browsers = [
            browsers.launch(playwright, video=samples.teacher_video, audio=samples.speech),
            browsers.launch(playwright, video=samples.classroom_video, audio=samples.speech),
            browsers.launch(playwright, video=samples.classroom_video, audio=samples.speech),
            browsers.launch(playwright),
        ]
        self.teacher, self.first, self.second, self.office = (
            browsers.open_context(browser).new_page() for browser in self._browsers
        )
        self.errors: list[str] = []
        for page in (self.teacher, self.first, self.second, self.office):
            page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.started_at = 0.0
        self.ended_at = 0.0
        self.session_id = ""

    def close(self) -> None:
        """Close the browsers."""
        for browser in self._browsers:
            browser.close()

    # --- the steps -----------------------------------------------------------------------

    def prepare(self) -> None:
        """Everybody arrives: sign-in links, the device check, one touch at the classroom."""
        self.office.goto(self._platform.url + "/sign-in")
        expect(self.office.get_by_role("button", name="登录")).to_be_visible()
        self.shoot(self.office, "01-sign-in")
        self.teacher.goto(self._platform.links["teacher"])
        expect(self.teacher.get_by_role("button", name="开课").first).to_be_enabled()
        self.shoot(self.teacher, "02-teacher-day")
        self.check_devices()
        self._arrive_at_classrooms()

    def arrive(self) -> None:
        """Everybody arrives, and looks at nothing on the way."""
        self.teacher.goto(self._platform.links["teacher"])
        self._arrive_at_classrooms()

    def _arrive_at_classrooms(self) -> None:
        self.first.goto(self._platform.links["class-1"])
        expect(self.first.get_by_role("button", name="进入课堂")).to_be_visible()
        self.shoot(self.first, "04-classroom-before")
        self.first.get_by_role("button", name="进入课堂").click()
        self.second.goto(self._platform.links["class-2"])
        expect(self.second.get_by_role("button", name="进入课堂")).to_be_visible()

    def check_devices(self) -> None:
        """The teacher tries camera, microphone, speaker and the road to the server."""
        self.teacher.get_by_role("button", name="设备检测").first.click()
        ready = self.teacher.get_by_text("一切就绪")
        expect(ready.first).to_be_visible()
        self.shoot(self.teacher, "03-device-check")
        self._facts.add(
            "device check", ready.first.inner_text(), expected="一切就绪", is_right=True
        )

    def start(self) -> None:
        """开课: the teacher's own picture is there, and the recording light is on."""
        self.teacher.get_by_role("button", name="开课").first.click()
        self.teacher.wait_for_url("**/live")
        expect(self.teacher.get_by_text("录制正常")).to_be_visible()
        self.started_at = time.monotonic()
        watch(self.teacher, "hub")

    def join(self) -> None:
        """The first classroom comes by itself, the second by one touch; both see and hear."""
        self.second.get_by_role("button", name="进入课堂").click()
        for name, page in (("class-1", self.first), ("class-2", self.second)):
            wait_until(
                lambda page=page: first_frame_ms(page, "hub/camera"),  # type: ignore[misc]  # bound at definition
                f"a picture of the teacher at {name}",
            )
            first_ms = first_frame_ms(page, "hub/camera")
            assert first_ms is not None
            self._facts.add(
                f"first decoded frame after join, {name}",
                f"{first_ms:.0f} ms",
                expected="a picture",
                is_right=first_ms > 0,
            )
            watch(page, "hub")
        self.first_seat, self.second_seat = self.seats()
        for name, seat in (("class-1", self.first_seat), ("class-2", self.second_seat)):
            tile = Received(self.teacher, seat)
            frames = wait_until(
                lambda tile=tile: tile.read("camera").get("frames_decoded"),  # type: ignore[misc]  # bound at definition
                f"a picture of {name} at the teacher",
            )
            self._facts.add(
                f"{name} seen by the teacher", "yes", expected="yes", is_right=frames > 0
            )

    def follow(self) -> None:
        """The classrooms watch for a while: frames, delay and sound are measured."""
        self.shoot(self.teacher, "05-teacher-live")
        self.teacher.get_by_role("button", name="English").click()
        self.shoot(self.teacher, "05-teacher-live-en")
        self.teacher.get_by_role("button", name="中文").click()
        self.shoot(self.first, "06-classroom-live")
        pages = (self.first, self.second)
        before, began = [], []
        for page in pages:
            before.append(Received(page, "hub").read("camera"))
            began.append(time.monotonic())
        sound = [Received(page, "hub").read("microphone") for page in pages]
        time.sleep(WATCH_S)
        for number, page in enumerate(pages):
            name = f"class-{number + 1}"
            come = Received(page, "hub")
            since = before[number]["frames_decoded"]
            wait_until(
                lambda come=come, since=since: (
                    come.read("camera")["frames_decoded"] - since >= ENOUGH
                ),  # type: ignore[misc]  # bound at definition
                f"{ENOUGH} pictures of the teacher at {name}",
            )
            now = come.read("camera")
            lasted = time.monotonic() - began[number]
            frames = now["frames_decoded"] - since
            self._facts.add(
                f"frames decoded, {name}",
                f"{frames} in {lasted:.1f} s = {frames / lasted:.1f} fps, "
                f"{now['frame_width']}x{now['frame_height']} {now['codec']}",
                expected=f"measured, at least {ENOUGH} of them",
                is_right=frames >= ENOUGH,
            )
            heard = Received(page, "hub").read("microphone")
            energy = heard["total_audio_energy"] - sound[number]["total_audio_energy"]
            packets = heard["packets_received"] - sound[number]["packets_received"]
            self._facts.add(
                f"audio received, {name}",
                f"{packets} packets, energy {energy:.3g}, "
                f"{heard['concealed_samples']} samples concealed",
                expected="speech, at least 40 packets a second",
                is_right=energy > 1e-4 and packets > 40 * lasted * 0.9,
            )
            self.compare_pictures(name, page)

    def compare_pictures(self, name: str, page: Page) -> None:
        """Which of the teacher's pictures arrived, and how long after she saw it herself."""
        wait_until(
            lambda: different(page, "hub") >= ENOUGH,
            f"{ENOUGH} different pictures of the teacher at {name}",
        )
        shown = seen(self.teacher, "hub")
        arrived = seen(page, "hub")
        numbers = [number for number, _ in arrived if number is not None]
        self._facts.add(
            f"frame counter read back, {name}",
            f"{len(numbers)} of {len(arrived)} pictures, {len(set(numbers))} different numbers",
            expected=f"at least 95 % readable, at least {ENOUGH} different",
            is_right=len(numbers) >= 0.95 * len(arrived) and len(set(numbers)) >= ENOUGH,
        )
        delays = list(picture_delays_ms(shown, arrived))
        typical = statistics.median(delays) if delays else float("nan")
        self._facts.add(
            f"picture delay, {name}",
            f"median {typical:.0f} ms of {len(delays)}",
            expected=f"measured, under {QUEUED_S} s",
            is_right=bool(delays) and typical < QUEUED_S * 1000,
        )

    def speak(self) -> None:
        """A classroom raises its hand and is called on stage: everybody sees and hears it."""
        self.first.get_by_role("button", name="举手").click()
        invite = self.teacher.get_by_role("button", name="请上台").first
        expect(invite).to_be_visible()
        self.shoot(self.teacher, "07-teacher-hand")
        invite.click()
        expect(self.first.get_by_text("你们正在被全体看到")).to_be_visible()
        stage = Received(self.second, self.first_seat)
        before = wait_until(lambda: stage.read("camera"), "the stage's picture at class-2")
        began = time.monotonic()
        wait_until(
            lambda: stage.read("camera")["frames_decoded"] - before["frames_decoded"] >= 40,
            "40 pictures of the stage at class-2",
        )
        sound = stage.read("microphone")
        self._facts.add(
            "stage seen by the other classroom",
            f"40 frames in {time.monotonic() - began:.1f} s",
            expected="measured, as many as are waited for",
            is_right=True,
        )
        self._facts.add(
            "stage heard by the other classroom",
            f"energy {sound.get('total_audio_energy', 0):.3g}",
            expected="speech",
            is_right=sound.get("total_audio_energy", 0) > 1e-5,
        )
        self.shoot(self.teacher, "08-teacher-stage")
        self.shoot(self.first, "09-classroom-on-stage")
        self.shoot(self.second, "10-classroom-sees-stage")

    def pause_and_restore(self) -> None:
        """一键暂停: nothing of any classroom is forwarded. 恢复: all is as before."""
        self.teacher.get_by_role("button", name="一键暂停").click()
        expect(self.first.get_by_text("老师已暂停互动")).to_be_visible()
        time.sleep(0.5)  # what was on its way when the plan changed has arrived by then
        forwarded = forwarded_from_classrooms(self._platform)
        at_teacher = Received(self.teacher, self.first_seat).packets()
        at_second = Received(self.second, self.first_seat).packets()
        self.shoot(self.teacher, "11-teacher-paused")
        self.shoot(self.first, "12-classroom-paused")
        time.sleep(5)
        leaked = forwarded_from_classrooms(self._platform) - forwarded
        seen = Received(self.teacher, self.first_seat).packets() - at_teacher
        seen += Received(self.second, self.first_seat).packets() - at_second
        self._facts.add(
            "RTP of classrooms forwarded during pause-all",
            f"{leaked} by the server's count, {seen} by the receivers'",
            expected="0 and 0",
            is_right=leaked == 0 and seen == 0,
        )
        self.teacher.get_by_role("button", name="恢复").first.click()
        stage = Received(self.second, self.first_seat)
        frames = stage.read("camera")["frames_decoded"]
        wait_until(
            lambda: stage.read("camera")["frames_decoded"] > frames + 10,
            "the stage's picture after 恢复",
        )
        self._facts.add(
            "stage restored after 恢复", "seen again", expected="seen again", is_right=True
        )

    def report(self) -> None:
        """The assistant reports the headcount and asks the teacher to repeat."""
        self.second.get_by_role("button", name=re.compile("人数")).click()
        for digit in "18":
            self.second.get_by_role("button", name=digit, exact=True).click()
        self.shoot(self.second, "13-classroom-headcount")
        self.second.get_by_role("button", name=re.compile("报告|确定|好")).first.click()
        self.second.get_by_role("button", name="听不清").click()
        expect(self.teacher.get_by_text("听不清").first).to_be_visible()
        expect(self.teacher.get_by_text("18 人").first).to_be_visible()
        self.shoot(self.teacher, "14-teacher-messages")

    def look_in(self) -> None:
        """A supervisor looks in (巡课): sees and hears, publishes nothing."""
        self.office.goto(self._platform.links["supervisor"])
        self.office.wait_for_url("**/admin")
        self.office.get_by_role("button", name="出勤与覆盖").click()
        bar = self.office.get_by_role("navigation", name="主导航")
        bar.get_by_role("link", name="课堂记录").click()
        self.office.wait_for_url("**/admin/sessions")
        self.office.get_by_text("小雨沙沙").first.click()
        self.office.get_by_role("link", name="进入巡课").click()
        wait_until(lambda: first_frame_ms(self.office, "hub/camera"), "the supervisor's picture")
        self.shoot(self.office, "15-supervisor")
        diagnosis = self.office.evaluate("() => window.__classroom.read()")
        self._facts.add(
            "supervisor",
            f"{len(diagnosis['received'])} tracks received, {len(diagnosis['sent'])} sent",
            expected="some received, none sent",
            is_right=bool(diagnosis["received"]) and not diagnosis["sent"],
        )
        self.office.goto("about:blank")

    def crash_teacher(self) -> None:
        """End the teacher's browser as a power cut would."""
        session = self._browsers[0].new_browser_cdp_session()
        with contextlib.suppress(Error):  # nobody is left to answer
            session.send("Browser.crash")
        self._browsers.pop(0)

    def teacher_returns(self) -> None:
        """The teacher starts her browser again and goes back to the lesson."""
        browser = browsers.launch(
            self._playwright, video=self._samples.teacher_video, audio=self._samples.speech
        )
        self._browsers.append(browser)
        self.teacher = browsers.open_context(browser).new_page()
        self.teacher.goto(self._platform.links["teacher"])
        self.teacher.get_by_role("link", name="返回课堂").click()
        self.teacher.wait_for_url("**/live")

    def end(self) -> None:
        """下课, once the lesson has lasted as long as it must."""
        time.sleep(max(0.0, LESSON_S - (time.monotonic() - self.started_at)))
        self.teacher.get_by_role("button", name="下课", exact=True).click()
        self.shoot(self.teacher, "16-teacher-end")
        self.teacher.get_by_role("dialog").get_by_role("button", name="下课").click()
        for page in (self.first, self.second):
            expect(page.get_by_text("下课了").first).to_be_visible()
        self.ended_at = time.monotonic()
        self.shoot(self.first, "17-classroom-after")
        self.shoot(self.teacher, "18-teacher-after")

    # --- what the steps need ---------------------------------------------------------------

    def seats(self) -> tuple[str, str]:
        """Return the seats of the two classrooms, as their pages know them."""
        first, second = (
            page.evaluate("() => window.__classroom.read()")["seat_id"]
            for page in (self.first, self.second)
        )
        return str(first), str(second)

    def pages(self) -> dict[str, Page]:
        """Return an open page of each kind of person."""
        return {"teacher": self.teacher, "classroom": self.second, "office": self.office}

    def shoot(self, page: Page, name: str) -> None:
        """Take a picture of the page in both sizes."""
        shoot(page, self._pictures, name)
