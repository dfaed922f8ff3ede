"""Make browser-seekable files of a recording, without re-encoding.

H.264 and Opus go into MP4 with the index in front, VP8 and Opus into WebM with cues. Pictures
keep their times. Sound is laid without seams from the clip's start, silence where there is
none and a packet left out where it runs ahead: browsers play sound back to back and take
their clock from it, so a missing packet would pull all later pictures out of step.
"""

import heapq
import os
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
from av.container import InputContainer, OutputContainer
from av.stream import Stream

from media.core import opus
from media.recorder.folder import safe_name
from media.recorder.manifest import PartRecord, read_manifest
from media.recorder.timeline import (
    INDEX_NAME,
    Clip,
    ClipPlan,
    ReplayIndex,
    Unreadable,
    holes,
    missing_between,
    plan_clips,
)

_TOLERANCE_S = opus.SILENCE_TICKS / opus.CLOCK_RATE
_LAST_FRAME_S = 1 / 30
_MICROSECONDS = Fraction(1, 1_000_000)


class _Packet(NamedTuple):
    """A sample to be muxed: `at_s` seconds into the clip."""

    at_s: float
    duration_s: float
    data: bytes
    is_keyframe: bool
    is_video: bool


def build_replay(folder: Path, out_folder: Path) -> ReplayIndex:
    """Make clips and `index.json` in `out_folder` of every closed part in `folder`.

    Takes about as long as copying the files. Everything is written beside its name and then
    renamed, the index last: an index that exists is complete, and building again replaces it.
    A part that cannot be read is named in the index and its time left empty: one bad file does
    not cost the lesson. Raise OSError for a disk that does not take the clips, ManifestDamaged.
    """
    out_folder.mkdir(parents=True, exist_ok=True)
    readable: list[PartRecord] = []
    unreadable: list[PartRecord] = []
    for part in read_manifest(folder):
        if part.is_closed and part.bytes:
            (readable if _is_readable(folder / part.file) else unreadable).append(part)
    clips = []
    for number, plan in enumerate(plan_clips(readable), start=1):
        clip = _build_clip(folder, out_folder, plan, number)
        if clip is not None:
            clips.append(clip)
    spans = [(clip.start_s, clip.start_s + clip.duration_s) for clip in clips]
    duration_s = max((end_s for _, end_s in spans), default=0.0)
    index = ReplayIndex(
        duration_s,
        tuple(clips),
        tuple(holes(spans, until_s=duration_s)),
        tuple(map(Unreadable.of, unreadable)),
    )
    scratch = out_folder / f"{INDEX_NAME}.tmp"
    scratch.write_text(index.to_json(), encoding="utf-8")
    _settle(scratch, out_folder / INDEX_NAME)
    return index


def _is_readable(path: Path) -> bool:
    """Return whether every packet of a part can be read."""
    try:
        with av.open(path, "r") as container:
            return sum(packet.size > 0 for packet in container.demux(container.streams[0])) > 0
    except (FileNotFoundError, IndexError, av.FFmpegError):
        return False


def _build_clip(folder: Path, out_folder: Path, plan: ClipPlan, number: int) -> Clip | None:
    """Write one clip; None if the parts hold nothing for it."""
    is_webm = bool(plan.video) and plan.video[0].codec == "VP8"
    suffix = "webm" if is_webm else "mp4"
    name = f"{number:04}-{safe_name(plan.peer_id)}-{plan.group}.{suffix}"
    scratch = out_folder / f"{name}.tmp"
    options = {"cues_to_front": "1"} if is_webm else {"movflags": "faststart"}
    with av.open(scratch, "w", format=suffix, options=options) as out:
        duration_s = _mux(out, folder, plan)
    if not duration_s:
        scratch.unlink()
        return None
    _settle(scratch, out_folder / name)
    end_s = plan.start_s + duration_s
    missing = [
        *missing_between(plan.video, start_s=plan.start_s, end_s=end_s),
        *missing_between(plan.audio, start_s=plan.start_s, end_s=end_s),
    ]
    return Clip(
        peer_id=plan.peer_id,
        group=plan.group,
        file=name,
        mime=_mime(plan, suffix),
        start_s=plan.start_s,
        duration_s=duration_s,
        has_audio=bool(plan.audio),
        has_video=bool(plan.video),
        gaps=tuple(sorted(missing)),
    )


def _mime(plan: ClipPlan, suffix: str) -> str:
    names = [plan.video[0].codec_name] if plan.video else []
    names += ["opus"] if plan.audio else []
    return f'{"video" if plan.video else "audio"}/{suffix}; codecs="{",".join(names)}"'


def _mux(out: OutputContainer, folder: Path, plan: ClipPlan) -> float:
    """Fill `out`; return the clip's length in seconds."""
    end_s = 0.0
    with ExitStack() as opened:
        streams: dict[bool, Stream] = {}
        for is_video, parts in ((True, plan.video), (False, plan.audio)):
            if parts:
                first = opened.enter_context(av.open(folder / parts[0].file, "r"))
                streams[is_video] = _like(out, first)
        for packet in heapq.merge(_video_packets(folder, plan), _audio_packets(folder, plan)):
            _mux_one(out, streams[packet.is_video], packet)
            end_s = max(end_s, packet.at_s + packet.duration_s)
    return end_s


def _like(out: OutputContainer, source: InputContainer) -> Stream:
    """Return a stream of `out` with the codec data of `source`'s only one."""
    template = source.streams[0]
    stream = out.add_stream_from_template(template, opaque=True)
    stream.time_base = template.time_base
    return stream


def _mux_one(out: OutputContainer, stream: Stream, sample: _Packet) -> None:
    packet = av.Packet(sample.data)
    packet.stream = stream
    packet.time_base = _MICROSECONDS
    packet.pts = packet.dts = round(sample.at_s * 1_000_000)
    packet.duration = round(sample.duration_s * 1_000_000)
    packet.is_keyframe = sample.is_keyframe
    out.mux_one(packet)


def _video_packets(folder: Path, plan: ClipPlan) -> Iterator[_Packet]:
    """Yield the pictures; each lasts until the next, and the last until the clip ends."""
    waiting: _Packet | None = None
    for sample in _samples(folder, plan.video):
        # A part's ticks may put its first picture microseconds before its start. A negative
        # time would make the muxer write an edit list that hides this key frame.
        at_s = max(0.0, sample.at_s - plan.start_s)
        if waiting is not None:
            if at_s <= waiting.at_s:
                continue  # parts of a reconnecting publisher may overlap by a frame
            yield waiting._replace(duration_s=at_s - waiting.at_s)
        waiting = _Packet(at_s, _LAST_FRAME_S, sample.data, sample.is_keyframe, is_video=True)
    if waiting is not None:
        left_s = plan.end_s - plan.start_s - waiting.at_s
        yield waiting._replace(duration_s=max(_LAST_FRAME_S, left_s))


def _audio_packets(folder: Path, plan: ClipPlan) -> Iterator[_Packet]:
    """Yield sound without seams over the clip's whole length."""
    if not plan.audio:
        return
    length_s = plan.end_s - plan.start_s
    laid_ticks = 0
    for sample in _samples(folder, plan.audio):
        at_s = sample.at_s - plan.start_s
        if at_s >= length_s:
            break
        while at_s - laid_ticks / opus.CLOCK_RATE >= _TOLERANCE_S:
            yield _sound(laid_ticks, opus.SILENCE, opus.SILENCE_TICKS)
            laid_ticks += opus.SILENCE_TICKS
        if laid_ticks / opus.CLOCK_RATE - at_s >= _TOLERANCE_S:
            continue
        ticks = opus.duration_ticks(sample.data)
        yield _sound(laid_ticks, sample.data, ticks)
        laid_ticks += ticks
    while length_s - laid_ticks / opus.CLOCK_RATE >= _TOLERANCE_S:
        yield _sound(laid_ticks, opus.SILENCE, opus.SILENCE_TICKS)
        laid_ticks += opus.SILENCE_TICKS


def _sound(ticks: int, data: bytes, duration_ticks: int) -> _Packet:
    rate = opus.CLOCK_RATE
    return _Packet(ticks / rate, duration_ticks / rate, data, is_keyframe=True, is_video=False)


class _Sample(NamedTuple):
    at_s: float
    data: bytes
    is_keyframe: bool


def _samples(folder: Path, parts: tuple[PartRecord, ...]) -> Iterator[_Sample]:
    """Yield the samples of parts, with their times on the lesson clock."""
    for part in parts:
        with av.open(folder / part.file, "r") as container:
            for packet in container.demux(container.streams[0]):
                if packet.pts is None or packet.time_base is None:
                    continue  # av ends a stream with an empty packet
                at_s = part.zero_s + float(packet.pts * packet.time_base)
                yield _Sample(at_s, bytes(packet), packet.is_keyframe)


def _settle(scratch: Path, final: Path) -> None:
    """Wait until `scratch` is on the disk, then give it its name for good."""
    descriptor = os.open(scratch, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    scratch.replace(final)
    descriptor = os.open(final.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
