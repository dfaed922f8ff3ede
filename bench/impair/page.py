"""A real Chromium at a site: the product's own classroom page, and what it showed and played."""

import base64
import shlex
from array import array
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from bench.impair.road import NamespaceRoad
from tests.chromium import chromium
from tests.e2e.browsers import QUIET

_COUNTER = Path(__file__).resolve().parents[2] / "tests/e2e/counter.js"
_OBSERVER = Path(__file__).with_name("observe.js")
_ENTERED_MS = 40_000


@dataclass(frozen=True, slots=True)
class Sound:
    """What was played from a moment on: samples at 16 kHz, and when each 0.1 s was handed over."""

    samples: "array[int]"
    chunk_at_s: list[float]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was shown; `number` None: it could not be read."""

    at_s: float
    number: int | None


class ClassroomPage:
    """The page, entered, with everything it shows of one seat being noted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def enter(self, url: str, hub_seat: str) -> None:
        """Open the classroom's page, enter, and begin to note what the hub's seat brings."""
        await self.page.goto(f"{url}/classroom")
        enter = self.page.get_by_role("button", name="进入课堂")
        await enter.click(timeout=_ENTERED_MS)
        video = f'video[data-seat="{hub_seat}"][data-source="camera"]'
        await self.page.wait_for_selector(video, timeout=_ENTERED_MS)
        await self.page.evaluate("(seat) => window.observeSeat(seat)", hub_seat)

    async def pictures(self, since_s: float) -> list[Picture]:
        """Return the pictures shown since a moment of the wall clock."""
        noted = await self.page.evaluate("(since) => window.takePictures(since)", since_s * 1000)
        return [Picture(at / 1000, number) for number, at in noted]

    async def sound(self, since_s: float) -> Sound:
        """Return what was played since a moment of the wall clock."""
        taken = await self.page.evaluate("(since) => window.takeSound(since)", since_s * 1000)
        samples = array("h")
        samples.frombytes(base64.b64decode(taken["samples"]))
        return Sound(samples, [at / 1000 for at in taken["at"]])

    async def diagnosis(self) -> dict[str, Any]:  # JSON
        """Return the page's own counters."""
        found: dict[str, Any] = await self.page.evaluate("() => window.__classroom.read()")
        return found


@asynccontextmanager
async def classroom_page(
    road: NamespaceRoad, site: str, *, url: str, cookies: Mapping[str, str], folder: Path
) -> AsyncIterator[ClassroomPage]:
    """Start Chromium in the site's own namespace, with a classroom's cookie."""
    command = ["nsenter", f"--net={road.sites[site].namespace}", "--", chromium()]
    wrapper = folder / f"chromium-{site}"
    wrapper.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    wrapper.chmod(0o755)
    flags = [
        *QUIET,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        "--autoplay-policy=no-user-gesture-required",
        # Cameras and microphones are for secure origins; the namespace has no certificate.
        f"--unsafely-treat-insecure-origin-as-secure={url}",
    ]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=wrapper, args=flags)
        try:
            context = await browser.new_context(
                viewport={"width": 1366, "height": 768}, locale="zh-CN", bypass_csp=True
            )
            await context.add_cookies(
                [{"name": name, "value": value, "url": url} for name, value in cookies.items()]
            )
            await context.add_init_script(path=_COUNTER)
            await context.add_init_script(path=_OBSERVER)
            yield ClassroomPage(await context.new_page())
        finally:
            await browser.close()
