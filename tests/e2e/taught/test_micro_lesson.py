"""A piece is marked in the player of a sealed lesson, saved, and begins and ends at its marks."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.facts import Facts
from tests.e2e.measure import STEP_TIMEOUT_S
from tests.e2e.taught.conftest import Taught
from tests.media.played import play

#: The film of the lesson is made before its first piece is cut, by a process that stands back
#: behind all others, and so is each piece cut: on two busy cores they wait long.
FILM_TIMEOUT_S = 300
WHITE = 200
LASTS_MS = 4_200
NOT_BEFORE_S = 3.0
#: The player has read how long the lesson is: before that it moves nowhere.
_CAN_MOVE = "() => [...document.querySelectorAll('video')].some(({ duration }) => duration > 5)"


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_a_piece_marked_in_the_player_begins_and_ends_at_its_marks(
    taught: Taught, office: Page
) -> None:
    facts = Facts()
    origin = "/".join(office.url.split("/")[:3])
    replay = f"{origin}/replay/{taught.session_id}"
    office.goto(replay)
    try:
        _mark_and_play(office, taught, facts)
    finally:
        office.goto(replay)
        for piece in _pieces(office, taught):
            _delete(office, piece["title"])
    facts.require_all_right()


def _mark_and_play(office: Page, taught: Taught, facts: Facts) -> None:
    _mark_by_keys(office)
    _save(office, "怎么开头", FILM_TIMEOUT_S)
    (film,) = (taught.platform.folder / "recordings").glob(f"*/{taught.session_id}/lesson-*.mp4")
    mark = _telling_mark(film)
    office.get_by_label("开始", exact=True).fill(_typed(mark.at_ms))
    office.get_by_label("结束", exact=True).fill(_typed(mark.at_ms + LASTS_MS))
    row = _save(office, "拍手", FILM_TIMEOUT_S)
    row.get_by_role("button", name="播放").click()
    office.wait_for_function("() => document.querySelector('.micro video')?.currentTime > 0.5")
    row.get_by_role("button", name="收起").click()
    _rename(office, "怎么开头", "开头两句")
    _delete(office, "开头两句")
    (piece,) = _pieces(office, taught)
    played = play(office, piece["url"])
    facts.add(
        "first picture of the piece",
        f"at {1000 * played.first_at_s:.0f} ms, light {played.first_light}; of the film at the "
        f"mark {mark.light}, at the key frame {mark.lead_ms} ms before {mark.light_at_key}",
        expected="the marked one at 0",
        is_right=played.first_at_s < 0.001 and (played.first_light > WHITE) == mark.is_white,
    )
    facts.add(
        "length of the piece",
        f"{played.duration_s:.3f} s, ended at {played.ended_s:.3f} s, "
        f"{played.audio_bytes} bytes of sound",
        expected=f"{LASTS_MS / 1000} s within 0.1 s, played to its end, with sound",
        # The player's clock stands at the end of the last bit of sound that it played, and later
        # on a busy machine: how long the piece is says its length.
        is_right=abs(played.duration_s - LASTS_MS / 1000) <= 0.1
        and -0.1 <= played.ended_s - LASTS_MS / 1000 <= 0.5
        and played.audio_bytes > 0,
    )


def _mark_by_keys(page: Page) -> None:
    """Mark a beginning and an end with the keys, the player moved between them by its own."""
    begin = page.get_by_label("开始", exact=True)
    end = page.get_by_label("结束", exact=True)
    expect(begin).to_be_visible(timeout=1000 * STEP_TIMEOUT_S)
    page.wait_for_function(_CAN_MOVE, timeout=1000 * STEP_TIMEOUT_S)
    page.keyboard.press("i")
    expect(begin).to_have_value("00:00")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("o")
    expect(end).to_have_value("00:05")


def _save(page: Page, title: str, timeout_s: float) -> Locator:
    """Save what is marked; return its row once it can be played."""
    page.get_by_label("标题", exact=True).fill(title)
    page.get_by_role("button", name="保存为微课").click()
    row = _row(page, title)
    expect(row.get_by_role("button", name="播放")).to_be_visible(timeout=1000 * timeout_s)
    return row


def _rename(page: Page, title: str, other: str) -> None:
    page.get_by_role("button", name=f"改《{title}》的标题").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_have_value(title)
    dialog.get_by_role("textbox").fill(other)
    dialog.get_by_role("button", name="确定").click()
    expect(_row(page, other)).to_be_visible()
    expect(_row(page, title)).to_have_count(0)


def _delete(page: Page, title: str) -> None:
    page.get_by_role("button", name=f"删除《{title}》").click()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(_row(page, title)).to_have_count(0)


def _row(page: Page, title: str) -> Locator:
    """Return the piece of this title in the list."""
    return page.get_by_role("region", name="微课").get_by_role("listitem").filter(has_text=title)


def _pieces(page: Page, taught: Taught) -> Any:
    path = f"/api/sessions/{taught.session_id}/micro-lessons"
    return page.evaluate("async (path) => (await (await fetch(path)).json()).items", path)


def _typed(ms: int) -> str:
    return f"{ms // 60_000:02}:{ms % 60_000 / 1000:06.3f}"


@dataclass(frozen=True)
class _Mark:
    """A moment of the film, and how light the picture is then and at the key frame before."""

    at_ms: int
    light: int
    light_at_key: int
    lead_ms: int

    @property
    def is_white(self) -> bool:
        return self.light > WHITE


def _telling_mark(film: Path) -> _Mark:
    """Return a mark at which another picture is shown than the film can be cut at."""
    pictures = list(_pictures(film))
    key = pictures[0]
    for index in range(1, len(pictures) - 1):
        before, this, after = pictures[index - 1 : index + 2]
        if this.is_key:
            key = this
        is_steady = before.is_white == this.is_white == after.is_white
        is_inside = NOT_BEFORE_S <= this.at_s <= pictures[-1].at_s - LASTS_MS / 1000
        if is_steady and is_inside and this.is_white != key.is_white:
            at_ms = round(1000 * (this.at_s + after.at_s) / 2)
            return _Mark(at_ms, this.light, key.light, round(1000 * (this.at_s - key.at_s)))
    raise AssertionError("The film shows no flash that begins after a key frame.")


@dataclass(frozen=True)
class _Picture:
    at_s: float
    light: int
    is_key: bool

    @property
    def is_white(self) -> bool:
        return self.light > WHITE


def _pictures(film: Path) -> Iterator[_Picture]:
    with av.open(film, "r") as container:
        for frame in container.decode(container.streams.video[0]):
            plane = frame.planes[0]
            row, column = frame.height // 2, frame.width // 2
            light = bytes(plane)[row * plane.line_size + column]
            yield _Picture(float(frame.time or 0), light, frame.key_frame)
