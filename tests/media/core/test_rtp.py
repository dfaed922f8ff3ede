"""RTP headers, extensions and retransmission payloads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core import rtp
from media.core.errors import MalformedPacket

PLAIN = rtp.build(b"payload", payload_type=96, marker=0x80, seq=7, timestamp=9, ssrc=5)


def with_extensions(profile: int, block: bytes, payload: bytes = b"payload") -> bytes:
    words = len(block) // 4
    return bytes((0x90,)) + PLAIN[1:12] + profile.to_bytes(2) + words.to_bytes(2) + block + payload


@given(
    payload=st.binary(max_size=40),
    payload_type=st.integers(0, 127),
    marker=st.sampled_from([0, 0x80]),
    seq=st.integers(0, 2**16 - 1),
    timestamp=st.integers(0, 2**32 - 1),
    ssrc=st.integers(0, 2**32 - 1),
)
def test_what_is_built_is_parsed(
    *, payload: bytes, payload_type: int, marker: int, seq: int, timestamp: int, ssrc: int
) -> None:
    packet = rtp.build(
        payload,
        payload_type=payload_type,
        marker=marker,
        seq=seq,
        timestamp=timestamp,
        ssrc=ssrc,
    )
    header = rtp.parse(packet, len(packet))
    assert header == (payload_type, marker, seq, timestamp, ssrc, 12, len(packet), 0)


@given(st.binary(max_size=80), st.integers(0, 15))
def test_any_bytes_are_parsed_or_refused(data: bytes, extension_id: int) -> None:
    for datagram in (data, b"\x90" + data, b"\xbf" + data):
        try:
            header = rtp.parse(datagram, len(datagram))
        except MalformedPacket:
            continue
        assert 12 <= header[5] <= header[6] <= len(datagram)
        found = rtp.find_extension(datagram, header[7], extension_id)
        if found is not None:
            assert header[7] < found[0] <= found[0] + found[1] <= header[5]
        rtp.extension_u16(datagram, header[7], extension_id)
        rtp.extension_text(datagram, header[7], extension_id)


@pytest.mark.parametrize(
    "packet",
    [
        PLAIN[:11],
        b"\x40" + PLAIN[1:],  # version 1
        b"\x8f" + PLAIN[1:],  # fifteen contributing sources that are not there
        b"\x90" + PLAIN[1:12] + b"\xbe",  # half an extension header
        b"\x90" + PLAIN[1:12] + b"\xbe\xde\x00\x09",  # nine words that are not there
        b"\xa0" + PLAIN[1:] + b"\x00",  # padding of no length
        b"\xa0" + PLAIN[1:] + b"\xff",  # padding longer than the packet
    ],
)
def test_lies_about_lengths_are_refused(packet: bytes) -> None:
    with pytest.raises(MalformedPacket):
        rtp.parse(packet, len(packet))


def test_a_length_beyond_the_buffer_is_refused() -> None:
    with pytest.raises(MalformedPacket):
        rtp.parse(PLAIN, len(PLAIN) + 1)


def test_padding_is_outside_the_payload() -> None:
    packet = b"\xa0" + PLAIN[1:] + b"\x00\x00\x03"
    header = rtp.parse(packet, len(packet))
    assert packet[header[5] : header[6]] == b"payload"


@pytest.mark.parametrize(
    ("profile", "block"),
    [
        (0xBEDE, b"\x00\x22abc\x51\x01\x02"),
        (0x1000, b"\x00\x02\x03abc\x05\x02\x01\x02\x00\x00"),
    ],
)
def test_extensions_are_found_in_both_forms(profile: int, block: bytes) -> None:
    packet = with_extensions(profile, block)
    header = rtp.parse(packet, len(packet))
    assert packet[header[5] : header[6]] == b"payload"
    assert rtp.extension_text(packet, header[7], 2) == "abc"
    assert rtp.extension_u16(packet, header[7], 5) == 0x0102
    assert rtp.extension_u16(packet, header[7], 2) == -1
    assert rtp.extension_u16(packet, header[7], 9) == -1


@pytest.mark.parametrize(
    ("profile", "block"),
    [
        (0xBEDE, b"\x00\x00\xf0\x51"),  # id 15 ends the block
        (0xBEDE, b"\x00\x00\x00\x57"),  # eight bytes that are not there
        (0xBEDE, b"\x00\x00\x00\x00"),
        (0x1000, b"\x00\x00\x00\x05"),  # no length
        (0x1000, b"\x05\x09\x00\x00"),  # nine bytes that are not there
        (0x1000, b"\x00\x00\x00\x00"),
        (0x1234, b"\x51\x01\x02\x00"),  # another profile
    ],
)
def test_what_is_not_an_element_is_not_found(profile: int, block: bytes) -> None:
    packet = with_extensions(profile, block)
    header = rtp.parse(packet, len(packet))
    assert rtp.find_extension(packet, header[7], 5) is None


def test_text_that_is_not_ascii_is_no_text() -> None:
    packet = with_extensions(0xBEDE, b"\x21\xff\xfe\x00")
    header = rtp.parse(packet, len(packet))
    assert rtp.extension_text(packet, header[7], 2) is None
    assert rtp.extension_text(packet, header[7], 3) is None


def test_a_retransmission_gives_back_the_original() -> None:
    again = rtp.build_rtx(PLAIN, payload_type=97, seq=70_000, ssrc=6)
    header = rtp.parse(again, len(again))
    assert header[:5] == (97, 0x80, 70_000 & 0xFFFF, 9, 6)
    original = rtp.unwrap_rtx(header, again, payload_type=96, ssrc=5)
    assert original[:5] == rtp.parse(PLAIN, len(PLAIN))[:5]
    assert again[original[5] : original[6]] == b"payload"


def test_a_retransmission_of_nothing_is_refused() -> None:
    probe = rtp.build(b"x", payload_type=97, marker=0, seq=1, timestamp=0, ssrc=6)
    with pytest.raises(MalformedPacket):
        rtp.unwrap_rtx(rtp.parse(probe, len(probe)), probe, payload_type=96, ssrc=5)


def test_padding_is_a_packet_without_payload() -> None:
    packet = rtp.build_padding(255, payload_type=103, seq=70_000, ssrc=9)
    header = rtp.parse(packet, len(packet))
    assert header[:5] == (103, 0, 70_000 & 0xFFFF, 0, 9)
    assert header[5] == header[6] == rtp.HEADER_BYTES
    assert len(packet) == rtp.HEADER_BYTES + 255
