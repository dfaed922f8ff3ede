"""A school brings captions for a lesson that was taught: read in our player and in another."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.facts import Facts
from tests.e2e.measure import STEP_TIMEOUT_S, wait_until
from tests.e2e.taught.conftest import Taught
from tests.e2e.taught.test_sealed import HLS_JS

#: In GB18030, as programs in China write it. On the clock of the lesson.
SRT = """1
00:00:04,000 --> 00:00:12,000
<b>小雨</b>沙沙

2
00:00:14,000 --> 00:00:22,000
- 你听见了吗?
- 听见了, 3 < 5
"""
FAULTY = SRT.replace("00:00:14,000", "00:00:24,000")
FIRST, SECOND = "小雨沙沙", "3 < 5"
FIRST_MS, SECOND_MS = (4_000, 12_000), (14_000, 22_000)
WITHIN_S = 0.1

_HLS = """
async (url) => {
  const media = document.createElement("video");
  media.muted = true;
  document.body.replaceChildren(media);
  // A choice made while the tracks are told would be undone by hls.js's own, which comes after.
  const hls = new Hls({enableWorker: false, subtitlePreference: {lang: "zh-Hans"}});
  window.__faults = [];
  hls.on(Hls.Events.ERROR, (_, data) => window.__faults.push(data.details));
  hls.loadSource(url);
  hls.attachMedia(media);
  window.__other = media;
  await media.play();
}
"""

_CUES = """
() => [...window.__other.textTracks].flatMap((track) => [...(track.cues ?? [])])
  .map((cue) => [cue.startTime, cue.endTime, cue.text])
"""

_NATIVE = """
(url) => new Promise((resolve, reject) => {
  const media = document.createElement("video");
  document.body.replaceChildren(media);
  media.addEventListener("loadeddata", () => resolve(true), {once: true});
  media.addEventListener("error", () => reject(new Error(media.error.message)), {once: true});
  media.src = url;
})
"""


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_captions_are_brought_and_read_in_our_player_and_in_another(
    taught: Taught, office: Page
) -> None:
    facts = Facts()
    replay = "/".join(office.url.split("/")[:3]) + f"/replay/{taught.session_id}"
    office.goto(replay)
    try:
        _bring(office)
        _read_in_our_player(office)
        _read_in_another(office, taught.session_id, facts)
    finally:
        office.goto(replay)
        _take_away(office)
    facts.require_all_right()


def _bring(page: Page) -> None:
    """First a file with a fault, which is told by its line, then the right one."""
    page.get_by_role("button", name="添加字幕").click()
    dialog = page.get_by_role("dialog", name="添加字幕")
    for text in (FAULTY, SRT):
        content = {"name": "小雨沙沙.srt", "mimeType": "", "buffer": text.encode("gb18030")}
        dialog.get_by_label("字幕文件").set_input_files(content)  # type: ignore[arg-type]
        dialog.get_by_role("button", name="保存").click()
        if text is FAULTY:
            expect(dialog.get_by_role("alert")).to_contain_text("第 6 行")
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("2 条")).to_be_visible()


def _take_away(page: Page) -> None:
    page.get_by_role("region", name="字幕").get_by_role("button", name="删除").click()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(page.get_by_text("2 条")).to_have_count(0)


def _read_in_our_player(page: Page) -> None:
    menu = page.get_by_role("combobox", name="字幕")
    menu.select_option(index=1)
    captions = page.locator(".captions")
    page.get_by_role("button", name=re.compile("播放")).first.click()
    expect(captions).to_have_text(FIRST, timeout=1000 * STEP_TIMEOUT_S)
    at_ms = _position_ms(page)
    assert FIRST_MS[0] <= at_ms <= FIRST_MS[1] + 1000, at_ms
    expect(captions.get_by_text("小雨")).to_have_css("font-weight", "700")
    page.keyboard.press("c")
    expect(captions).to_have_text("")
    expect(menu).to_have_value("")
    page.keyboard.press("c")
    page.keyboard.press("f")
    expect(captions).to_contain_text(SECOND, timeout=1000 * STEP_TIMEOUT_S)
    words = captions.get_by_text(SECOND).bounding_box()
    window = page.evaluate("() => [innerWidth, innerHeight]")
    assert words is not None
    assert words["y"] + words["height"] <= window[1]
    # What is read from six times the height of the picture away.
    assert words["height"] >= window[1] / 30
    page.keyboard.press("f")
    page.reload()
    chosen = page.get_by_role("combobox", name="字幕")
    expect(chosen).not_to_have_value("")
    assert page.evaluate("(each) => each.selectedIndex", chosen.element_handle()) == 1


def _position_ms(page: Page) -> float:
    value = page.get_by_role("slider", name="播放位置").get_attribute("aria-valuenow")
    assert value is not None
    return 1000 * float(value)


def _read_in_another(page: Page, session_id: str, facts: Facts) -> None:
    lanes = page.evaluate(
        "async (path) => (await (await fetch(path)).json()).lanes",
        f"/api/sessions/{session_id}/timeshift",
    )
    (lane,) = (each for each in lanes if (each["seat_id"], each["group"]) == ("hub", "camera"))
    begins_s = lane["from_ms"] / 1000
    expected = [
        (from_ms / 1000 - begins_s, until_ms / 1000 - begins_s)
        for from_ms, until_ms in (FIRST_MS, SECOND_MS)
    ]
    page.evaluate(HLS_JS.read_text())
    page.evaluate(_HLS, lane["hls"])
    wait_until(
        lambda: len(page.evaluate(_CUES)) == len(expected),
        "hls.js has the captions",
        STEP_TIMEOUT_S,
    )
    found: list[Any] = page.evaluate(_CUES)
    late_s = [
        round(cue[edge] - times[edge], 3)
        for cue, times in zip(found, expected, strict=True)
        for edge in (0, 1)
    ]
    facts.add(
        "captions in hls.js after their time",
        f"{late_s} s, faults {page.evaluate('window.__faults')}",
        expected=f"{WITHIN_S} s at most, no fault",
        is_right=all(abs(each) <= WITHIN_S for each in late_s)
        and page.evaluate("window.__faults") == [],
    )
    assert [cue[2] for cue in found] == ["<b>小雨</b>沙沙", "- 你听见了吗?\n- 听见了, 3 &lt; 5"]
    can_native = page.evaluate(
        "() => document.createElement('video').canPlayType('application/vnd.apple.mpegurl')"
    )
    if can_native:
        opened = page.evaluate(_NATIVE, lane["hls"])
        facts.add("native: opens a lane with captions", opened, expected="True", is_right=opened)
