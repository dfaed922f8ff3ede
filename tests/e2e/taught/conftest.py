"""The lesson: held once, on a platform of its own; whoever tests watches it in a new browser.

What a test brings to it, captions or pieces, it takes away again, also when it fails: another must
find the lesson as it was. The film that a piece is cut out of stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.e2e import browsers
from tests.e2e.clapper import Claps
from tests.e2e.conftest import running
from tests.e2e.facts import Facts
from tests.e2e.platform_process import Platform
from tests.e2e.review import find_session
from tests.e2e.short_lesson import CLAPPER, hold


@dataclass(frozen=True)
class Taught:
    """A lesson whose recording is ready. `source`: the claps as the teacher's devices gave them."""

    platform: Platform
    source: Claps
    session_id: str


@pytest.fixture(scope="package")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taught]:
    facts = Facts()
    with running(tmp_path_factory.mktemp("taught"), has_history=True) as platform:
        folder: Path = tmp_path_factory.mktemp("clapper")
        with sync_playwright() as playwright:
            source, session_id = hold(playwright, platform, folder, facts)
        facts.require_all_right()
        yield Taught(platform, source, session_id)


@pytest.fixture
def office(taught: Taught) -> Iterator[Page]:
    """The page of the lesson in the office, in a browser that has nothing of another test."""
    with sync_playwright() as playwright:
        browser = browsers.launch(playwright)
        try:
            page = browsers.open_context(browser).new_page()
            page.context.add_init_script(path=CLAPPER)
            find_session(page, taught.platform)
            yield page
        finally:
            browser.close()
