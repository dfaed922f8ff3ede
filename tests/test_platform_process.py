"""What starts a platform for a test leaves none behind that did not get ready."""

import os
from pathlib import Path

import pytest

from tests.e2e import platform_process
from tests.e2e.platform_process import Platform


def test_a_platform_that_does_not_get_ready_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    class Asleep(Platform):
        """Another program in its place, which says nothing for longer than anybody waits."""

        def _command(self) -> list[str]:
            return ["timeit", "-n1", "-r1", "import time; time.sleep(600)"]

        def _wait_until_ready(self) -> None:
            begun.append(self.pid)
            super()._wait_until_ready()

    monkeypatch.setattr(platform_process, "START_TIMEOUT_S", 0.3)
    with pytest.raises(RuntimeError, match="did not get ready"):
        Asleep(tmp_path, 1, 1).start()
    [pid] = begun
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
