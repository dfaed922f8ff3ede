"""What is removed of a recording is removed in both its places, or said not to be."""

from pathlib import Path

import pytest

from app.recordings import workplaces
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


@pytest.fixture
def work(folder: Path, tmp_path: Path) -> Path:
    """What a killed attempt left on the other disk: a copy of its own, and links to parts."""
    place = tmp_path / "disk" / "second" / "2026-11"
    work = workplaces.begin(folder, place, "mending-1")
    work.mkdir()
    (work / "made.mp4").write_bytes(b"pupils")
    for name in (PART, "1-000002.mp4"):
        (work / name).symlink_to(folder / name)
    return work


def test_what_an_attempt_left_goes_without_the_parts_it_was_made_of(
    folder: Path, work: Path, tmp_path: Path
) -> None:
    (tmp_path / "disk").rename(tmp_path / "drawer")
    workplaces.clear(folder, "mending-")
    (tmp_path / "drawer").rename(tmp_path / "disk")
    assert (work / "made.mp4").exists()
    workplaces.clear(folder, "mending-")
    assert not work.exists()
    assert not (folder / "mending-1").is_symlink()
    assert [(folder / name).exists() for name in (PART, "1-000002.mp4")] == [True, True]


def test_what_an_attempt_left_goes_with_the_recording(
    folder: Path, work: Path, tmp_path: Path
) -> None:
    remove_tree(folder)
    assert not work.exists()
    assert list(tmp_path.rglob("*.mp4")) == []


def test_a_replay_of_which_a_file_lies_elsewhere_goes_whole(tmp_path: Path) -> None:
    folder, other = tmp_path / "home", tmp_path / "other" / "a.mp4"
    (folder / "replay").mkdir(parents=True)
    other.parent.mkdir()
    other.write_bytes(b"pupils")
    (folder / "replay" / "a.mp4").symlink_to(other)
    other.parent.rename(tmp_path / "drawer")
    with pytest.raises(FileNotFoundError, match="its disk is not there"):
        remove_tree(folder)
    (tmp_path / "drawer").rename(other.parent)
    remove_tree(folder)
    assert not folder.exists()
    assert not other.exists()
