"""How a film and micro-lessons get their places, and what is left of those that are not shown."""

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.jobs import service as jobs
from app.jobs.context import JobContext
from app.live import composing, cutting
from app.live.cutting import FILM_LOOKED_FOR_EVERY
from app.live.making import settle
from app.recordings import leftovers
from app.recordings.leftovers import RecordingLeftover
from app.recordings.models import Recording
from app.recordings.retention import REMOVED_AFTER_WITHDRAWAL
from tests.app.composed_lessons import compose
from tests.app.conftest import TestBrowser
from tests.app.micro.conftest import Save
from tests.app.micro.studio import cut, listed, purge
from tests.app.store.keeping import Keeping


@pytest.mark.usefixtures("cutter_apart")
async def test_files_that_were_placed_and_never_offered_go_within_the_hour(
    keeping: Keeping,
    recording: Recording,
    save: Save,
    browser: TestBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def settle_and_die(out: Path, to: Path) -> None:
        settle(out, to)
        raise ConnectionError("the database went away, or the process")

    await save()
    await cut(keeping)
    for module, work in ((composing, compose), (cutting, cut)):
        keeping.clock.now += FILM_LOOKED_FOR_EVERY
        with monkeypatch.context() as patch:
            patch.setattr(module, "settle", settle_and_die)
            assert await work(keeping) == 1
        keeping.clock.now += jobs.RETRY_AFTER[0]
        assert await work(keeping) == 1
    (one,) = await listed(browser, recording)
    assert one["state"] == "READY"
    folder = keeping.path(recording, "")
    assert [len(list(folder.glob(name))) for name in ("lesson-*", "micro-*")] == [2, 2]
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    await purge(keeping)
    assert [len(list(folder.glob(name))) for name in ("lesson-*", "micro-*")] == [1, 1]
    assert (await browser.get(one["url"])).status_code == 200
    async with keeping.database.unit_of_work() as db:
        assert (await db.scalars(select(RecordingLeftover.name))).all() == []


@pytest.mark.usefixtures("cutter_apart")
async def test_what_was_made_is_on_the_disk_before_the_database_waits_for_it(
    keeping: Keeping, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    announce = leftovers.announce

    async def announced(context: JobContext, recording_id: UUID, *names: str) -> None:
        said.append("announced")
        await announce(context, recording_id, *names)

    for module in (composing, cutting):
        monkeypatch.setattr(module, "flush", lambda path: said.append(path.name))
    monkeypatch.setattr(leftovers, "announce", announced)
    await save()
    for work in (cut, compose):
        assert await work(keeping) == 1
    keeping.clock.now += FILM_LOOKED_FOR_EVERY
    assert await cut(keeping) == 1
    assert said == ["lesson.mp4", "announced", "piece.mp4", "announced"]
