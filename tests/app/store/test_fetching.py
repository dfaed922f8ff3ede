"""Files of a recording are brought together, also from where a file can have one name only."""

import errno
import os
from pathlib import Path

import pytest

from app.recordings.fetching import Fetcher


@pytest.mark.parametrize("reason", [errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK])
async def test_a_file_that_can_have_no_second_name_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    (tmp_path / "lesson").mkdir()
    (tmp_path / "lesson/clip.mp4").write_bytes(b"pictures")

    def refuse(_source: Path, _to: Path) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(os, "link", refuse)
    await Fetcher(tmp_path, None).bring("lesson", "clip.mp4", tmp_path / "made", {})
    assert (tmp_path / "made").read_bytes() == b"pictures"


async def test_a_disk_that_fails_is_no_reason_to_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_source: Path, _to: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(OSError, match="Input/output"):
        await Fetcher(tmp_path, None).bring("lesson", "clip.mp4", tmp_path / "made", {})
    assert not (tmp_path / "made").exists()
