"""The end of a county's term: rows are locked, figures stand on them, the report is made."""

import io
import re
from pathlib import Path

from playwright.sync_api import expect
from pypdf import PdfReader

from tests.e2e.facts import Facts
from tests.e2e.gallery import shoot
from tests.e2e.office import Office

ROSTER = "松坪加入以后的教学点名册"


class TermEnd:
    """What the administrator reads, locks and prints."""

    def __init__(self, office: Office, facts: Facts, pictures: Path, week: tuple[str, str]) -> None:
        self._office, self._facts, self._pictures = office, facts, pictures
        self._first, self._last = week
        self._share = ""

    def take_roster(self) -> None:
        """The points open today, frozen: what coverage is counted over."""
        self._office.go("学校", "名册")
        self._office.press("生成名册")
        roster = self._office.dialog("生成名册")
        self._office.field(roster, "名称").fill(ROSTER)
        self._office.choose(roster, "行政区划", "示范县")
        roster.get_by_role("button", name="保存").click()
        expect(self._office.page.get_by_text("签名有效")).to_be_visible()
        self._shoot("08-roster")

    def reached(self, basis: str) -> tuple[int, int]:
        """Read how many points of the roster had a lesson that week, and how many there are."""
        self._office.visit(f"/admin/coverage/figures?{self._question(basis)}")
        card = self._office.page.get_by_role("listitem").filter(has_text="到达率").first
        found = re.search(r"(\d+) / (\d+)", card.locator(".of").inner_text())
        assert found is not None
        return int(found[1]), int(found[2])

    def _question(self, basis: str) -> str:
        return f"roster={self._roster_id()}&from={self._first}&to={self._last}&basis={basis}"

    def _roster_id(self) -> str:
        rosters = self._office.ask("/api/rosters")["items"]
        return str(next(each["id"] for each in rosters if each["name"] == ROSTER))

    def require_moved(self, before: tuple[int, int], after: tuple[int, int]) -> None:
        """One point more is reached, over the same roster; the page shows it."""
        self._shoot("08-counted")
        self._facts.add(
            "reached by what counts",
            f"{before[0]} of {before[1]} points before, {after[0]} of {after[1]} after",
            expected="one more, of the same 6",
            is_right=after == (before[0] + 1, before[1]) and before[1] == 6,
        )

    def require_locked(
        self, before: tuple[int, int], counted: tuple[int, int], after: tuple[int, int]
    ) -> None:
        """What counted is what is locked, once the term is."""
        self._shoot("10-locked")
        self._facts.add(
            "reached by what is locked",
            f"{before[0]} of {before[1]} points before, {after[0]} of {after[1]} after",
            expected=f"more, and {counted[0]} of {counted[1]} as by what counts",
            is_right=before[0] < after[0] and after == counted,
        )
        self._share = f"{after[0] * 1000 // after[1] / 10:.1f}%"

    def lock(self, term: str) -> None:
        """The term is over: its rows are locked, and the teacher's hours follow."""
        page = self._office.page
        self._office.go("出勤与覆盖", "期末锁定与服务时数")
        expect(page.get_by_text(term).first).to_be_visible()
        self._office.press("锁定本学期")
        self._office.agree()
        done = page.get_by_text(re.compile(r"已锁定 \d+ 节课的 \d+ 条记录"))
        expect(done).to_be_visible()
        hours = page.get_by_role("row").filter(has_text="王老师")
        expect(hours).to_be_visible()
        self._facts.add(
            "the lock",
            f"{done.inner_text()}; {' '.join(hours.inner_text().split())} hours",
            expected="rows of the term, and hours of the teacher by them",
            is_right=float(hours.inner_text().split()[-1]) > 0,
        )
        self._shoot("09-locked")

    def report(self) -> None:
        """The report of the week opens: a PDF whose text says what it is and of which roster."""
        self._office.visit(f"/admin/coverage/reports?{self._question('LOCKED')}")
        self._office.press("生成 PDF")
        link = self._office.page.get_by_role("link", name=re.compile("^下载"))
        expect(link).to_be_visible()
        self._shoot("11-report")
        with self._office.page.expect_download() as download:
            link.click()
        file = self._pictures / "12-report.pdf"
        download.value.save_as(file)
        raw = file.read_bytes()
        pages = PdfReader(io.BytesIO(raw)).pages
        # pypdf reads the font's two bytes of a character as two characters.
        text = "".join(page.extract_text() for page in pages).replace("\x00", "")
        wanted = ("示范县三个课堂应用报告", ROSTER, "已锁定的到课记录", self._share)
        self._facts.add(
            "the report",
            f"{len(raw)} bytes, {raw[:5]!r}, {' '.join(text.split())[:60]}",
            expected=f"%PDF-, with {', '.join(wanted)}",
            is_right=raw.startswith(b"%PDF-") and all(word in text for word in wanted),
        )

    def _shoot(self, name: str) -> None:
        shoot(self._office.page, self._pictures, name)
