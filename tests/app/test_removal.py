"""What is removed of a recording is removed in both its places, or said not to be."""

from pathlib import Path

import pytest

from app.recordings.removal import remove_file, remove_tree

PART = "1-000001.mp4"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recording with a part and its replay on another disk."""
    folder, second = tmp_path / "home", tmp_path / "disk" / "second"
    folder.mkdir()
    (second / "replay").mkdir(parents=True)
    for name in (PART, "replay/a.mp4"):
        (second / name).write_bytes(b"pupils")
    (folder / "1-000002.mp4").write_bytes(b"pupils")
    (folder / "second-1").symlink_to(second)
    (folder / PART).symlink_to(f"second-1/{PART}")
    (folder / "replay").symlink_to(second / "replay")
    return folder


def test_a_recording_goes_from_both_disks(folder: Path, tmp_path: Path) -> None:
    remove_tree(folder)
    assert not folder.exists()
    assert list(tmp_path.rglob("*.mp4")) == []


def test_a_file_goes_from_both_disks_and_again_is_nothing_to_do(folder: Path) -> None:
    for _ in range(2):
        remove_file(folder / PART)
        assert not (folder / PART).is_symlink()
        assert not (folder / "second-1" / PART).exists()
    assert (folder / "1-000002.mp4").exists()


def test_nothing_is_forgotten_on_a_disk_that_is_not_mounted(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").rename(tmp_path / "drawer")
    with pytest.raises(FileNotFoundError, match="its disk is not there"):
        remove_tree(folder)
    with pytest.raises(FileNotFoundError, match="its disk is not there"):
        remove_file(folder / PART)
    assert (folder / PART).is_symlink()
    (tmp_path / "drawer").rename(tmp_path / "disk")
    remove_tree(folder)
    assert list(tmp_path.rglob("*.mp4")) == []


def test_a_removal_that_was_cut_short_goes_on(folder: Path, tmp_path: Path) -> None:
    (folder / "second-1" / PART).unlink()
    (folder / "replay").unlink()
    remove_tree(folder)
    assert list(tmp_path.rglob("*.mp4")) == []


def test_a_second_place_that_was_never_used_is_in_nobodys_way(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "second-1").symlink_to(tmp_path / "not" / "made")
    remove_tree(folder)
    assert not folder.exists()
