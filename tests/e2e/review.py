"""After the lesson: the administrator finds it, checks the evidence, and plays the recording."""

import re
import time
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.browsers import video_of
from tests.e2e.facts import Facts
from tests.e2e.measure import different, seen, wait_until, watch
from tests.e2e.platform_process import Platform

READY_TIMEOUT_S = 30
# Of a lesson's pictures, to say that they move: more than a poster and what a seek shows.
PICTURES = 30


def find_session(page: Page, platform: Platform) -> str:
    """Sign the administrator in, open the newest session by the list, and return its id."""
    page.goto(platform.links["admin"])
    page.wait_for_url("**/admin")
    page.get_by_role("button", name="出勤与覆盖").click()
    bar = page.get_by_role("navigation", name="主导航")
    bar.get_by_role("link", name="课堂记录").click()
    page.wait_for_url("**/admin/sessions")
    page.get_by_text("小雨沙沙").first.click()
    page.wait_for_url(re.compile("/admin/sessions/[0-9a-f-]{36}"))
    return page.url.rstrip("/").split("/")[-1].split("?")[0]


class Review:
    """The administrator at her desk.

    `watch_s` is how long the lesson lasted by the clock of this test, from the moment the
    recording light was seen to be on.
    """

    def __init__(self, page: Page, platform: Platform, facts: Facts, *, watch_s: float) -> None:
        self._page = page
        self._platform = platform
        self._facts = facts
        self._watch_s = watch_s

    def ask(self, path: str) -> Any:
        """Return the JSON of an endpoint, asked as the administrator's page asks it."""
        return self._page.evaluate("async (path) => await (await fetch(path)).json()", path)

    def find_session(self) -> str:
        """Do what `find_session` does."""
        return find_session(self._page, self._platform)

    def check_attendance(self, session_id: str) -> None:
        """One row per invited classroom; those who were here have their minutes."""
        found = self.ask(f"/api/admin/sessions/{session_id}")
        rows = found["attendance"]
        present = [row for row in rows if row["connected_ms"] > 0]
        minutes = ", ".join(
            f"{row['classroom']} {row['connected_ms'] / 1000:.0f} s" for row in rows
        )
        duration_ms = found["duration_ms"]
        self._facts.add(
            "attendance rows",
            f"{len(rows)} ({minutes}), lesson {duration_ms / 1000:.0f} s",
            expected="3 rows, 2 present for nearly the whole lesson, none longer than it",
            is_right=len(rows) == 3
            and len(present) == 2
            and all(0.8 * duration_ms <= row["connected_ms"] <= duration_ms for row in present),
        )
        counts = [row["headcount"] for row in rows if row["headcount"] is not None]
        self._facts.add("headcount", counts, expected="[18]", is_right=counts == [18])
        chain = found["chain"]
        self._facts.add(
            "events",
            f"{chain['events']}, chain {'intact' if chain['is_intact'] else 'broken'}",
            expected="at least 10, intact",
            is_right=chain["events"] >= 10 and chain["is_intact"],
        )

    def play(self, session_id: str) -> None:
        """The recording is as long as the lesson; it plays, seeks, and shows moving pictures."""
        replay = wait_until(
            lambda: self._ready_replay(session_id), "the recording is ready", READY_TIMEOUT_S
        )
        hub = [
            clip
            for clip in replay["clips"]
            if clip["seat_id"] == "hub" and clip["group"] == "camera"
        ]
        recorded_s = sum(clip["duration_ms"] for clip in hub) / 1000
        lesson_s = self.ask(f"/api/admin/sessions/{session_id}")["duration_ms"] / 1000
        self._facts.add(
            "recording seconds against lesson seconds",
            f"{recorded_s:.1f} in {len(hub)} clips, of {lesson_s:.1f} "
            f"(watch: at least {self._watch_s:.0f})",
            expected="within 3 s of the lesson, and no shorter than the watch says",
            is_right=abs(recorded_s - lesson_s) <= 3 and recorded_s >= self._watch_s - 1,
        )
        stage = [clip for clip in replay["clips"] if clip["seat_id"] != "hub"]
        self._facts.add(
            "stage recorded", f"{len(stage)} clips", expected="at least 1", is_right=bool(stage)
        )
        self._page.goto(f"{self._origin()}/replay/{session_id}")
        self._page.get_by_role("button", name=re.compile("播放")).first.click()
        watch(self._page, "hub")
        began = time.monotonic()
        self._wait_for_pictures()
        self._facts.add(
            "replay plays",
            f"{PICTURES} different pictures in {time.monotonic() - began:.1f} s",
            expected="measured, as many as are waited for",
            is_right=True,
        )

    def _wait_for_pictures(self) -> None:
        """Wait until PICTURES different ones of the hub's were shown, in whichever clips."""
        videos = self._page.locator(video_of(self._page, "hub"))
        states = "videos => videos.map(v => [v.currentTime, v.readyState, v.paused, v.videoWidth])"
        try:
            wait_until(
                lambda: different(self._page, "hub") >= PICTURES,
                f"{PICTURES} different pictures of the replay",
            )
        except AssertionError as error:
            error.add_note(f"Shown: {len(seen(self._page, 'hub'))} pictures.")
            error.add_note(f"Time, state, paused, width: {videos.evaluate_all(states)}")
            raise

    def _ready_replay(self, session_id: str) -> Any:
        replay = self.ask(f"/api/sessions/{session_id}/replay")
        return replay if replay.get("state") == "READY" else None

    def _origin(self) -> str:
        return "/".join(self._page.url.split("/")[:3])

    def check_export(self, session_id: str) -> None:
        """The CSV opens in a Chinese Excel: UTF-8 with its mark, a row per classroom."""
        text = self._page.evaluate(
            "async (path) => [...new Uint8Array(await (await fetch(path)).arrayBuffer())]",
            f"/api/admin/sessions/{session_id}/attendance/export",
        )
        raw = bytes(text)
        rows = raw.decode("utf-8-sig").splitlines()
        self._facts.add(
            "CSV export",
            f"{len(rows)} lines, mark {raw[:3].hex()}",
            expected="4 lines, mark efbbbf",
            is_right=len(rows) == 4 and raw[:3].hex() == "efbbbf",
        )
        expect(self._page.locator("body")).not_to_be_empty()
