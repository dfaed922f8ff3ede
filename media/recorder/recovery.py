"""Close what a crash left open: cut parts back to whole media and complete the manifest."""

import fcntl
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import av

from media.core import opus
from media.recorder.containers import head_length, whole_length
from media.recorder.manifest import ManifestFile, PartRecord, part_closed, read_manifest
from media.recorder.places import remove

_VIDEO_GAP_S = 1.0
_AUDIO_GAP_S = 0.1
_LAST_DURATION_S = 1 / 30
_READ_BYTES = 1024 * 1024


def recover(folder: Path, *, before_epoch: int | None = None) -> list[PartRecord]:
    """Close every open part of `folder` and return them as closed; harmless to repeat.

    A part that is being written, in any process of this machine, is left alone; where storage is
    shared between machines give `before_epoch`: only lower epochs are touched. Each part is cut
    back to its last whole fragment and gets its close record with `recovered` set; one without
    a whole fragment is removed. Raise OSError, or ManifestDamaged.
    """
    manifest = ManifestFile(folder)
    closed = []
    for part in read_manifest(folder):
        if part.is_closed or (before_epoch is not None and part.epoch >= before_epoch):
            continue
        record = _close(folder, part)
        if record is not None:
            manifest.append(part_closed(record))
            closed.append(record)
    return closed


def is_being_written(folder: Path) -> bool:
    """Return whether a process of this machine is recording into `folder`.

    Raise OSError, or ManifestDamaged.
    """
    return any(
        _is_locked(folder / part.file)
        for part in read_manifest(folder)
        if not part.is_closed and (folder / part.file).exists()
    )


def _is_locked(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _close(folder: Path, part: PartRecord) -> PartRecord | None:
    """Return the part as closed; None if somebody is still writing it."""
    path = folder / part.file
    if path.is_symlink() and not path.exists():
        return None  # the second place is not there now, which is not to say that the part is lost
    lost = replace(part, end_s=part.start_s, bytes=0, sha256=None, reason="crashed", recovered=True)
    if not path.exists():
        return lost
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        length = whole_length(path)
        os.ftruncate(descriptor, length)
        os.fsync(descriptor)
    except BlockingIOError:
        return None
    finally:
        os.close(descriptor)
    if not length:
        remove(path)
        return lost
    end_s, gaps = _measure(path, part)
    return replace(
        lost,
        end_s=end_s,
        bytes=length,
        head_bytes=head_length(path),
        sha256=hash_file(path),
        gaps=gaps,
    )


def _measure(path: Path, part: PartRecord) -> tuple[float, tuple[tuple[float, float], ...]]:
    """Return where the media in the file ends, and its gaps, on the lesson clock."""
    is_sound = part.codec == "opus"
    allowed_s = _AUDIO_GAP_S if is_sound else _VIDEO_GAP_S
    end_s = part.start_s
    gaps = []
    with av.open(path, "r") as container:
        for packet in container.demux(container.streams[0]):
            if packet.pts is None or packet.time_base is None:
                continue  # av ends a stream with an empty packet
            at_s = part.zero_s + float(packet.pts * packet.time_base)
            if at_s - end_s > allowed_s:
                gaps.append((end_s, at_s))
            if is_sound:
                end_s = at_s + opus.duration_ticks(bytes(packet)) / opus.CLOCK_RATE
            else:
                end_s = at_s + _LAST_DURATION_S
    return end_s, tuple(gaps)


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def damaged_parts(folder: Path) -> list[PartRecord]:
    """Return the closed parts whose file is not what the manifest says: gone, cut or changed."""
    damaged = []
    for part in read_manifest(folder):
        if not part.is_closed or not part.bytes:
            continue
        path = folder / part.file
        if not path.exists() or path.stat().st_size != part.bytes or hash_file(path) != part.sha256:
            damaged.append(part)
    return damaged
