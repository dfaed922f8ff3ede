"""A lesson watched in the office: while it is taught and when it is over, also over 1 Mbit/s.

The line is a relay: it lets TCP carry so many bits a second down, all connections of the browser
together (`Road.narrow`). What is watched here comes by HTTP alone, so that this is all of the line
there is to it. It delays nothing and loses nothing; media that are live have roads of their own
(`make impair`). A browser is not asked to slow itself down: whether it does so with what a
`<video>` fetches would have to be believed. It carries less than 1 Mbit/s where a busy machine
recorded so little that it would all go through: never what was recorded, always what is promised.

How long anything takes is the machine's affair, not told here. What is told is on the clock of the
media: where they were waited for, where one took the other's place, and that none were left out.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.e2e import samples
from tests.e2e.facts import Facts
from tests.e2e.gallery import shoot
from tests.e2e.measure import STEP_TIMEOUT_S, wait_until
from tests.e2e.platform_process import ROOT, Platform
from tests.e2e.review import Review
from tests.e2e.road import Road
from tests.e2e.short_lesson import begin, end, opened, wait_until_ready
from tests.e2e.taught.test_micro_lesson import FILM_TIMEOUT_S
from tests.e2e.test_time_shift import STATE, plays

LINE_BPS = 1_000_000
HEAVIER = 1.6
"""So many times what the line carries the pictures take, or nothing is shown."""
RECORDED_MS = 18_000
HEARD_S = 6.0
"""So much is heard without the camera from where it was left out."""
BACK_S = 3
"""So far behind the newest part the sound meets the lesson from, at 1.25 times within two parts."""
WATCHED_S = 10.0
"""So much is watched in small."""
SKIPPED_S = 2.0
"""A player tells where it is four times a second; on a busy machine not so often."""
MOST_WAITS = 2
BEHIND_S = 12
"""A part lasts 8 s, and another may have come since."""
PATIENCE_S = 240
PICTURES = ROOT / "var/e2e/narrow"
NOTES = Path(__file__).with_name("notes_of_media.js")

_CLIP_BITS = """
async (url) => {
  const answer = await fetch(url, { headers: { Range: "bytes=0-0" } });
  return 8 * Number(answer.headers.get("Content-Range").split("/")[1]);
}
"""

_TRACK_BPS = """
async (url) => {
  let [bits, seconds, lasts, isGap] = [0, 0, 0, false];
  for (const line of (await (await fetch(url)).text()).split("\\n")) {
    if (line.startsWith("#EXTINF:")) lasts = Number.parseFloat(line.slice(8));
    else if (line === "#EXT-X-GAP") isGap = true;
    else if (line && !line.startsWith("#")) {
      if (!isGap) {
        bits += 8 * (await (await fetch(line)).arrayBuffer()).byteLength;
        seconds += lasts;
      }
      isGap = false;
    }
  }
  return bits / seconds;
}
"""


@dataclass(frozen=True)
class Note:
    """What an element told: where in its file it was, and what the page said of the line."""

    what: str
    path: str
    at_s: float
    said: str

    @property
    def is_small(self) -> bool:
        """Return whether it is the small file, which is on the clock of the lesson."""
        return self.path.endswith("/light/SMALL")


@dataclass(frozen=True)
class Recorded:
    """How long a lesson lasted, and where in it each file of its hub begins, by its path."""

    lasts_s: float
    begins_s: dict[str, float]

    def place_s(self, note: Note) -> float:
        """Return where in the lesson it was."""
        return note.at_s if note.is_small else self.begins_s[note.path] + note.at_s


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_the_office_watches_a_lesson_over_a_wide_line_and_a_narrow_one(platform: Platform) -> None:
    facts = Facts()
    PICTURES.mkdir(parents=True, exist_ok=True)
    made = samples.prepare()
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        # Taken away after the browsers: what they do not read any more stays in it.
        road = stack.enter_context(Road.laid(platform))
        teacher, office = stack.enter_context(
            opened(playwright, video=made.teacher_video, audio=made.speech)
        )
        office.context.add_init_script(path=NOTES)
        begin(teacher, platform)
        review = Review(office, platform, facts, watch_s=0.0)
        session_id = review.find_session()
        at_desk = office.url
        wait_until(
            lambda: _ask(office, f"/api/sessions/{session_id}/timeshift")["until_ms"] > RECORDED_MS,
            "a part of the lesson to look back at",
            60,
        )
        _look_back(office, facts)
        _narrow_for_what_is_recorded(office, session_id, road, facts)
        _catch_up_by_sound(office, road, facts)
        end(teacher)
        office.goto(at_desk)
        wait_until_ready(review, session_id)
        lesson = _narrow_for_the_recording(office, session_id, road, facts)
        watching = at_desk.replace("/admin/sessions/", "/replay/")
        office.goto(watching)
        _have_small_made(office)
        office.goto(road.through(watching), wait_until="commit")
        noted = _watch_until_small(office)
    _judge(noted, lesson, facts)
    facts.require_all_right()


def _ask(page: Page, path: str) -> Any:
    return page.evaluate("async (path) => await (await fetch(path)).json()", path)


def _look_back(page: Page, facts: Facts) -> None:
    """Over a line that carries all: it plays, also from where it is sought, and faster."""
    page.get_by_role("button", name="回看已经录下的部分").click()
    page.get_by_role("button", name="播放", exact=True).click()
    plays(page, "plays from half a minute ago", facts)
    shoot(page, PICTURES, "01-looking-back")
    wanted_s = _seek(page, share=0.4)
    wait_until(lambda: abs(page.evaluate(STATE)["at"] - wanted_s) < 4, "the place sought")
    plays(page, "plays on from where it was sought, while the lesson runs", facts)
    page.get_by_role("button", name="1.25 倍追上直播").click()
    wait_until(lambda: page.evaluate(STATE)["rate"] > 1.2, "the faster pace")
    plays(page, "plays at 1.25 times", facts)
    # The change of pace parts them for a moment; then the player brings them together.
    wait_until(lambda: _apart_ms(page) < 80, "picture and sound within 80 ms", 15)
    shoot(page, PICTURES, "02-catching-up")


def _catch_up_by_sound(page: Page, road: Road, facts: Facts) -> None:
    """Over the narrow line: the camera is left out, and the sound meets the lesson."""
    page.goto(road.through(page.url))
    page.get_by_role("button", name="回看已经录下的部分").click(timeout=1000 * STEP_TIMEOUT_S)
    catch_up = page.get_by_role("button", name="1.25 倍追上直播")
    catch_up.click(timeout=1000 * STEP_TIMEOUT_S)
    expect(catch_up).to_be_disabled()
    expect(page.get_by_text("画面先不放")).to_be_visible(timeout=1000 * PATIENCE_S)
    left_out = len(_notes(page))
    shoot(page, PICTURES, "03-camera-left-out")
    wait_until(lambda: _stretch_s(_heard_s(page, since=left_out)) >= HEARD_S, "the sound goes on")
    heard_s = _heard_s(page, since=left_out)
    _, newest_s = _place(page.get_by_role("slider", name="播放位置"))
    _seek(page, share=1 - BACK_S / newest_s)
    expect(catch_up).to_be_enabled(timeout=1000 * PATIENCE_S)
    at_s, newest_s = _place(page.get_by_role("slider", name="播放位置"))
    facts.add(
        "heard without the camera",
        _stretch(heard_s),
        expected=f"goes on, nothing of more than {SKIPPED_S} s left out",
        is_right=_most_skipped_s(heard_s) <= SKIPPED_S,
    )
    facts.add(
        "where it goes on as fast as the lesson",
        f"at {at_s} s, {newest_s} s recorded",
        expected=f"at most {BEHIND_S} s behind the newest part",
        is_right=newest_s - at_s <= BEHIND_S,
    )


def _narrow_for_what_is_recorded(page: Page, session_id: str, road: Road, facts: Facts) -> None:
    """Let the line carry less than the teacher's camera took until now."""
    (lane,) = (
        each
        for each in _ask(page, f"/api/sessions/{session_id}/timeshift")["lanes"]
        if (each["seat_id"], each["group"]) == ("hub", "camera")
    )
    (track,) = (each for each in lane["tracks"] if each["is_video"])
    _narrow(road, page.evaluate(_TRACK_BPS, track["url"]), "the camera until now", facts)


def _narrow_for_the_recording(page: Page, session_id: str, road: Road, facts: Facts) -> Recorded:
    """Let the line carry less than the recording takes; return what that is."""
    replay = _ask(page, f"/api/sessions/{session_id}/replay")
    clips = [each for each in replay["clips"] if each["seat_id"] == "hub"]
    bits = sum(page.evaluate(_CLIP_BITS, each["url"]) for each in clips)
    lasts_s = sum(each["duration_ms"] for each in clips) / 1000
    _narrow(road, bits / lasts_s, "recorded", facts)
    begins_s = {each["url"]: each["start_ms"] / 1000 for each in clips}
    return Recorded(replay["duration_ms"] / 1000, begins_s)


def _narrow(road: Road, recorded_bps: float, what: str, facts: Facts) -> None:
    line_bps = min(LINE_BPS, recorded_bps / HEAVIER)
    road.narrow(line_bps)
    facts.add(
        what,
        f"{recorded_bps / 1000:.0f} kbit/s; the line carries {line_bps / 1000:.0f}",
        expected=f"something; the line {LINE_BPS / 1000:.0f} or less",
        is_right=recorded_bps > 0,
    )


def _have_small_made(page: Page) -> None:
    """Press the button below the replay, and wait until the file is there."""
    files = page.get_by_role("region", name="整节课的文件")
    row = files.get_by_role("listitem").filter(has_text="小画面, 网络慢时用")
    row.get_by_role("button", name="生成", exact=True).click(timeout=1000 * STEP_TIMEOUT_S)
    expect(row.get_by_role("button", name="播放", exact=True)).to_be_visible(
        timeout=1000 * FILM_TIMEOUT_S
    )


def _watch_until_small(page: Page) -> list[Note]:
    """Play until the small picture came and was watched for a while; return what was noted."""
    page.locator(".player").get_by_role("button", name="播放", exact=True).first.click(
        timeout=1000 * STEP_TIMEOUT_S
    )
    expect(page.get_by_text("已换成小画面")).to_be_visible(timeout=1000 * PATIENCE_S)
    shoot(page, PICTURES, "04-small-by-itself")

    wait_until(
        lambda: _stretch_s(_small_s(_notes(page))) >= WATCHED_S,
        "the small picture plays",
        PATIENCE_S,
    )
    return _notes(page)


def _judge(noted: list[Note], lesson: Recorded, facts: Facts) -> None:
    told = [each for each in noted if each.what == "timeupdate video"]
    recorded = [lesson.place_s(each) for each in told if not each.is_small]
    assert recorded, "nothing of what was recorded was played"
    left_s, shown_s = recorded[-1], _small_s(noted)
    before = [each for each in noted if each.what == "waiting video" and not each.is_small]
    facts.add(
        "the small picture instead",
        f"from {left_s:.1f} s of {lesson.lasts_s:.1f} s, after {len(before)} waits",
        expected="after a wait",
        is_right=bool(before),
    )
    facts.add(
        "small picture",
        _stretch(shown_s),
        expected=f"from there on, nothing of more than {SKIPPED_S} s left out",
        is_right=abs(shown_s[0] - left_s) <= SKIPPED_S and _most_skipped_s(shown_s) <= SKIPPED_S,
    )
    first = next(each for each in noted if each.is_small and each.what == "timeupdate video")
    since = noted[noted.index(first) :]
    waited = [
        f"{each.at_s:.1f} s" for each in since if each.is_small and each.what == "waiting video"
    ]
    said = sorted({each.said for each in since if "连小画面也带不动" in each.said})
    facts.add(
        "waits in it",
        f"at {', '.join(waited) or 'no place'}; the page said {said or 'nothing of it'}",
        expected=f"at most {MOST_WAITS}, never so long that the page says so",
        is_right=len(waited) <= MOST_WAITS and not said,
    )
    faults = [each for each in noted if each.what.startswith("error")]
    facts.add("faults", faults, expected="none", is_right=not faults)


def _small_s(noted: list[Note]) -> list[float]:
    """Return where in the lesson the small picture told that it was."""
    return [each.at_s for each in noted if each.is_small and each.what == "timeupdate video"]


def _heard_s(page: Page, *, since: int) -> list[float]:
    """Return where in the lesson a sound told that it was, after so many notes."""
    return [each.at_s for each in _notes(page)[since:] if each.what == "timeupdate audio"]


def _notes(page: Page) -> list[Note]:
    """Return what `notes_of_media.js` has noted in a page."""
    return [Note(*each) for each in page.evaluate("() => window.__notes")]


def _seek(page: Page, *, share: float) -> float:
    """Press on the bar; return what place that is, in seconds."""
    bar = page.get_by_role("slider", name="播放位置")
    box = bar.bounding_box()
    assert box is not None
    _, newest_s = _place(bar)
    page.mouse.click(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
    return share * newest_s


def _apart_ms(page: Page) -> float:
    state = page.evaluate(STATE)
    return float(1000 * abs(state["at"] - state["heard"]))


def _stretch_s(places_s: list[float]) -> float:
    return places_s[-1] - places_s[0] if places_s else 0.0


def _stretch(places_s: list[float]) -> str:
    if not places_s:
        return "nothing"
    return (
        f"from {places_s[0]:.1f} s to {places_s[-1]:.1f} s, at most "
        f"{_most_skipped_s(places_s):.1f} s between two places told of"
    )


def _most_skipped_s(places_s: list[float]) -> float:
    """Return how far at most a player went, on or back, without telling of it."""
    return max((abs(now - before) for before, now in pairwise(places_s)), default=0.0)


def _place(bar: Locator) -> tuple[int, int]:
    """Return where a player is and how far it could go, in seconds."""
    at, most = (int(bar.get_attribute(name) or 0) for name in ("aria-valuenow", "aria-valuemax"))
    return at, most
