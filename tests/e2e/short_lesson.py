"""A short lesson before the clapper, from 开课 until its recording is ready."""

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
def recorded(
    playwright: Playwright, platform: Platform, facts: Facts, folder: Path
) -> Iterator[tuple[Claps, Page, str]]:
    """Hold a lesson before the clapper; give what it was at the source, the office, the session."""
    picture, sound = clapper.prepare(folder)
    with ExitStack() as stack:
        opened = [
            browsers.launch(playwright, video=picture, audio=sound),
            browsers.launch(playwright),
        ]
        for browser in opened:
            stack.callback(browser.close)
        teacher, office = (browsers.open_context(browser).new_page() for browser in opened)
        for page in (teacher, office):
            page.context.add_init_script(path=CLAPPER)
        teacher.goto(platform.links["teacher"])
        teacher.get_by_role("button", name="开课").first.click()
        teacher.wait_for_url("**/live")
        expect(teacher.get_by_text("录制正常")).to_be_visible(timeout=1000 * STEP_TIMEOUT_S)
        teacher.wait_for_timeout(LASTS_MS)
        source = noted(teacher, "source")
        facts.add(
            "claps at the source",
            f"{len(source.flashes)} flashes, {len(source.beeps)} beeps",
            expected=f"at least {FEWEST}",
            is_right=min(len(source.flashes), len(source.beeps)) >= FEWEST,
        )
        teacher.get_by_role("button", name="下课", exact=True).click()
        teacher.get_by_role("dialog").get_by_role("button", name="下课").click()
        review = Review(office, platform, facts, watch_s=0.0)
        session_id = review.find_session()
        wait_until(
            lambda: review.ask(f"/api/sessions/{session_id}/replay").get("state") == "READY",
            "the recording is ready",
            READY_TIMEOUT_S,
        )
        yield source, office, session_id
