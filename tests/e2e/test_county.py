"""`make e2e`: a county's story in real browsers, from an imported point to a printed report."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from playwright.sync_api import sync_playwright

from tests.e2e import samples
from tests.e2e.county import TERM, County
from tests.e2e.facts import Facts
from tests.e2e.platform_process import ROOT, Platform
from tests.e2e.term_end import TermEnd

#: The demonstration's term ends less than nine weeks after it is made.
TERM_IS_OVER = timedelta(days=70)


@pytest.mark.browser
@pytest.mark.postgres
@pytest.mark.timeout(400)
def test_a_county_from_a_need_to_its_report(school_platform: Platform) -> None:
    platform = school_platform
    facts, pictures = Facts(), ROOT / "var/e2e/county"
    with sync_playwright() as playwright, ExitStack() as stack:
        county = County(playwright, platform, samples.prepare(), facts, pictures)
        stack.callback(county.close)
        county.enter()
        county.import_point()
        county.equip()
        county.join_alliance()
        county.post_need()
        county.pair()
        county.open_course()
        county.plan()
        end = TermEnd(county.office, facts, pictures, county.week())
        end.take_roster()
        untaught = end.reached("COUNTED")
        county.bring_forward()
        county.teach()
        county.confirm()
        counted = end.reached("COUNTED")
        end.require_moved(untaught, counted)

        platform.stop()
        platform.ahead += TERM_IS_OVER
        platform.start()
        county.enter()
        unlocked = end.reached("LOCKED")
        end.lock(TERM)
        end.require_locked(unlocked, counted, end.reached("LOCKED"))
        end.report()
        facts.add(
            "errors on the pages",
            county.errors or "none",
            expected="none",
            is_right=not county.errors,
        )
    facts.require_all_right()
