import pytest

from media.core.errors import MalformedPacket
from media.core.jitter_buffer import Frame
from media.recorder.samples import H264Samples, Vp8Samples
from tests.media.rtp_source import (
    encode_h264,
    encode_vp8,
    h264_payloads,
    split_annex_b,
    vp8_payloads,
)

SPS, PPS, *PICTURE = split_annex_b(encode_h264(0.1)[0].data)


def h264(*nals: bytes) -> Frame:
    return Frame(0, tuple(h264_payloads(nals)), 0.0, is_keyframe=True)


def test_vp8_before_its_first_key_frame_is_refused() -> None:
    delta = encode_vp8(1.0)[1]
    with pytest.raises(MalformedPacket):
        Vp8Samples().make(Frame(0, tuple(vp8_payloads(delta.data)), 0.0, is_keyframe=False))


def test_vp8_keeps_its_format_until_the_size_changes() -> None:
    maker = Vp8Samples()
    formats = []
    for size in ((320, 240), (320, 240), (176, 144)):
        key = encode_vp8(0.1, size=size)[0]
        payloads = tuple(vp8_payloads(key.data))
        formats.append(maker.make(Frame(0, payloads, 0.0, is_keyframe=True)).format)
    assert formats[0] is formats[1]
    assert formats[2].size == (176, 144)


def test_h264_without_its_parameter_sets_is_refused() -> None:
    with pytest.raises(MalformedPacket):
        H264Samples().make(h264(*PICTURE))


def test_h264_of_parameter_sets_alone_is_no_sample() -> None:
    maker = H264Samples()
    with pytest.raises(MalformedPacket):
        maker.make(h264(SPS, PPS))
    assert maker.make(h264(*PICTURE)).is_keyframe
