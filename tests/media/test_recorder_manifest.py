import errno
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core.ids import PeerId, Source
from media.recorder.manifest import (
    FILE_NAME,
    EpochRecord,
    ManifestDamaged,
    ManifestFile,
    ManifestReader,
    PartRecord,
    epoch_closed,
    epoch_opened,
    part_closed,
    part_opened,
    read_epochs,
    read_manifest,
)

ZERO_AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
OPENED = PartRecord(
    file="1-000001.mp4",
    epoch=1,
    peer_id=PeerId("甲/../a"),
    source=Source.CAMERA,
    codec="H264",
    codec_name="avc1.42c01f",
    parameters="abc",
    width=1280,
    height=720,
    start_s=1.5,
    zero_s=-60.0,
)
CLOSED = PartRecord(
    **{name: getattr(OPENED, name) for name in OPENED.__slots__[:11]},
    end_s=9.0,
    bytes=1000,
    head_bytes=700,
    sha256="00ff",
    gaps=((2.0, 3.5),),
    reason="stopped",
)


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    manifest = ManifestFile(tmp_path)
    epoch = EpochRecord(1, 2.5, ZERO_AT, {"started_at": "2026-11-22T02:00:00Z"})
    manifest.append(epoch_opened(epoch))
    manifest.append(part_opened(OPENED))
    assert read_manifest(tmp_path) == [OPENED]
    assert read_epochs(tmp_path) == [epoch]
    manifest.append(part_closed(CLOSED))
    manifest.append(epoch_closed(1, end_s=9.0))
    assert read_manifest(tmp_path) == [CLOSED]
    assert read_epochs(tmp_path) == [EpochRecord(1, 2.5, ZERO_AT, epoch.metadata, is_closed=True)]


def test_a_manifest_of_version_1_is_read_as_it_was_meant(tmp_path: Path) -> None:
    old = part_opened(OPENED)
    del old["zero_s"]
    ends = part_closed(CLOSED)
    del ends["head_bytes"]
    ManifestFile(tmp_path).append(old, ends)
    (part,) = read_manifest(tmp_path)
    assert part.zero_s == part.start_s == OPENED.start_s
    assert part.head_bytes is None
    assert (part.end_s, part.bytes) == (CLOSED.end_s, CLOSED.bytes)


def test_a_folder_without_a_manifest_holds_nothing(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) == []
    assert read_epochs(tmp_path) == []


def test_a_line_cut_short_at_any_byte_is_as_if_it_was_never_begun(tmp_path: Path) -> None:
    manifest = ManifestFile(tmp_path)
    manifest.append(part_opened(OPENED))
    whole = (tmp_path / FILE_NAME).read_bytes()
    manifest.append(part_closed(CLOSED))
    both = (tmp_path / FILE_NAME).read_bytes()
    for length in range(len(whole), len(both)):
        (tmp_path / FILE_NAME).write_bytes(both[:length])
        assert read_manifest(tmp_path) == [OPENED]
    manifest.append(part_closed(CLOSED))
    assert (tmp_path / FILE_NAME).read_bytes() == both


def test_a_torn_line_longer_than_one_look_is_cut_off(tmp_path: Path) -> None:
    manifest = ManifestFile(tmp_path)
    manifest.append(part_opened(OPENED))
    with (tmp_path / FILE_NAME).open("ab") as file:
        file.write(b"x" * 200_000)
    manifest.append(part_closed(CLOSED))
    assert read_manifest(tmp_path) == [CLOSED]


def test_a_file_of_one_torn_line_begins_anew(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b'{"type":"part_op')
    ManifestFile(tmp_path).append(part_opened(OPENED))
    assert read_manifest(tmp_path) == [OPENED]


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[]",
        b'{"no":"type"}',
        b'{"type":"part_opened","file":"x"}',
        b'{"type":"part_closed","file":"never opened"}',
    ],
)
def test_a_whole_line_that_cannot_be_read_is_damage(tmp_path: Path, line: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(line + b"\n")
    with pytest.raises(ManifestDamaged):
        read_manifest(tmp_path)


@pytest.mark.parametrize("line", [b'{"type":"epoch_opened"}', b'{"type":"epoch_closed","epoch":7}'])
def test_an_epoch_that_cannot_be_read_is_damage(tmp_path: Path, line: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(line + b"\n")
    with pytest.raises(ManifestDamaged):
        read_epochs(tmp_path)


def test_a_part_outside_the_folder_is_damage(tmp_path: Path) -> None:
    ManifestFile(tmp_path).append(part_opened(OPENED))
    text = (tmp_path / FILE_NAME).read_text().replace(OPENED.file, "../../etc/passwd")
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(ManifestDamaged):
        read_manifest(tmp_path)


def test_lines_written_together_are_both_read(tmp_path: Path) -> None:
    ManifestFile(tmp_path).append(part_opened(OPENED), part_closed(CLOSED))
    assert read_manifest(tmp_path) == [CLOSED]


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = ManifestFile(tmp_path)
    manifest.append(part_opened(OPENED))
    write = os.pwrite
    calls: list[int] = []

    def fill_up(descriptor: int, data: Any, at: int) -> int:
        calls.append(at)
        if len(calls) == 1:
            return write(descriptor, data[:5], at)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", fill_up)
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(OSError, match="No space"):
        manifest.append(part_closed(CLOSED))
    assert (tmp_path / FILE_NAME).read_bytes() == before


OTHER = replace(OPENED, file="1-000002.mp4", peer_id=PeerId("b"))


def test_a_line_that_was_read_and_taken_back_is_forgotten(tmp_path: Path) -> None:
    """The disk took the first of two lines, somebody looked, and then it was full."""
    manifest, reader = ManifestFile(tmp_path), ManifestReader(tmp_path)
    manifest.append(part_opened(OPENED))
    before = (tmp_path / FILE_NAME).read_bytes()
    manifest.append(part_closed(CLOSED), part_opened(OTHER))
    reader.read()
    assert reader.parts == [CLOSED, OTHER]
    (tmp_path / FILE_NAME).write_bytes(before)
    reader.read()
    assert reader.parts == [OPENED]


@given(st.data())
def test_a_reader_knows_at_each_look_what_the_file_says_then(data: st.DataObject) -> None:
    """Whatever was appended and taken back between two looks, by lines of any length."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        manifest, reader = ManifestFile(folder), ManifestReader(folder)
        (folder / FILE_NAME).write_bytes(b"")
        ends = [0]
        for number in range(data.draw(st.integers(1, 8))):
            if data.draw(st.booleans()):
                ends = ends[: data.draw(st.integers(1, len(ends)))]
                os.truncate(folder / FILE_NAME, ends[-1])
            parameters = "x" * data.draw(st.integers(0, 3))
            part = replace(OPENED, file=f"1-{number:06}.mp4", parameters=parameters)
            manifest.append(part_opened(part))
            ends.append((folder / FILE_NAME).stat().st_size)
            if data.draw(st.booleans()):
                reader.read()
                assert reader.parts == read_manifest(folder)
        reader.read()
        assert reader.parts == read_manifest(folder)


def test_damage_is_told_at_each_look_until_it_is_mended(tmp_path: Path) -> None:
    manifest, reader = ManifestFile(tmp_path), ManifestReader(tmp_path)
    manifest.append(part_opened(OPENED))
    reader.read()
    good = (tmp_path / FILE_NAME).read_bytes()
    (tmp_path / FILE_NAME).write_bytes(good.replace(b'"abc"', b'"xyz"') + b"not json\n")
    for _ in range(3):
        with pytest.raises(ManifestDamaged, match="line 2 of"):
            reader.read()
    (tmp_path / FILE_NAME).write_bytes(good)
    manifest.append(part_closed(CLOSED))
    reader.read()
    assert reader.parts == [CLOSED]


def test_room_for_lines_to_come_is_kept_on_the_disk_and_given_back(tmp_path: Path) -> None:
    manifest = ManifestFile(tmp_path)
    path = tmp_path / "manifest.jsonl"
    for epoch in range(1, 4):
        manifest.append(epoch_closed(epoch, end_s=1.0))
        kept = path.stat().st_blocks * 512 - path.stat().st_size
        assert kept >= 64 * 1024
    content = path.read_bytes()
    assert content.count(b"\n") == 3
    manifest.give_back_room()
    assert path.read_bytes() == content
    assert path.stat().st_blocks * 512 <= 8192
