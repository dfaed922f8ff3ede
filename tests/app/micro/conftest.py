"""A lesson to cut pieces out of, and the browser of who gave it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.jobs.context import JobContext
from app.live import cutting
from app.recordings.micro_lessons import MicroLesson
from app.recordings.models import Recording
from app.settings import Settings
from tests.app.composed_lessons import make_recording
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.micro.studio import JSON, MARKS, cut, give_film, listed, path_of
from tests.app.store.keeping import Keeping
from tests.factories import County


@pytest.fixture
def keeping(app: FastAPI, clock: Clock, settings: Settings) -> Keeping:
    return Keeping(app.state.database, clock, settings.recordings_dir.absolute(), app.state.store)


@pytest.fixture
async def recording(keeping: Keeping, county: County) -> Recording:
    return await make_recording(keeping, county)


@pytest.fixture
async def browser(county: County, open_browser: OpenBrowser) -> TestBrowser:
    return await open_browser(county.teacher)


Save = Callable[..., Awaitable[httpx2.Response]]


@pytest.fixture
def save(browser: TestBrowser, recording: Recording) -> Save:
    async def post(**other: Any) -> httpx2.Response:
        return await browser.post(path_of(recording), MARKS | other)

    return post


@pytest.fixture
def cutter_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the process that cuts: what it writes is of no interest here."""

    async def write(_: JobContext, place: Path, piece: MicroLesson) -> int:
        (place / "piece.mp4").write_bytes(bytes(range(256)))
        return piece.until_ms - piece.from_ms

    monkeypatch.setattr(cutting, "_cut", write)


@pytest.fixture
async def piece(
    keeping: Keeping, recording: Recording, save: Save, browser: TestBrowser, cutter_apart: None
) -> JSON:
    """One that is cut, as its maker reads it."""
    await give_film(keeping, recording)
    assert (await save()).status_code == 202
    assert await cut(keeping) == 1
    (one,) = await listed(browser, recording)
    assert one["state"] == "READY"
    return one
