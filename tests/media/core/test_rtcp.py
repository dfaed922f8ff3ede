import aiortc.rtp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.core import feedback_chunks
from media.core.errors import MalformedPacket
from media.core.rtcp import (
    Bye,
    Fir,
    Nack,
    Pli,
    ReceiverReport,
    Remb,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    TransportFeedback,
    UnknownRtcp,
    compound,
    parse,
)

PROPERTY = settings(derandomize=True, deadline=None)

U8, U16, U32 = st.integers(0, 0xFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF_FFFF)
U64 = st.integers(0, 2**64 - 1)
S24 = st.integers(-0x80_0000, 0x7F_FFFF)
Delta = st.one_of(st.none(), st.integers(0, 255), st.integers(-0x8000, 0x7FFF))


def tuples(elements: st.SearchStrategy[object], low: int, high: int) -> st.SearchStrategy[object]:
    return st.lists(elements, min_size=low, max_size=high).map(tuple)


Block = st.builds(ReportBlock, U32, U8, S24, U32, U32, U32, U32)
CName = st.text(st.characters(codec="utf-8"), max_size=85).filter(
    lambda name: len(name.encode()) <= 255
)
RembBitrate = st.builds(
    lambda mantissa, exponent: mantissa << exponent, st.integers(0, 0x3_FFFF), st.integers(0, 45)
)
Packet = st.one_of(
    st.builds(SenderReport, U32, U64, U32, U32, U32, tuples(Block, 0, 31)),
    st.builds(ReceiverReport, U32, tuples(Block, 0, 31)),
    st.builds(SourceDescription, tuples(st.tuples(U32, CName), 0, 5)),
    st.builds(Bye, tuples(U32, 0, 31)),
    st.builds(Nack, U32, U32, tuples(U16, 1, 60)),
    st.builds(Pli, U32, U32),
    st.builds(Fir, U32, tuples(st.tuples(U32, U8), 1, 5)),
    st.builds(Remb, U32, RembBitrate, tuples(U32, 0, 255)),
    st.builds(TransportFeedback, U32, U32, U16, U8, S24, tuples(Delta, 1, 60)),
    st.builds(UnknownRtcp, st.integers(207, 255), st.integers(0, 31), st.binary(max_size=40)),
)


@PROPERTY
@given(st.lists(Packet, min_size=1, max_size=6))
def test_what_is_written_is_read_back(packets: list[RtcpPacket]) -> None:
    assert parse(compound(*packets)) == packets


@PROPERTY
@given(st.lists(Packet, min_size=1, max_size=3))
def test_every_packet_fills_whole_words(packets: list[RtcpPacket]) -> None:
    assert all(len(packet.to_bytes()) % 4 == 0 for packet in packets)


@PROPERTY
@given(st.binary(max_size=200))
def test_any_bytes_are_rtcp_or_malformed(data: bytes) -> None:
    try:
        parse(data)
    except MalformedPacket:
        return
    assert len(data) % 4 == 0


@settings(derandomize=True, deadline=None, max_examples=400)
@given(
    packet_type=st.integers(198, 208),
    count=st.integers(0, 31),
    padded=st.booleans(),
    body=st.binary(max_size=120),
)
def test_any_body_behind_a_good_header_is_rtcp_or_malformed(
    packet_type: int, count: int, padded: bool, body: bytes
) -> None:
    body += bytes(-len(body) % 4)
    header = bytes([0x80 | padded << 5 | count, packet_type]) + (len(body) // 4).to_bytes(2, "big")
    try:
        packets = parse(header + body)
    except MalformedPacket:
        return
    assert len(packets) == 1


@PROPERTY
@given(packets=st.lists(Packet, min_size=1, max_size=3), cut=st.integers(1, 2000))
def test_a_datagram_cut_anywhere_is_rtcp_or_malformed(packets: list[RtcpPacket], cut: int) -> None:
    data = compound(*packets)
    try:
        rest = parse(data[: -min(cut, len(data))])
    except MalformedPacket:
        return
    assert rest == packets[: len(rest)]


@PROPERTY
@given(packet=Packet, position=st.integers(0, 10_000), value=U8)
def test_a_datagram_with_a_wrong_byte_is_rtcp_or_malformed(
    packet: RtcpPacket, position: int, value: int
) -> None:
    data = bytearray(packet.to_bytes())
    data[position % len(data)] = value
    try:
        packets = parse(bytes(data))
    except MalformedPacket:
        return
    assert packets


# Independent reading: aiortc's parser, which follows RFC 3550 and RFC 4585 on its own.

BLOCK = ReportBlock(
    ssrc=0x1111_1111,
    fraction_lost=25,
    cumulative_lost=-7,
    highest_seq=0x0002_FFFE,
    jitter_ticks=99,
    last_sr=0x4567_89AB,
    delay_since_last_sr=0x1_8000,
)


def as_others_read(packet: RtcpPacket) -> aiortc.rtp.AnyRtcpPacket:
    (read,) = aiortc.rtp.RtcpPacket.parse(packet.to_bytes())
    return read


def test_others_read_our_sender_report() -> None:
    read = as_others_read(SenderReport(5, 0x0123_4567_89AB_CDEF, 7, 8, 9, (BLOCK,)))
    assert isinstance(read, aiortc.rtp.RtcpSrPacket)
    info = read.sender_info
    assert (read.ssrc, info.ntp_timestamp, info.rtp_timestamp) == (5, 0x0123_4567_89AB_CDEF, 7)
    assert (info.packet_count, info.octet_count) == (8, 9)
    assert read.reports[0].packets_lost == -7


def test_others_read_our_receiver_report() -> None:
    read = as_others_read(ReceiverReport(5, (BLOCK,)))
    assert isinstance(read, aiortc.rtp.RtcpRrPacket)
    (block,) = read.reports
    assert (block.ssrc, block.fraction_lost, block.packets_lost) == (0x1111_1111, 25, -7)
    assert (block.highest_sequence, block.jitter) == (0x0002_FFFE, 99)
    assert (block.lsr, block.dlsr) == (0x4567_89AB, 0x1_8000)


@pytest.mark.parametrize("cname", ["", "a", "ab", "abc", "abcd"])
def test_others_read_our_source_description_whatever_its_length(cname: str) -> None:
    read = as_others_read(SourceDescription(((5, cname),)))
    assert isinstance(read, aiortc.rtp.RtcpSdesPacket)
    assert [(chunk.ssrc, chunk.items) for chunk in read.chunks] == [(5, [(1, cname.encode())])]


def test_others_read_our_bye() -> None:
    read = as_others_read(Bye((5, 6)))
    assert isinstance(read, aiortc.rtp.RtcpByePacket)
    assert read.sources == [5, 6]


def test_others_read_our_nack() -> None:
    read = as_others_read(Nack(5, 6, (100, 101, 116, 117, 200)))
    assert isinstance(read, aiortc.rtp.RtcpRtpfbPacket)
    assert (read.ssrc, read.media_ssrc, read.lost) == (5, 6, [100, 101, 116, 117, 200])


def test_others_read_our_pli() -> None:
    read = as_others_read(Pli(5, 6))
    assert isinstance(read, aiortc.rtp.RtcpPsfbPacket)
    assert (read.fmt, read.ssrc, read.media_ssrc, read.fci) == (1, 5, 6, b"")


@pytest.mark.parametrize("bitrate_bps", [0, 0x3_FFFF, 2_500_000, 2**40 + 1])
def test_others_read_our_remb_to_18_bits(bitrate_bps: int) -> None:
    read = as_others_read(Remb(5, bitrate_bps, (6, 7)))
    assert isinstance(read, aiortc.rtp.RtcpPsfbPacket)
    read_bps, ssrcs = aiortc.rtp.unpack_remb_fci(read.fci)
    assert ssrcs == [6, 7]
    assert bitrate_bps * (1 - 2**-17) <= read_bps <= bitrate_bps


# Bytes written out by hand from the figures of the standards.


def test_nack_packs_sixteen_followers_into_one_mask() -> None:
    data = Nack(1, 2, (100, 101, 116, 117)).to_bytes()
    assert data == bytes.fromhex("81cd0004 00000001 00000002 0064 8001 0075 0000")


def test_nack_packs_across_the_wrap() -> None:
    assert Nack(1, 2, (65_535, 0, 1)).to_bytes()[12:] == bytes.fromhex("ffff 0003")


def test_fir_names_its_sources_in_the_entries_only() -> None:
    data = Fir(1, ((7, 255),)).to_bytes()
    assert data == bytes.fromhex("84ce0004 00000001 00000000 00000007 ff000000")


def test_transport_feedback_is_laid_out_as_in_the_draft() -> None:
    feedback = TransportFeedback(
        sender_ssrc=1,
        media_ssrc=2,
        base_seq=0x1234,
        feedback_count=7,
        reference_time_64ms=-2,
        deltas=(1, None, 2),
    )
    assert feedback.to_bytes() == bytes.fromhex(
        "8fcd0005 00000001 00000002 1234 0003 fffffe 07 a800 01 02"
    )


def test_transport_feedback_is_read_with_the_padding_browsers_write() -> None:
    # The same two statuses, its last byte counting one byte of padding.
    data = bytes.fromhex("afcd0005 00000001 00000002 1234 0001 000001 07 2001 05 01")
    (feedback,) = parse(data)
    assert feedback == TransportFeedback(1, 2, 0x1234, 7, 1, (5,))


def test_reference_time_wraps_at_24_bits() -> None:
    (feedback,) = parse(TransportFeedback(1, 2, 3, 4, 2**24 + 5, (1,)).to_bytes())
    assert isinstance(feedback, TransportFeedback)
    assert feedback.reference_time_64ms == 5


def test_profile_extensions_behind_the_report_blocks_are_ignored() -> None:
    body = ReceiverReport(5, (BLOCK,)).to_bytes()[4:] + b"more"
    data = bytes([0x81, 201, 0, len(body) // 4]) + body
    assert parse(data) == [ReceiverReport(5, (BLOCK,))]


def test_the_reason_of_a_bye_is_ignored() -> None:
    assert parse(bytes.fromhex("81cb0002 00000005 03 627965")) == [Bye((5,))]


def test_a_source_description_keeps_the_name_among_other_items() -> None:
    # NOTE "n", CNAME "me", end; then a chunk with NOTE "nn" only, end and fill.
    data = bytes.fromhex("82ca0006 00000005 07016e 01026d65 00 00000006 07026e6e 00000000")
    assert parse(data) == [SourceDescription(((5, "me"),))]


def test_reduced_size_rtcp_needs_no_report_in_front() -> None:
    assert parse(memoryview(Pli(5, 6).to_bytes())) == [Pli(5, 6)]


def test_other_feedback_and_other_types_are_unknown_but_kept() -> None:
    other_application = UnknownRtcp(206, 15, bytes(8) + b"goog")
    extended_report = UnknownRtcp(207, 0, bytes(8))
    slice_loss = UnknownRtcp(206, 2, bytes(12))
    packets: list[RtcpPacket] = [other_application, extended_report, slice_loss]
    assert parse(compound(*packets)) == packets


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "empty"),
        ("80c9", "header cut short"),
        ("40c90000", "version"),
        ("80c90001", "packet cut short"),
        ("a0c90000", "padding"),
        ("a0c90001 00000000", "padding"),
        ("a0c90001 00000005", "padding"),
        ("80c90000", "too short"),
        ("81c90001 00000005", "too short"),
        ("80c80001 00000005", "too short"),
        ("81ca0001 00000005", "too short"),
        ("81ca0002 00000005 01046d65", "too short"),
        ("81ca0002 00000005 0101ff00", "UTF-8"),
        ("82cb0001 00000005", "too short"),
        ("81cd0002 00000001 00000002", "wrong size"),
        ("a1cd0003 00000001 00000002 00640002", "wrong size"),
        ("81cd0001 00000001", "too short"),
        ("81ce0001 00000001", "too short"),
        ("84ce0003 00000001 00000000 00000007", "wrong size"),
        ("84ce0000", "too short"),
        ("8fce0003 00000001 00000000 52454d42", "too short"),
        ("8fce0004 00000001 00000000 52454d42 01000001", "too short"),
        ("8fce0004 00000001 00000000 52454d42 00fc0001", "63 bits"),
        ("8fcd0003 00000001 00000002 12340001", "too short"),
        ("8fcd0004 00000001 00000002 12340000 00000000", "feedback about 0"),
    ],
)
def test_malformed_packets_are_refused(data: str, reason: str) -> None:
    with pytest.raises(MalformedPacket, match=reason):
        parse(bytes.fromhex(data))


def test_one_malformed_packet_spoils_its_datagram() -> None:
    with pytest.raises(MalformedPacket):
        parse(compound(Pli(1, 2)) + bytes.fromhex("80c90000"))


def test_more_statuses_than_one_message_may_hold_are_refused_in_many_messages_too() -> None:
    half = TransportFeedback(1, 2, 3, 4, 5, (None,) * (feedback_chunks.MAX_STATUSES // 2))
    one = TransportFeedback(1, 2, 3, 4, 5, (None,))
    assert parse(compound(half, half)) == [half, half]
    with pytest.raises(MalformedPacket, match="too many"):
        parse(compound(half, half, one))


def test_a_message_that_names_nothing_cannot_be_written() -> None:
    with pytest.raises(AssertionError):
        Nack(1, 2, ()).to_bytes()
    with pytest.raises(AssertionError):
        Fir(1, ()).to_bytes()
    with pytest.raises(AssertionError):
        TransportFeedback(1, 2, 3, 4, 5, ()).to_bytes()


def test_more_entries_than_the_header_can_count_cannot_be_written() -> None:
    with pytest.raises(AssertionError):
        Bye(tuple(range(32))).to_bytes()
