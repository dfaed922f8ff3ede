"""Decode what was recorded, strictly."""

from pathlib import Path

import av


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
