"""What stands where a track has nothing: decoded, it is black and silent, for as long as asked."""

import io
import re
from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core.ids import Kind
from media.recorder import filler

PACKET = Fraction(960, 48_000)


def opened(kind: Kind, from_s: float, until_s: float) -> av.container.InputContainer:
    """A head and a segment, one after the other, as a player appends them."""
    name = filler.segment_name(kind, from_s, until_s)
    data = filler.content(filler.head_name(kind)) + filler.content(name)
    return av.open(io.BytesIO(data), "r", format="mp4")


def test_a_picture_is_black_every_second_until_the_end() -> None:
    with opened(Kind.VIDEO, 62.25, 65.75) as container:
        (stream,) = container.streams.video
        assert stream.codec_context.name == "h264"
        packets = [packet for packet in container.demux(stream) if packet.size]
        assert all(packet.is_keyframe for packet in packets)
        frames = [frame for packet in packets for frame in packet.decode()]
        frames += stream.codec_context.decode(None)
    assert [float(frame.time or 0) for frame in frames] == [62.25, 63.25, 64.25, 65.25]
    last = packets[-1]
    assert last.pts is not None
    assert last.duration is not None
    assert (last.pts + last.duration) * last.time_base == 65.75
    for frame in frames:
        assert (frame.width, frame.height) == (256, 144)
        assert [set(bytes(plane)) for plane in frame.planes] == [{16}, {128}, {128}]


def test_sound_is_silent_and_ends_less_than_a_packet_early() -> None:
    with opened(Kind.AUDIO, 62.25, 72.26) as container:
        (stream,) = container.streams.audio
        assert (stream.codec_context.name, stream.rate, stream.channels) == ("opus", 48_000, 2)
        frames = list(container.decode(stream))
    assert frames[0].time == pytest.approx(62.25, abs=1e-9)
    assert len(frames) == 500
    assert not any(any(bytes(plane)) for frame in frames for plane in frame.planes)


@given(st.sampled_from(Kind), st.floats(0, 20_000), st.floats(0.05, 10.05))
def test_a_name_says_from_when_to_when_and_is_one_that_is_taken(
    kind: Kind, from_s: float, length_s: float
) -> None:
    name = filler.segment_name(kind, from_s, from_s + length_s)
    assert re.match(filler.NAME, name)
    assert re.match(filler.NAME, filler.head_name(kind))
    with opened(kind, from_s, from_s + length_s) as container:
        packets = [packet for packet in container.demux() if packet.size]
    first, last = packets[0], packets[-1]
    assert first.pts is not None
    assert last.pts is not None
    assert last.duration is not None
    base = first.time_base
    assert float(first.pts * base) == pytest.approx(from_s, abs=1e-4)
    lacking_s = from_s + length_s - float((last.pts + last.duration) * base)
    assert -1e-4 <= lacking_s < (PACKET if kind is Kind.AUDIO else 1e-4)


def test_a_head_is_small_and_a_minute_of_nothing_too() -> None:
    for kind in Kind:
        assert len(filler.content(filler.head_name(kind))) < 800
    assert len(filler.content(filler.segment_name(Kind.VIDEO, 0, 10))) < 2_000
    assert len(filler.content(filler.segment_name(Kind.AUDIO, 0, 10))) < 5_000
