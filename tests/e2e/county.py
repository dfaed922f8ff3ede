"""A county's story: a new teaching point lacks music, and at the end of term it has had it.

What people do they do through the pages: the administrator imports the point, posts its need,
accepts a hub, opens a course, has it planned; the teacher gives a lesson; the classroom confirms.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Playwright, expect

from app.calendars.days import local_day, monday_of
from tests.e2e import browsers
from tests.e2e.facts import Facts
from tests.e2e.gallery import shoot
from tests.e2e.measure import STEP_TIMEOUT_S, first_frame_ms, wait_until
from tests.e2e.office import Office
from tests.e2e.platform_process import Platform
from tests.e2e.samples import Samples

# Whatever is awaited of a page, so that a machine that others use is no failure.
expect.set_options(timeout=STEP_TIMEOUT_S * 1000)

POINT, HUB, TERM = "松坪教学点", "示范中心小学", "本学期"
HEADINGS = "学校名称,办学类型代码,行政区划代码,所属学校,校内编号,城乡分类代码,开办日期,纬度,经度"
GOOD = f"{POINT},218,990121,{HUB},,220,1998-09-01,31.90,106.80"
FAULTY = "无名教学点,218,990121,没有的学校,,220,1998-09-01,31.90,106.80"
COURSE = "三年级音乐 (松坪)"
PUPILS = "12"


class County:
    """The county's office, its teacher and the new point's classroom."""

    def __init__(
        self,
        playwright: Playwright,
        platform: Platform,
        samples: Samples,
        facts: Facts,
        pictures: Path,
    ) -> None:
        self._platform, self._facts, self._pictures = platform, facts, pictures
        pictures.mkdir(parents=True, exist_ok=True)
        self._browsers = [
            browsers.launch(playwright),
            browsers.launch(playwright, video=samples.teacher_video, audio=samples.speech),
            browsers.launch(playwright, video=samples.classroom_video, audio=samples.speech),
        ]
        pages = [browsers.open_context(browser).new_page() for browser in self._browsers]
        self.errors: list[str] = []
        for page in pages:
            page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.office, self.teacher, self.classroom = Office(pages[0]), pages[1], pages[2]

    def close(self) -> None:
        """Close the browsers."""
        for browser in self._browsers:
            browser.close()

    def enter(self) -> None:
        """The administrator signs in by her link."""
        self.office.page.goto(self._platform.links["admin"])
        self.office.page.wait_for_url("**/admin")

    # --- the point --------------------------------------------------------------------------

    def import_point(self) -> None:
        """A fault is named by row and column; the mended table is looked at, then written."""
        page = self.office.page
        self.office.go("学校", "导入")
        self._drop(f"{HEADINGS}\n{FAULTY}\n{GOOD}\n")
        expect(page.get_by_text("1 行有错, 什么也没有写入")).to_be_visible()
        fault = page.get_by_role("row").filter(has_text="没有的学校")
        self._facts.add(
            "the faulty table",
            " · ".join(fault.inner_text().split()),
            expected="row 2, 所属学校, no such school",
            is_right="所属学校" in fault.inner_text()
            and "没有这所开办中的学校" in fault.inner_text(),
        )
        self.shoot(page, "01-import-refused")
        self._drop(f"{HEADINGS}\n{GOOD}\n")
        expect(page.get_by_text("检查通过, 可以写入。")).to_be_visible()
        self._facts.add(
            "schools written by looking",
            self._points_named(POINT),
            expected="0",
            is_right=self._points_named(POINT) == 0,
        )
        self.office.press("写入 1 行")
        expect(page.get_by_text("已经写入。").first).to_be_visible()
        self._facts.add(
            "schools written by writing",
            self._points_named(POINT),
            expected="1",
            is_right=self._points_named(POINT) == 1,
        )
        self.shoot(page, "02-import-written")

    def _drop(self, table: str) -> None:
        file = {"name": "points.csv", "mimeType": "text/csv", "buffer": table.encode("utf-8-sig")}
        self.office.page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]  # a FilePayload

    def _points_named(self, name: str) -> int:
        return len(self.office.ask(f"/api/schools?q={name}")["items"])

    def equip(self) -> None:
        """The point gets a classroom, and its computer becomes the classroom's by a code."""
        page = self.office.page
        self.office.go("学校", "学校")
        page.get_by_role("link", name=POINT).click()
        self.office.press("添加教室")
        room = self.office.dialog("添加教室")
        self.office.field(room, "教室").fill("多媒体教室")
        self.office.save(room)
        self.office.go("学校", "教室与终端")
        page.get_by_role("row").filter(has_text=POINT).get_by_role(
            "button", name="接入新终端"
        ).click()
        code = page.locator("p.code").get_attribute("aria-label")
        assert code is not None
        origin = self._platform.links["class-1"].split("/enrol")[0].replace("class-1", "class-9")
        self.classroom.goto(f"{origin}/enrol#{code.replace(' ', '')}")
        self.classroom.get_by_role("button", name="打开教室页面").click()
        page.get_by_role("dialog").get_by_role("button", name="关闭").last.click()

    def join_alliance(self) -> None:
        """The point becomes a member of the alliance, whose agreement covers it."""
        self.office.go("联盟", "联盟结对")
        self.office.page.get_by_role("link", name="示范县城乡教学联盟").click()
        self.office.press("添加成员")
        member = self.office.dialog("添加成员")
        self.office.choose(member, "本区域的学校", POINT)
        self.office.save(member)
        expect(self.office.page.get_by_role("cell", name=POINT)).to_be_visible()

    # --- need, pairing, course ----------------------------------------------------------------

    def post_need(self) -> None:
        """The point lacks music; hubs that could teach it are ranked, each with its reasons."""
        page = self.office.page
        self.office.go("联盟", "需求匹配")
        self.office.press("发布需求")
        need = self.office.dialog("发布需求")
        self.office.choose(need, "学校", POINT)
        self.office.choose(need, "学科", "音乐")
        need.get_by_role("button", name="保存").click()
        page.wait_for_url(re.compile("/admin/needs/[0-9a-f-]{36}"))
        best = page.get_by_role("listitem").filter(has_text="提出结对").first
        expect(best).to_be_visible()
        words = best.inner_text().split()
        self._facts.add(
            "the best match",
            " ".join(words),
            expected=f"{HUB}, with reasons",
            is_right=HUB in words and "教学语言一样。" in words,
        )
        self.shoot(page, "03-matches")

    def pair(self) -> None:
        """Accepting makes the pairing; the hub agrees, and it runs."""
        page = self.office.page
        self.office.press(f"接受, 由 {POINT} 提出结对")
        page.wait_for_url(re.compile("/admin/pairings/[0-9a-f-]{36}"))
        self.office.press("同意")
        self.office.press("开始")
        expect(page.get_by_role("button", name="暂停")).to_be_visible()
        shown = self.office.ask(f"/api/pairings/{page.url.split('/')[-1]}")
        self._facts.add(
            "the pairing",
            f"{shown['state']}, {shown['hub']['school']['name']} for "
            f"{shown['partners'][0]['school']['name']}, {shown['periods_a_week']} a week",
            expected=f"ACTIVE, {HUB} for {POINT}, 2 a week",
            is_right=(shown["state"], shown["periods_a_week"]) == ("ACTIVE", 2),
        )
        self.shoot(page, "04-pairing")

    def open_course(self) -> None:
        """The hub opens a course for the point."""
        self.office.go("课表", "课程")
        self.office.press("开设课程")
        course = self.office.dialog("开设课程")
        self.office.field(course, "名称").fill(COURSE)
        self.office.choose(course, "主讲学校", HUB)
        self.office.choose(course, "主讲教师", "王老师")
        self.office.choose(course, "学科", "音乐")
        self.office.choose(course, "主讲教室", f"{HUB} 主讲教室")
        self.office.choose(course, "听课教室", f"{POINT} 多媒体教室")
        self.office.field(course, "教材").fill("人音版三年级上册")
        self.office.save(course)
        expect(self.office.page.get_by_role("cell", name=re.compile("松坪")).first).to_be_visible()

    def plan(self) -> None:
        """The term is planned; the best plan becomes lessons that teachers and classrooms see."""
        page = self.office.page
        self.office.go("课表", "排课")
        expect(page.get_by_text(COURSE)).to_be_visible()
        self.office.press("开始排课")
        page.wait_for_url(re.compile("/admin/planning/[0-9a-f-]{36}"))
        accept = page.get_by_role("button", name="采用这个方案").first
        expect(accept).to_be_visible()
        self.shoot(page, "05-plans")
        accept.click()
        self.office.agree()
        expect(page.get_by_text("已采用方案 1").first).to_be_visible()
        lessons = self.lessons()
        days = sorted({lesson["planned_start"][:10] for lesson in lessons})
        self._facts.add(
            "lessons the plan wrote for the point",
            f"{len(lessons)}, {days[0]} to {days[-1]}, {lessons[0]['state']}",
            expected="two a week of the weeks ahead, published",
            is_right=len(lessons) >= 2 and {each["state"] for each in lessons} == {"PUBLISHED"},
        )

    def lessons(self) -> list[dict[str, Any]]:
        """Return the lessons of the course, in order of time."""
        courses = self.office.ask("/api/course-offerings?limit=200")["items"]
        (course,) = [each for each in courses if each["name"] == COURSE]
        found = self.office.ask(f"/api/lessons?offering_id={course['id']}&limit=200")["items"]
        return list(found)

    def bring_forward(self) -> None:
        """The teacher's lessons of today are cancelled, and the first of the course moved to now.

        It is made one minute long, so that the rule of attendance has its say within the story.
        """
        today = local_day(self._platform.now)
        path = f"/api/lessons?from={today}&to={today + timedelta(days=1)}"
        for lesson in self.office.ask(path)["items"]:
            if lesson["lecturer"]["name"] == "王老师" and lesson["state"] in ("PUBLISHED", "READY"):
                self.office.change(
                    "POST", f"/api/lessons/{lesson['id']}", {"reason": "调课"}, step="/cancel"
                )
        moved = self.lessons()[0]
        starts = self._platform.now + timedelta(minutes=2)
        body = {
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(minutes=1)).isoformat(),
            "title": moved["title"],
            "hub_classroom_id": moved["hub_classroom"]["id"],
            "sites": [
                {"classroom_id": site["classroom"]["id"], "mode": site["mode"]}
                for site in moved["sites"]
            ],
        }
        self.office.change("PUT", f"/api/lessons/{moved['id']}", body)

    # --- the lesson ---------------------------------------------------------------------------

    def teach(self) -> None:
        """The classroom sees the moved lesson, the teacher starts it; all of it is received."""
        self.classroom.get_by_role("button", name="进入课堂").click()
        self.teacher.goto(self._platform.links["teacher"])
        self.teacher.get_by_role("button", name="开课").first.click()
        self.teacher.wait_for_url("**/live")
        wait_until(lambda: first_frame_ms(self.classroom, "hub/camera"), "the teacher's picture")
        self.shoot(self.classroom, "06-lesson")
        clock = self.teacher.locator(".clock b")
        wait_until(lambda: clock.inner_text() >= "01:10", "a lesson of seventy seconds", 120)
        self.teacher.get_by_role("button", name="下课", exact=True).click()
        self.teacher.get_by_role("dialog").get_by_role("button", name="下课").click()

    def confirm(self) -> None:
        """The classroom's word, once it is told what its row says: how many pupils there were."""
        expect(self.classroom.get_by_text("下课了").first).to_be_visible()
        expect(self.classroom.get_by_text(re.compile("听清 .* 计划 .* 计入"))).to_be_visible()
        for digit in PUPILS:
            self.classroom.get_by_role("button", name=digit, exact=True).click()
        self.classroom.get_by_role("button", name="确认人数").click()
        expect(self.classroom.get_by_text(f"已确认: {PUPILS} 人")).to_be_visible()
        self.shoot(self.classroom, "07-confirmed")
        row = self.row()
        self._facts.add(
            "the attendance row",
            f"{row['state']}, counts: {row['is_counted']}, {row['headcount']} pupils, "
            f"{row['audible_ms'] / 1000:.0f} of {row['planned_ms'] / 1000:.0f} s audible",
            expected=f"CONFIRMED, counts, {PUPILS} pupils, at least 51 of 60 s",
            is_right=row["state"] == "CONFIRMED"
            and row["is_counted"]
            and row["headcount"] == int(PUPILS)
            and row["audible_ms"] >= 51_000,
        )

    def row(self) -> dict[str, Any]:
        """Return the attendance row of the point."""
        rows = self.office.ask("/api/admin/attendance?limit=200")["items"]
        (found,) = [row for row in rows if row["site"] == POINT]
        return dict(found)

    def shoot(self, page: Page, name: str) -> None:
        """Take a picture of the page in both sizes."""
        shoot(page, self._pictures, name)

    def week(self) -> tuple[str, str]:
        """Return the first and last day of the lesson's week."""
        monday = monday_of(local_day(self._platform.now))
        return str(monday), str(monday + timedelta(days=6))
