import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core import h264
from media.core.errors import MalformedPacket
from media.core.h264_parameters import parse_pps_id, parse_sps
from tests.media.rtp_source import encode_h264, h264_payloads, split_annex_b

FRAMES = encode_h264(1.0)
SPS, PPS = split_annex_b(FRAMES[0].data)[:2]


class Bits:
    """Write the fields of a parameter set, for those no encoder here produces."""

    def __init__(self) -> None:
        self.text = ""

    def u(self, value: int, bits: int = 1) -> "Bits":
        self.text += f"{value:0{bits}b}"
        return self

    def ue(self, *values: int) -> "Bits":
        for value in values:
            code = f"{value + 1:b}"
            self.text += "0" * (len(code) - 1) + code
        return self

    def se(self, *values: int) -> "Bits":
        return self.ue(*(2 * value - 1 if value > 0 else -2 * value for value in values))

    def nal(self, *head: int) -> bytes:
        text = self.text + "1"
        text += "0" * (-len(text) % 8)
        body = int(text, 2).to_bytes(len(text) // 8, "big")
        return bytes(head) + body.replace(b"\x00\x00", b"\x00\x00\x03")


def small_sps(bits: Bits, *, width_mbs: int = 20, height_units: int = 15) -> Bits:
    """Go on from log2_max_frame_num with order type 2, frames only, no cropping."""
    return bits.ue(0, 2, 1).u(0).ue(width_mbs - 1, height_units - 1).u(1).u(1).u(0)


# Key frames


def test_a_key_frame_answers_where_its_parameter_sets_and_its_picture_begin() -> None:
    payloads = h264_payloads(split_annex_b(FRAMES[0].data), max_payload=200)
    assert h264.carries_sps(payloads[0])
    assert h264.is_keyframe(payloads[0])
    assert sum(h264.is_keyframe(payload) for payload in payloads[1:]) == 1  # the picture begins
    assert not any(
        h264.is_keyframe(payload) for payload in h264_payloads(split_annex_b(FRAMES[1].data))
    )


@pytest.mark.parametrize(
    ("payload", "is_key", "has_sps"),
    [
        (b"", False, False),
        (b"\x65data", True, False),
        (b"\x67data", True, True),
        (b"\x68data", False, False),
        (b"\x41data", False, False),
        (b"\x7c\x85data", True, False),
        (b"\x7c\x05data", False, False),
        (b"\x7c\x81data", False, False),
        (b"\x7c", False, False),
        (b"\x78\x00\x02\x67\x00\x00\x02\x68\x00", True, True),
        (b"\x78\x00\x02\x68\x00\x00\x02\x65\x00", True, False),
        (b"\x78\x00\x02\x06\x00\x00", False, False),
    ],
)
def test_key_frames_are_known_by_what_begins_in_the_packet(
    payload: bytes, is_key: bool, has_sps: bool
) -> None:
    assert h264.is_keyframe(payload) is is_key
    assert h264.carries_sps(payload) is has_sps


# Access units


@given(
    st.lists(st.binary(min_size=1, max_size=3000), min_size=1, max_size=5),
    st.integers(10, 1200),
)
def test_what_was_packetized_is_put_together_again(bodies: list[bytes], max_payload: int) -> None:
    nals = [bytes([0x60 | 1 + number % 5]) + body for number, body in enumerate(bodies)]
    depacketizer = h264.Depacketizer()
    for payload in h264_payloads([SPS, PPS, *nals], max_payload=max_payload):
        depacketizer.add(payload)
    assert depacketizer.finish().nals == (SPS, PPS, *nals)


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_any_payloads_are_read_or_malformed(payloads: list[bytes]) -> None:
    depacketizer, tracker = h264.Depacketizer(), h264.ParameterTracker()
    for payload in payloads:
        h264.is_keyframe(payload)
        with contextlib.suppress(MalformedPacket):
            depacketizer.add(payload)
    with contextlib.suppress(MalformedPacket):
        tracker.update(depacketizer.finish())


@pytest.mark.parametrize(
    "payloads",
    [
        [b""],
        [b"\x7c\x85"],
        [b"\x7c\x05middle"],
        [b"\x7c\xc5both"],
        [b"\x7c\x85one", b"\x7c\x85two"],
        [b"\x7c\x85one", b"\x7c\x01other type"],
        [b"\x7c\x85one", b"\x65whole"],
        [b"\x78\x00"],
        [b"\x78\x00\x00"],
        [b"\x78\x00\x09\x65"],
        [b"\x79\x00\x00"],
        [b"\x60nothing"],
    ],
)
def test_a_packet_that_does_not_fit_is_malformed_and_forgotten(payloads: list[bytes]) -> None:
    depacketizer = h264.Depacketizer()
    for payload in payloads[:-1]:
        depacketizer.add(payload)
    with pytest.raises(MalformedPacket):
        depacketizer.add(payloads[-1])
    depacketizer.add(b"\x65fresh")
    assert depacketizer.finish().nals == (b"\x65fresh",)


def test_a_fragment_without_its_end_is_malformed() -> None:
    depacketizer = h264.Depacketizer()
    depacketizer.add(b"\x7c\x85start")
    with pytest.raises(MalformedPacket):
        depacketizer.finish()


def test_an_access_unit_of_nothing_is_malformed() -> None:
    with pytest.raises(MalformedPacket):
        h264.Depacketizer().finish()


def test_samples_carry_lengths_and_no_parameter_sets() -> None:
    unit = h264.AccessUnit((b"\x09\x10", SPS, PPS, b"\x06sei", b"\x65idr"))
    assert unit.avcc() == b"\x00\x00\x00\x04\x06sei\x00\x00\x00\x04\x65idr"
    assert unit.annex_b().count(b"\x00\x00\x00\x01") == 5
    assert unit.is_keyframe
    assert not h264.AccessUnit((b"\x41",)).is_keyframe


# Parameter sets


@pytest.mark.parametrize("size", [(320, 240), (176, 144), (1280, 720), (640, 360), (322, 182)])
def test_an_encoder_s_sps_tells_the_size(size: tuple[int, int]) -> None:
    sequence = parse_sps(split_annex_b(encode_h264(0.1, size=size)[0].data)[0])
    assert (sequence.width, sequence.height) == size
    assert sequence.profile == 66
    assert sequence.codecs_parameter.startswith("avc1.42c0")
    assert not sequence.has_chroma_format


def test_a_high_profile_sps_tells_chroma_and_depth() -> None:
    bits = Bits().ue(0, 1, 2, 0).u(0).u(1)
    bits.u(1).se(*([1] * 16)).u(1).se(-8).u(0, 4).u(1).se(*([0] * 64)).u(0)
    nal = small_sps(bits).nal(0x67, 100, 0, 31)
    sequence = parse_sps(nal)
    assert (sequence.chroma_format, sequence.bit_depth_luma, sequence.bit_depth_chroma) == (
        1,
        10,
        8,
    )
    sets = h264.ParameterTracker().update(h264.AccessUnit((nal, PPS)))
    assert sets is not None
    assert sets.avcc()[-4:] == bytes([0xFD, 0xFA, 0xF8, 0])


def test_separate_colour_planes_have_twelve_lists_and_crop_by_pixels() -> None:
    bits = Bits().ue(0, 3).u(1).ue(0, 0).u(0).u(1).u(0, 12)
    bits.ue(0, 2, 1).u(0).ue(19, 14).u(1).u(1).u(1).ue(1, 2, 3, 4)
    sequence = parse_sps(bits.nal(0x67, 244, 0, 31))
    assert (sequence.width, sequence.height) == (320 - 3, 240 - 7)


def test_interlaced_pictures_are_twice_as_high() -> None:
    bits = Bits().ue(0, 0, 0, 4, 1).u(0).ue(19, 7).u(0).u(1).u(1).u(1).ue(0, 0, 0, 4)
    sequence = parse_sps(bits.nal(0x67, 77, 0, 31))
    assert (sequence.width, sequence.height) == (320, 256 - 16)


def test_an_order_cycle_is_skipped() -> None:
    bits = Bits().ue(0, 0, 1).u(0).se(1, -1).ue(2).se(3, -3).ue(1).u(0).ue(19, 14).u(1).u(1).u(0)
    assert parse_sps(bits.nal(0x67, 66, 0, 31)).width == 320


@pytest.mark.parametrize(
    "nal",
    [
        b"\x67\x42",
        b"\x68\x42\x00\x1f\xff",
        b"\x67" + bytes(5000),
        b"\x67\x42\x00\x1f" + bytes(3),
        b"\x67\x42\x00\x1f\x01" + bytes(8),
        b"\x67\x42\x00\x1f" + bytes(12),
        Bits().ue(0, 4).ue(0, 0).u(0).u(0).nal(0x67, 100, 0, 31),
        Bits().ue(0, 1, 7, 0).u(0).u(0).nal(0x67, 100, 0, 31),
        Bits().ue(0, 0, 3).nal(0x67, 66, 0, 31),
        Bits().ue(0, 0, 1).u(0).se(0, 0).ue(256).nal(0x67, 66, 0, 31),
        small_sps(Bits().ue(0), width_mbs=1025).nal(0x67, 66, 0, 31),
        Bits().ue(0, 0, 2, 1).u(0).ue(0, 0).u(1).u(1).u(1).ue(4, 4, 0, 0).nal(0x67, 66, 0, 31),
    ],
)
def test_an_impossible_sps_is_malformed(nal: bytes) -> None:
    with pytest.raises(MalformedPacket):
        parse_sps(nal)


@given(st.binary(max_size=60), st.sampled_from([66, 100, 244]))
def test_any_parameter_sets_are_read_or_malformed(body: bytes, profile: int) -> None:
    for read, nal in ((parse_sps, bytes([0x67, profile]) + body), (parse_pps_id, b"\x68" + body)):
        with contextlib.suppress(MalformedPacket):
            read(nal)


def test_a_pps_id_is_bounded_and_its_type_checked() -> None:
    assert parse_pps_id(Bits().ue(7).nal(0x68)) == 7
    with pytest.raises(MalformedPacket):
        parse_pps_id(Bits().ue(256).nal(0x68))
    with pytest.raises(MalformedPacket):
        parse_pps_id(SPS)


def test_parameter_sets_are_in_force_once_both_have_come() -> None:
    tracker = h264.ParameterTracker()
    assert tracker.update(h264.AccessUnit((PPS, b"\x65idr"))) is None
    assert tracker.update(h264.AccessUnit((SPS,))) is None
    sets = tracker.update(h264.AccessUnit((PPS, b"\x65idr")))
    assert sets is not None
    assert sets.size == (320, 240)
    assert tracker.update(h264.AccessUnit((SPS, PPS))) is sets
    assert tracker.update(h264.AccessUnit((b"\x41",))) is sets
    assert sets.avcc() == (
        b"\x01" + SPS[1:4] + b"\xff\xe1" + len(SPS).to_bytes(2, "big") + SPS
        + b"\x01" + len(PPS).to_bytes(2, "big") + PPS
    )  # fmt: skip


def test_a_new_sps_replaces_what_was_in_force() -> None:
    other_sps, other_pps = split_annex_b(encode_h264(0.1, size=(176, 144))[0].data)[:2]
    tracker = h264.ParameterTracker()
    tracker.update(h264.AccessUnit((SPS, PPS)))
    sets = tracker.update(h264.AccessUnit((other_sps, other_pps)))
    assert sets is not None
    assert sets.size == (176, 144)
    assert sets.sps == (other_sps,)


def test_only_a_few_pps_are_kept() -> None:
    tracker = h264.ParameterTracker()
    units = tuple(Bits().ue(pps_id).nal(0x68) for pps_id in range(12))
    sets = tracker.update(h264.AccessUnit((SPS, *units)))
    assert sets is not None
    assert sets.pps == units[-8:]
