"""What a recording's folder holds, decoded strictly, and whether disk and manifest agree."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import av

from bench.drill.programme import picture_digest
from bench.impair.media import read_stamp
from media.core.ids import Source
from media.recorder.manifest import FILE_NAME, PartRecord, read_manifest
from media.recorder.places import SECOND
from media.recorder.recovery import damaged_parts

REPLAY = "replay"


@dataclass(slots=True)
class Kept:
    """Where on the lesson clock each item sent stands in the recording, by its number.

    `broken` says of each file that does not decode why; `astray` names what the disk has and the
    manifest not, the other way round, or has changed.
    """

    sound: dict[int, float] = field(default_factory=dict)
    pictures: dict[int, float] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    astray: list[str] = field(default_factory=list)
    files: int = 0


def read_kept(
    folder: Path, *, seat_id: str, picture_of: dict[bytes, int], made: Collection[str] = ()
) -> Kept:
    """Decode every part of a recording, and find there what a seat sent. `made`: see `astray`."""
    kept = Kept(astray=astray(folder, made))
    for part in read_manifest(folder):
        if not part.bytes:
            continue
        kept.files += 1
        try:
            samples = decode(folder / part.file)
        except (OSError, IndexError, av.FFmpegError) as error:
            kept.broken.append(f"{part.file}: {error}")
            continue
        if part.peer_id != seat_id:
            continue
        for at_s, data in samples:
            _find(kept, part, part.zero_s + at_s, data, picture_of)
    return kept


def _find(
    kept: Kept, part: PartRecord, at_s: float, data: bytes, picture_of: dict[bytes, int]
) -> None:
    if part.source is Source.MICROPHONE:
        stamp = read_stamp(data)
        if stamp is None:
            kept.broken.append(f"{part.file}: sound that nobody sent")
        else:
            kept.sound.setdefault(stamp.frame, at_s)
    elif part.source is Source.CAMERA:
        number = picture_of.get(picture_digest(nals_of(data)))
        if number is None:
            kept.broken.append(f"{part.file}: a picture that nobody sent")
        else:
            kept.pictures.setdefault(number, at_s)


def nals_of(sample: bytes) -> list[bytes]:
    """Return the NAL units of an MP4 sample (ISO/IEC 14496-15 section 5.3.4.2: lengths of 4)."""
    nals, at = [], 0
    while at + 4 <= len(sample):
        length = int.from_bytes(sample[at : at + 4], "big")
        nals.append(sample[at + 4 : at + 4 + length])
        at += 4 + length
    return nals


def decode(path: Path) -> list[tuple[float, bytes]]:
    """Return each sample of a file with its time (s), all of them decoded.

    Raise FFmpegError where a decoder would have to guess, or where samples give no frame.
    """
    samples: list[tuple[float, bytes]] = []
    frames = 0
    with av.open(path, "r") as container:
        for stream in container.streams:
            assert isinstance(stream, av.VideoStream | av.AudioStream)
            stream.codec_context.options = {"err_detect": "explode"}
        for packet in container.demux():
            if packet.pts is not None and packet.size:
                samples.append((float(packet.pts * packet.time_base), bytes(packet)))
            frames += len(packet.decode())
    if not samples or frames < len(samples):
        raise av.InvalidDataError(0, f"{frames} frames of {len(samples)} samples", str(path))
    return samples


def astray(folder: Path, made: Collection[str] = ()) -> list[str]:
    """Return what is on the disk only, in the manifest only, or not as the manifest says.

    `made`: what the database has of files that were made of the recording and lie beside its parts.
    """
    parts = read_manifest(folder)
    known = {part.file for part in parts if part.bytes}.union(made)
    there = {
        each.name
        for each in folder.iterdir()
        if each.name not in {FILE_NAME, REPLAY} and not each.name.startswith(SECOND)
    }
    # What lies in a second place has a link of its name in the folder.
    for link in folder.glob(f"{SECOND}*/*"):
        if link.name != REPLAY and (folder / link.name).resolve() != link.resolve():
            there.add(f"{link.parent.name}/{link.name}")
    return [
        *(f"{name}: no manifest names it" for name in sorted(there - known)),
        *(f"{name}: is not there" for name in sorted(known - there)),
        *(f"{part.file}: never closed" for part in parts if not part.is_closed),
        *(f"{part.file}: not as the manifest says" for part in damaged_parts(folder)),
    ]


def unlike(in_database: Iterable[str], on_disk: Iterable[str]) -> list[str]:
    """Return the clips that only the database has, or only the disk."""
    rows, files = set(in_database), set(on_disk)
    return [
        *(f"{name}: a row without a file" for name in sorted(rows - files)),
        *(f"{name}: a file without a row" for name in sorted(files - rows)),
    ]


def broken_files(paths: Iterable[Path]) -> list[str]:
    """Return of each file that does not decode why."""
    found = []
    for path in paths:
        try:
            decode(path)
        except (OSError, IndexError, av.FFmpegError) as error:
            found.append(f"{path.name}: {error}")
    return found


def film_s(path: Path) -> float:
    """Return how long the shorter is of picture and sound of a film; 0.0: it lacks one of them.

    Raise FFmpegError where a decoder would have to guess, OSError. A sample need not give a frame:
    an edit list leaves some out.
    """
    ends = {"video": 0.0, "audio": 0.0}
    with av.open(path, "r") as container:
        for stream in (*container.streams.video, *container.streams.audio):
            stream.codec_context.options = {"err_detect": "explode"}
            for frame in container.decode(stream):
                assert isinstance(frame, av.VideoFrame | av.AudioFrame)
                if frame.time is not None:
                    ends[stream.type] = max(ends[stream.type], frame.time + _lasts_s(frame))
            container.seek(0)
    return min(ends.values())


def _lasts_s(frame: object) -> float:
    return frame.samples / frame.sample_rate if isinstance(frame, av.AudioFrame) else 0.0
