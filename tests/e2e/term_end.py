"""The end of a county's term: rows are locked, figures stand on them, the report is made."""

import io
from pathlib import Path
from typing import Any

from playwright.sync_api import expect
from pypdf import PdfReader

from tests.e2e.facts import Facts
from tests.e2e.gallery import shoot
from tests.e2e.measure import wait_until
from tests.e2e.office import Office

ROSTER = "松坪加入以后的教学点名册"
REACHED = "COV_REACHED"
# A page's own download: the bytes as the browser gets them.
BYTES = "async (path) => [...new Uint8Array(await (await fetch(path)).arrayBuffer())]"


class TermEnd:
    """What the administrator reads, locks and prints."""

    def __init__(self, office: Office, facts: Facts, pictures: Path, week: tuple[str, str]) -> None:
        self._office, self._facts, self._pictures = office, facts, pictures
        self._first, self._last = week

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
        """Return how many points of the roster had a lesson that week, and how many there are."""
        answer = self._office.ask(f"/api/coverage/figures?{self._question()}&basis={basis}")
        (found,) = [each for each in answer["whole"]["figures"] if each["indicator"] == REACHED]
        return found["numerator"], found["denominator"]

    def _question(self) -> str:
        return f"roster_id={self._roster_id()}&from={self._first}&to={self._last}"

    def _roster_id(self) -> str:
        rosters = self._office.ask("/api/rosters")["items"]
        return str(next(each["id"] for each in rosters if each["name"] == ROSTER))

    def require_moved(self, what: str, before: tuple[int, int], after: tuple[int, int]) -> None:
        """One point more is reached; over the same roster."""
        self._facts.add(
            what,
            f"{before[0]} of {before[1]} points before, {after[0]} of {after[1]} after",
            expected="one more, of the same 6",
            is_right=after == (before[0] + 1, before[1]) and before[1] == 6,
        )

    def lock(self, term: str) -> None:
        """The term is over: its rows are locked, and the teacher's hours follow."""
        page = self._office.page
        self._office.go("出勤与覆盖", "期末锁定与服务时数")
        expect(page.get_by_text(term).first).to_be_visible()
        self._office.press("锁定本学期")
        self._office.agree()
        done = page.get_by_text("已锁定 1 节课的 1 条记录")
        expect(done).to_be_visible()
        hours = page.get_by_role("row").filter(has_text="王老师")
        expect(hours).to_be_visible()
        self._facts.add("the lock", done.inner_text(), expected="1 lesson, 1 row", is_right=True)
        self._shoot("09-locked")

    def report(self) -> None:
        """The report of the week opens: a PDF whose text says what it is and of which roster."""
        body = {
            "roster_id": self._roster_id(),
            "first": self._first,
            "last": self._last,
            "basis": "LOCKED",
            "format": "pdf",
        }
        job = self._office.send("POST", "/api/coverage/reports", body)["id"]
        wait_until(lambda: self._finished(job), "the report")
        raw = bytes(self._office.page.evaluate(BYTES, f"/api/jobs/{job}/file"))
        pages = PdfReader(io.BytesIO(raw)).pages
        # pypdf reads the font's two bytes of a character as two characters.
        text = "".join(page.extract_text() for page in pages).replace("\x00", "")
        wanted = ("示范县三个课堂应用报告", ROSTER, "已锁定的到课记录", "16.6%")
        self._facts.add(
            "the report",
            f"{len(raw)} bytes, {raw[:5]!r}, {' '.join(text.split())[:60]}",
            expected=f"%PDF-, with {', '.join(wanted)}",
            is_right=raw.startswith(b"%PDF-") and all(word in text for word in wanted),
        )
        (self._pictures / "10-report.pdf").write_bytes(raw)

    def _finished(self, job: str) -> dict[str, Any] | None:
        found: dict[str, Any] = self._office.ask(f"/api/jobs/{job}")
        assert found["state"] != "FAILED", found
        return found if found["state"] == "DONE" else None

    def _shoot(self, name: str) -> None:
        shoot(self._office.page, self._pictures, name)
