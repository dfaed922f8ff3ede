import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core import opus
from media.core.errors import MalformedPacket
from tests.media.rtp_source import encode_opus


@pytest.mark.parametrize(
    ("config", "ticks"),
    [
        (0, 480),
        (3, 2880),
        (9, 960),
        (12, 480),
        (15, 960),
        (16, 120),
        (19, 960),
        (31, 960),
    ],
)
def test_the_configuration_tells_the_frame_length(config: int, ticks: int) -> None:
    assert opus.duration_ticks(bytes([config << 3])) == ticks
    assert opus.duration_ticks(bytes([config << 3 | 1])) == 2 * ticks
    assert opus.duration_ticks(bytes([config << 3 | 3, 1])) == ticks


def test_the_frame_count_multiplies() -> None:
    assert opus.duration_ticks(bytes([9 << 3 | 3, 0xC3])) == 3 * 960


@pytest.mark.parametrize("packet", [b"", b"\x4b", b"\x4b\x00", b"\x1b\x03"])
def test_an_impossible_packet_is_malformed(packet: bytes) -> None:
    with pytest.raises(MalformedPacket):
        opus.duration_ticks(packet)


@given(st.binary(max_size=8))
def test_any_bytes_are_read_or_malformed(data: bytes) -> None:
    with contextlib.suppress(MalformedPacket):
        assert 0 < opus.duration_ticks(data) <= 5760


def test_an_encoder_s_packets_have_their_length() -> None:
    assert {opus.duration_ticks(frame.data) for frame in encode_opus(1.0)} == {960}


def test_silence_has_the_length_it_says() -> None:
    assert opus.duration_ticks(opus.SILENCE) == opus.SILENCE_TICKS


def test_the_head_names_channels_and_rate() -> None:
    assert opus.head() == b"OpusHead\x01\x02\x00\x00\x80\xbb\x00\x00\x00\x00\x00"
