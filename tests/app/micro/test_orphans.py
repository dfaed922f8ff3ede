"""A film or a piece whose job could not commit does not stay."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.jobs import service as jobs
from app.live.cutting import FILM_LOOKED_FOR_EVERY
from app.recordings.models import Recording
from app.recordings.retention import REMOVED_AFTER_WITHDRAWAL
from tests.app.composed_lessons import compose
from tests.app.conftest import TestBrowser
from tests.app.micro.conftest import Save
from tests.app.micro.studio import cut, listed, purge
from tests.app.store.keeping import Keeping
from tests.app.store.test_reconciling import reconcile


@contextmanager
def commit_failing(folder: Path, files: str) -> Iterator[list[str]]:
    """Have the commit fail that offers a file, which lies in its place: the database goes away."""
    failed: list[str] = []
    before = set(folder.glob(files))

    def fail(_: Session) -> None:
        if not failed and (placed := set(folder.glob(files)) - before):
            failed.extend(path.name for path in placed)
            raise ConnectionError("the database went away")

    event.listen(Session, "before_commit", fail)
    try:
        yield failed
    finally:
        event.remove(Session, "before_commit", fail)


def made(keeping: Keeping, recording: Recording) -> list[int]:
    folder = keeping.path(recording, "")
    return [len(list(folder.glob(name))) for name in ("lesson-*", "micro-*")]


@pytest.fixture
def database_url(either_url: str) -> str:
    return either_url


@pytest.mark.usefixtures("cutter_apart")
async def test_files_whose_commit_failed_are_found_and_removed(
    keeping: Keeping, recording: Recording, save: Save, browser: TestBrowser
) -> None:
    await save()
    await cut(keeping)
    for work, files in ((compose, "lesson-*"), (cut, "micro-*")):
        keeping.clock.now += FILM_LOOKED_FOR_EVERY
        with commit_failing(keeping.path(recording, ""), files) as failed:
            assert await work(keeping) == 1
        assert len(failed) == 1
        keeping.clock.now += jobs.RETRY_AFTER[0]
        assert await work(keeping) == 1
    assert made(keeping, recording) == [2, 2]
    assert (await reconcile(keeping))["orphans"] == 0, "they are known to be left over"
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    await purge(keeping)
    assert made(keeping, recording) == [1, 1]
    (one,) = await listed(browser, recording)
    assert (await browser.get(one["url"])).status_code == 200
