"""What is measured of a lesson: the pages' counters, the numbers in the pictures, the server's."""

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import httpx2
from playwright.sync_api import Page

from tests.e2e.browsers import video_of
from tests.e2e.platform_process import Platform
from tests.e2e.samples import FRAME_RATE, FRAMES

T = TypeVar("T")
# Patience, no bound: on two cores that others use a browser may be given nothing for ten seconds.
STEP_TIMEOUT_S = 45

Seen = list[tuple[int | None, float]]
"""Frame number (None: not readable) and wall time in ms of each picture a page showed."""


def wait_until(question: Callable[[], T | None], what: str, timeout_s: float = STEP_TIMEOUT_S) -> T:
    """Ask until the answer is true; raise AssertionError saying what was waited for."""
    give_up_at = time.monotonic() + timeout_s
    while time.monotonic() < give_up_at:
        answer = question()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"Waited {timeout_s} s in vain: {what}.")


class Received:
    """Counters of what a page receives from one seat, by the page's diagnosis hook."""

    def __init__(self, page: Page, seat: str) -> None:
        self._page = page
        self._seat = seat

    def read(self, source: str) -> dict[str, Any]:
        """Return the counters of one source; empty when it is not received."""
        diagnosis = self._page.evaluate("() => window.__classroom.read()")
        for track in diagnosis["received"]:
            if track["seat_id"] == self._seat and track["source"] == source:
                return dict(track)
        return {}

    def packets(self) -> int:
        """Return how many packets have come from the seat, of all its sources."""
        diagnosis = self._page.evaluate("() => window.__classroom.read()")
        return sum(
            track["packets_received"]
            for track in diagnosis["received"]
            if track["seat_id"] == self._seat
        )


def first_frame_ms(page: Page, track: str) -> float | None:
    """Return how long after entering the page showed the first picture of `seat/source`."""
    found = page.evaluate(
        "async () => window.__classroom && (await window.__classroom.read()).first_frame_ms"
    )
    return found.get(track) if found else None


def watch(page: Page, seat: str, source: str = "camera") -> None:
    """Begin to note the number of every picture the page shows of this source."""
    selector = video_of(page, seat, source)
    page.wait_for_selector(selector)
    page.evaluate(
        "([selector, key]) => window.watchFrames(selector, key)",
        [selector, f"{seat}/{source}"],
    )


def seen(page: Page, seat: str, source: str = "camera") -> Seen:
    """Return what `watch` has noted."""
    noted = page.evaluate("(key) => window.seenFrames[key]", f"{seat}/{source}")
    return [(number, at) for number, at in noted]


def different(page: Page, seat: str) -> int:
    """Return how many different pictures of a seat's camera `watch` has noted."""
    return len({number for number, _ in seen(page, seat) if number is not None})


def picture_delays_ms(shown: Seen, arrived: Seen) -> Iterator[float]:
    """Yield for each picture that arrived how long before the teacher had seen it herself.

    Numbers come round every FRAMES pictures, so the nearest earlier showing is meant.
    """
    round_ms = 1000 * FRAMES / FRAME_RATE
    shown_at: dict[int, list[float]] = {}
    for number, at in shown:
        if number is not None:
            shown_at.setdefault(number, []).append(at)
    for number, at in arrived:
        earlier = (
            [then for then in shown_at.get(number, []) if 0 <= at - then < round_ms / 2]
            if number is not None
            else []
        )
        if earlier:
            yield at - max(earlier)


def forwarded_from_classrooms(platform: Platform) -> int:
    """Return how many RTP packets of classrooms the server has forwarded to anybody."""
    total = 0.0
    for line in httpx2.get(f"{platform.url}/metrics", timeout=5).text.splitlines():
        if 'counter="forwarded_from:site-' in line:
            total += float(line.rsplit(" ", 1)[1])
    return int(total)
