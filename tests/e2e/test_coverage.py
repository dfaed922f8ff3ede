"""`make e2e`: what a county lacks, what is required of it, and its figures, through their pages."""

import re
from contextlib import ExitStack
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

from app.calendars.days import local_day
from app.clock import utc_now
from tests.e2e import browsers
from tests.e2e.facts import Facts
from tests.e2e.gallery import shoot
from tests.e2e.measure import STEP_TIMEOUT_S
from tests.e2e.office import BYTES, Office
from tests.e2e.platform_process import ROOT, Platform

expect.set_options(timeout=STEP_TIMEOUT_S * 1000)

POINT, COUNTY, PLAN = "示范一村小", "示范县", "示范县课程计划"
#: What the national curriculum requires of music in grade 3.
MUSIC_A_WEEK = 2
PICTURES = ROOT / "var/e2e/coverage"


class Walk:
    """An administrator goes through the pages of coverage."""

    def __init__(self, playwright: Playwright, platform: Platform, facts: Facts) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        self._facts, self._platform = facts, platform
        self._browser = browsers.launch(playwright)
        self.page = browsers.open_context(self._browser).new_page()
        self.office = Office(self.page)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def close(self) -> None:
        """Close the browser."""
        self._browser.close()

    def enter(self) -> None:
        """She signs in; her county has a roster, and the point a class of grade 3."""
        self.page.goto(self._platform.links["admin"])
        self.page.wait_for_url("**/admin")
        today = local_day(utc_now())
        (region,) = self.office.ask(f"/api/regions?q={COUNTY}")["items"]
        roster = {"name": "教学点名册", "region_id": region["id"], "taken_on": today.isoformat()}
        self.office.send("POST", "/api/rosters", roster)
        (school,) = self.office.ask(f"/api/schools?q={POINT}")["items"]
        pupils = {
            "school_id": school["id"],
            "name": "三年级",
            "stage": "2",
            "grade_no": 3,
            "entry_year": today.year - 3,
            "pupil_count": 9,
            "language_of_instruction": "zh",
        }
        self.office.send("POST", "/api/school-classes", pupils)

    def hand_in(self) -> None:
        """The point teaches Chinese itself, and nothing else."""
        self.office.go("课表", "本地课表")
        self.office.press("报课表")
        dialog = self.office.dialog("报课表")
        self.office.choose(dialog, "学校", POINT)
        self.office.choose(dialog, "班级", "三年级")
        dialog.get_by_label("语文").fill("7.25")
        expect(dialog.get_by_role("button", name="保存")).to_be_disabled()
        dialog.get_by_label("语文").fill("7")
        self.office.save(dialog)
        row = self.page.get_by_role("row").filter(has_text=POINT)
        expect(row).to_contain_text("语文")
        shoot(self.page, PICTURES, "1-timetables")

    def read_gaps(self) -> None:
        """What is lacking is said in words, and leads to the lessons that came: none."""
        with self.page.expect_response(re.compile(r"/api/coverage/gaps\?")) as asked:
            self.office.go("出勤与覆盖", "开课缺口")
        weeks = self._weeks_of(asked.value.url)
        self.page.get_by_text("文字", exact=True).click()
        music = self.page.get_by_text(re.compile("^三年级音乐"))
        expect(music).to_be_visible()
        wanted = f"三年级音乐还没有开: 应开 {MUSIC_A_WEEK * weeks} 节"
        said = music.inner_text()
        is_right = said == wanted and weeks > 0
        self._facts.add("the gap in words", said, expected=wanted, is_right=is_right)
        expect(self.page.get_by_text(re.compile("^三年级语文"))).to_have_count(0)
        self.page.get_by_role("link", name=POINT).click()
        self.page.get_by_role("row").filter(has_text="音乐").get_by_role("button").click()
        expect(self.page.get_by_text("没有送达的课节")).to_be_visible()
        shoot(self.page, PICTURES, "2-school")

    def _weeks_of(self, address: str) -> int:
        """Return how many teaching weeks the period has that was asked for by an address."""
        asked = parse_qs(urlsplit(address).query)
        question = urlencode({name: asked[name][0] for name in ("roster_id", "from", "to")})
        figures = self.office.ask(f"/api/coverage/figures?{question}")
        return int(figures["period"]["weeks"])

    def read_coverage(self) -> None:
        """The figures stand side by side, with a chart."""
        self.office.go("出勤与覆盖", "覆盖")
        reached = self.page.get_by_role("button", name=re.compile("^到达率"))
        expect(reached).to_contain_text("/ 5 个教学点")
        offered = self.page.get_by_role("button", name=re.compile("^开齐率"))
        offered.click()
        expect(self.page.get_by_role("img", name=re.compile("^开齐率柱状图"))).to_be_visible()
        of = offered.inner_text().split()[2:5]
        self._facts.add("开齐率", " ".join(of), expected="1 of some", is_right=of[0] == "1")
        shoot(self.page, PICTURES, "3-coverage")

    def edit_plan(self) -> None:
        """The nation's plan is copied; two who edit it at once undo nothing of each other."""
        self.office.go("课表", "课程计划")
        self.page.get_by_role("link", name=re.compile("义务教育课程方案")).click()
        expect(self.page.get_by_text("这份计划不由您修改")).to_be_visible()
        self.office.go("课表", "课程计划")
        self.office.press("新建本地计划")
        dialog = self.office.dialog("新建本地计划")
        self.office.field(dialog, "名称").fill(PLAN)
        self.office.choose(dialog, "适用区域", COUNTY)
        self.office.save(dialog)
        expect(self.page.get_by_role("heading", name=PLAN)).to_be_visible()
        self.office.press("修改")
        self.page.get_by_label("三年级 音乐", exact=True).fill("3")
        address = f"/api/curriculum-plans/{self.page.url.rsplit('/', 1)[1]}"
        self.office.change("PUT", address, self._with(address, "美术", 1))
        self.office.press("保存")
        expect(self.page.get_by_text("三年级 美术 现在是: 1")).to_be_visible()
        shoot(self.page, PICTURES, "4-changed-meanwhile")
        self.office.press("保存")
        expect(self.page.get_by_role("button", name="修改")).to_be_visible()
        held = {
            cell["subject"]["label_zh"]: cell["periods_a_week"]
            for cell in self.office.ask(address)["cells"]
            if cell["grade_no"] == 3
        }
        both = held["音乐"], held["美术"]
        self._facts.add("both edits", both, expected="(3, 1)", is_right=both == (3, 1))

    def _with(self, address: str, subject: str, periods: int) -> dict[str, object]:
        plan = self.office.ask(address)
        cells = [
            {
                "grade_no": cell["grade_no"],
                "subject_id": cell["subject"]["id"],
                "periods_a_week": periods
                if (cell["grade_no"], cell["subject"]["label_zh"]) == (3, subject)
                else cell["periods_a_week"],
            }
            for cell in plan["cells"]
        ]
        kept = {name: plan[name] for name in ("name", "source", "valid_from")}
        return {**kept, "cells": cells}

    def sign(self) -> None:
        """Figures are frozen, computed again to the same, signed off, and amended beside."""
        self.office.go("出勤与覆盖", "指标核定")
        self.office.press("生成核定表")
        self.office.press("复核")
        expect(self.page.get_by_text("每个数字都和表上一致")).to_be_visible()
        self.office.press("签发")
        self.office.agree()
        expect(self.page.get_by_text("已签发").first).to_be_visible()
        self.office.press("更正")
        self.page.locator(".el-message-box input").fill("补报课表")
        self.office.agree()
        expect(self.page.get_by_text("这是一份更正, 原因: 补报课表")).to_be_visible()
        shoot(self.page, PICTURES, "5-amendment")

    def report(self) -> None:
        """The report is a file that holds the figures."""
        self.office.go("出勤与覆盖", "统计报告")
        self.office.press("生成 CSV")
        link = self.page.get_by_role("link", name=re.compile("^下载"))
        expect(link).to_be_visible()
        raw = bytes(self.page.evaluate(BYTES, link.get_attribute("href")))
        text = raw.decode("utf-8-sig")
        self._facts.add(
            "the report", f"{len(raw)} bytes", expected="开齐率 in it", is_right="开齐率" in text
        )


@pytest.mark.browser
@pytest.mark.timeout(240)
def test_what_a_county_lacks_and_how_its_figures_are_signed(new_platform: Platform) -> None:
    facts = Facts()
    with sync_playwright() as playwright, ExitStack() as stack:
        walk = Walk(playwright, new_platform, facts)
        stack.callback(walk.close)
        walk.enter()
        walk.hand_in()
        walk.read_gaps()
        walk.read_coverage()
        walk.edit_plan()
        walk.sign()
        walk.report()
        errors = walk.errors
        facts.add("errors on the pages", errors or "none", expected="none", is_right=not errors)
    facts.require_all_right()
