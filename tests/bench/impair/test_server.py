"""A server of a row that does not start: it is told why, and nothing stays behind."""

import asyncio
import signal
from pathlib import Path

import pytest

from bench.impair import server as server_module
from bench.impair.lesson import free_port
from bench.impair.proxy import LOOPBACK
from bench.impair.server import LessonServer, ServerFailed


def server_of(folder: Path, module: str) -> LessonServer:
    return LessonServer(
        folder, module=module,
        http_host=LOOPBACK, http_port=free_port("tcp"), media_hosts=[LOOPBACK], media_port=0,
    )  # fmt: skip


async def test_a_server_that_never_answers_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "_START_TIMEOUT_S", 0.2)
    server = server_of(tmp_path, "tests.bench.impair.silent_server")

    async def start() -> None:
        with pytest.raises(ServerFailed, match="did not start"):
            await server.start()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(start())
        while server._process is None:
            await asyncio.sleep(0.01)
        process = server._process
    assert process.returncode == -signal.SIGKILL


async def test_a_server_that_dies_at_the_start_says_why(tmp_path: Path) -> None:
    server = server_of(tmp_path, "bench.impair.no_such")
    with pytest.raises(ServerFailed, match=r"No module named bench\.impair\.no_such"):
        await server.start()
