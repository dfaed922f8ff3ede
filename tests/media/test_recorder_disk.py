"""A disk that is full, broken or in the way, and what a recorder keeps all the same."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from media.recorder.containers import whole_length
from media.recorder.manifest import FILE_NAME, read_manifest
from media.recorder.recovery import damaged_parts
from media.recorder.track import RETRY_S, problem_code
from tests.media.decoding import decoded_times
from tests.media.recorder_bench import CODECS, ENCODE, Bench
from tests.media.rtp_source import encode_opus, packetize


class Disk:
    """Let writes through until told not to; counts what failed."""

    def __init__(self) -> None:
        self.error: int | None = None
        self.failed = 0
        self._write = os.write
        self._sync = os.fdatasync

    def write(self, descriptor: int, data: Any) -> int:
        self._check()
        return self._write(descriptor, data)

    def fdatasync(self, descriptor: int) -> None:
        self._check()
        self._sync(descriptor)

    def _check(self) -> None:
        if self.error is not None:
            self.failed += 1
            raise OSError(self.error, os.strerror(self.error))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk = Disk()
    monkeypatch.setattr(os, "write", disk.write)
    monkeypatch.setattr(os, "fdatasync", disk.fdatasync)
    yield disk
    disk.error = None


@pytest.mark.parametrize(("error", "code"), [(errno.ENOSPC, "disk_full"), (errno.EIO, "io_error")])
@pytest.mark.parametrize("codec", CODECS)
def test_a_fault_cuts_the_part_back_and_a_new_one_is_tried(
    tmp_path: Path, disk: Disk, codec: str, error: int, code: str
) -> None:
    packets = packetize(codec, ENCODE[codec](12.0))
    bench = Bench(tmp_path, codec)
    bench.feed([packet for packet in packets if packet.at_s < 3.5])
    disk.error = error
    bench.feed([packet for packet in packets if 3.5 <= packet.at_s < 5.0])
    assert bench.recorder.problem == code
    assert bench.recorder.part is None
    disk.error = None
    bench.feed([packet for packet in packets if packet.at_s >= 5.0])
    first, second = bench.finish()
    assert first.reason == code
    assert first.end_s is not None
    assert first.end_s >= 3.5 - 1.1
    assert len(decoded_times(tmp_path / first.file)) > 0
    assert whole_length(tmp_path / first.file) == first.bytes
    assert first.end_s < 5.0 < second.start_s <= 5.0 + RETRY_S + 2.0
    assert second.end_s == pytest.approx(12.0, abs=0.05)


def test_a_fault_that_stays_is_tried_again_only_every_few_seconds(
    tmp_path: Path, disk: Disk
) -> None:
    bench = Bench(tmp_path, "opus")
    disk.error = errno.ENOSPC
    bench.feed(packetize("opus", encode_opus(10.0)))
    assert 2 <= disk.failed <= 12
    assert bench.recorder.problem == "disk_full"


def test_a_failing_sync_gives_the_part_up(tmp_path: Path, disk: Disk) -> None:
    bench = Bench(tmp_path, "opus")
    packets = packetize("opus", encode_opus(2.5))
    bench.feed(packets)
    disk.error = errno.EIO
    bench.recorder.sync()
    assert bench.recorder.problem == "io_error"
    assert bench.recorder.part is None
    bench.recorder.sync()
    (part,) = read_manifest(tmp_path)
    assert part.reason == "io_error"


def test_a_close_record_the_disk_refused_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, "opus")
    bench.feed(packetize("opus", encode_opus(1.5)))

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", refuse)
        bench.recorder.end_part("stopped")
    assert not bench.is_settled()
    assert not read_manifest(tmp_path)[0].is_closed
    bench.files.settle()
    assert bench.is_settled()
    assert read_manifest(tmp_path)[0].is_closed


def test_a_part_the_manifest_cannot_name_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, "opus")
    bench.files.prepare()

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", refuse)
    bench.feed(packetize("opus", encode_opus(0.5)))
    assert bench.recorder.problem == "disk_full"
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_folder_that_cannot_be_made_is_a_fault_of_the_disk(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    bench = Bench(tmp_path / "file" / "rec", "opus")
    bench.feed(packetize("opus", encode_opus(0.5)))
    assert bench.recorder.problem == "io_error"


def test_an_error_without_a_number_is_an_io_error() -> None:
    assert problem_code(RuntimeError("muxer")) == "io_error"


@pytest.mark.parametrize("codec", CODECS)
def test_a_disk_that_fails_at_the_end_keeps_what_was_whole(
    tmp_path: Path, disk: Disk, codec: str
) -> None:
    bench = Bench(tmp_path, codec)
    bench.feed(packetize(codec, ENCODE[codec](3.5)))
    disk.error = errno.ENOSPC
    bench.recorder.end_part("stopped")
    disk.error = None
    (part,) = read_manifest(tmp_path)
    assert part.reason == "disk_full"
    assert part.end_s == pytest.approx(3.0, abs=0.1)
    assert damaged_parts(tmp_path) == []
    assert len(decoded_times(tmp_path / part.file)) > 0


def test_a_disk_that_will_not_even_cut_leaves_what_the_manifest_says(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, "opus")
    bench.feed(packetize("opus", encode_opus(2.5)))
    cut = os.ftruncate

    def refuse(descriptor: int, length: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().suffix == ".mp4":
            raise OSError(errno.EIO, "Input/output error")
        cut(descriptor, length)

    disk.error = errno.EIO
    monkeypatch.setattr(os, "ftruncate", refuse)
    bench.recorder.end_part("stopped")
    disk.error = None
    (part,) = read_manifest(tmp_path)
    assert part.reason == "io_error"
    assert len(decoded_times(tmp_path / part.file)) > 0


def test_a_disk_that_fills_up_at_a_cut_keeps_what_was_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, "opus")
    packets = packetize("opus", encode_opus(20.0))
    bench.feed([packet for packet in packets if packet.at_s < 5.0])

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", refuse)
        bench.feed([packet for packet in packets if 5.0 <= packet.at_s < 7.0])
    assert bench.recorder.problem == "disk_full"
    assert not bench.is_settled()
    bench.feed([packet for packet in packets if packet.at_s >= 7.0])
    first, second, *_ = bench.finish()
    assert first.reason == "cut"
    assert first.end_s == pytest.approx(6.0, abs=0.02)
    assert second.start_s == pytest.approx(6.0 + RETRY_S, abs=0.1)
    assert {path.name for path in tmp_path.iterdir()} == {
        FILE_NAME,
        *(part.file for part in read_manifest(tmp_path)),
    }
