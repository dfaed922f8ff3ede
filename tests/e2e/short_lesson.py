"""A short lesson of a teacher alone, from 开课 until its recording is ready."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Page, Playwright, expect

from tests.e2e import browsers, clapper
from tests.e2e.clapper import Claps
from tests.e2e.facts import Facts
from tests.e2e.measure import STEP_TIMEOUT_S, wait_until
from tests.e2e.platform_process import Platform
from tests.e2e.review import READY_TIMEOUT_S, Review

CLAPPER = Path(__file__).with_name("clapper.js")
LASTS_MS = 32_000
FEWEST = 4

_NOTED = """
(which) => {
  const {flashes, beeps} = window.__clapper[which];
  return [flashes.map((at) => at / 1000), beeps.map((at) => at / 1000)];
}
"""


def noted(page: Page, which: str) -> Claps:
    """Return what `clapper.js` has noted of the `source` or the `player`."""
    flashes, beeps = page.evaluate(_NOTED, which)
    return Claps(tuple(flashes), tuple(beeps))


@contextmanager
def opened(playwright: Playwright, *, video: Path, audio: Path) -> Iterator[tuple[Page, Page]]:
    """Give an empty page of a teacher with this camera and microphone, and one of the office."""
    with ExitStack() as stack:
        started = [
            browsers.launch(playwright, video=video, audio=audio),
            browsers.launch(playwright),
        ]
        for browser in started:
            stack.callback(browser.close)
        teacher, office = (browsers.open_context(browser).new_page() for browser in started)
        yield teacher, office


def begin(teacher: Page, platform: Platform) -> None:
    """开课; return when the recording light is on."""
    teacher.goto(platform.links["teacher"])
    teacher.get_by_role("button", name="开课").first.click()
    teacher.wait_for_url("**/live")
    expect(teacher.get_by_text("录制正常")).to_be_visible(timeout=1000 * STEP_TIMEOUT_S)


def end(teacher: Page) -> None:
    """下课."""
    teacher.get_by_role("button", name="下课", exact=True).click()
    teacher.get_by_role("dialog").get_by_role("button", name="下课").click()


def wait_until_ready(review: Review, session_id: str) -> None:
    """Return when the recording can be played."""
    wait_until(
        lambda: review.ask(f"/api/sessions/{session_id}/replay").get("state") == "READY",
        "the recording is ready",
        READY_TIMEOUT_S,
    )


def hold(
    playwright: Playwright, platform: Platform, folder: Path, facts: Facts
) -> tuple[Claps, str]:
    """Hold a lesson before the clapper; return what it was at the source, and the session."""
    picture, sound = clapper.prepare(folder)
    with opened(playwright, video=picture, audio=sound) as (teacher, office):
        teacher.context.add_init_script(path=CLAPPER)
        begin(teacher, platform)
        teacher.wait_for_timeout(LASTS_MS)
        source = noted(teacher, "source")
        facts.add(
            "claps at the source",
            f"{len(source.flashes)} flashes, {len(source.beeps)} beeps",
            expected=f"at least {FEWEST}",
            is_right=min(len(source.flashes), len(source.beeps)) >= FEWEST,
        )
        end(teacher)
        review = Review(office, platform, facts, watch_s=0.0)
        session_id = review.find_session()
        wait_until_ready(review, session_id)
        return source, session_id
