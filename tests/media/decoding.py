"""Decode what was recorded, strictly."""

from pathlib import Path

import av

from media.recorder.manifest import PartRecord


def decoded_times(path: Path) -> list[float]:
    """When each frame of the only track is due; a decoder that has to guess raises."""
    times = []
    with av.open(path, "r") as container:
        stream = container.streams[0]
        assert isinstance(stream, av.VideoStream | av.AudioStream)
        stream.codec_context.options = {"err_detect": "explode"}
        for packet in container.demux(stream):
            for frame in packet.decode():
                assert isinstance(frame, av.VideoFrame | av.AudioFrame)
                assert frame.time is not None
                times.append(frame.time)
    return times


def lesson_times(folder: Path, *parts: PartRecord) -> list[float]:
    """When each frame of parts is due on the lesson clock, each part decoded by itself."""
    return [part.zero_s + at_s for part in parts for at_s in decoded_times(folder / part.file)]


def flashes(path: Path) -> list[float]:
    """When the picture turns white, in seconds of the file."""
    out, was_white = [], False
    with av.open(path, "r") as container:
        for frame in container.decode(container.streams.video[0]):
            plane = frame.planes[0]
            is_white = bytes(plane)[plane.line_size * 100] > 200
            if is_white and not was_white:
                out.append(float(frame.time or 0))
            was_white = is_white
    return out


def beeps(path: Path) -> list[float]:
    """When the loud tone begins, in seconds of the file."""
    out, loud_at = [], -1.0
    with av.open(path, "r") as container:
        for frame in container.decode(container.streams.audio[0]):
            samples = memoryview(bytes(frame.planes[0])).cast("f")
            at_s = float(frame.time or 0)
            for index in range(0, frame.samples, 48):
                if max(abs(value) for value in samples[index : index + 48]) > 0.2:
                    now_s = at_s + index / 48_000
                    if now_s - loud_at > 0.3:
                        out.append(now_s)
                    loud_at = now_s
    return out
