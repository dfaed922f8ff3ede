"""The key of an installation: made once, whoever needs it first."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from app.signing import KEY_FILE, load_signer

AT_ONCE = 8


def test_all_that_need_the_key_at_once_have_the_same(tmp_path: Path) -> None:
    for number in range(20):
        folder = tmp_path / str(number)
        together = Barrier(AT_ONCE)

        def load(_: int, folder: Path = folder, together: Barrier = together) -> bytes:
            together.wait()
            return load_signer(folder).public_key

        with ThreadPoolExecutor(AT_ONCE) as threads:
            keys = set(threads.map(load, range(AT_ONCE)))
        assert keys == {load_signer(folder).public_key}
        assert [file.name for file in folder.iterdir()] == [KEY_FILE]


def test_the_key_is_read_by_its_owner_alone(tmp_path: Path) -> None:
    load_signer(tmp_path)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
