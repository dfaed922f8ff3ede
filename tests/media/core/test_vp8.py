import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core import vp8
from media.core.errors import MalformedPacket
from tests.media.rtp_source import encode_vp8, vp8_payloads

KEYFRAME_HEADER = b"\x50\x00\x00\x9d\x01\x2a\x40\x01\xf0\x00"  # 320x240


def descriptor(**fields: int) -> bytes:
    """Build a descriptor from the fields that are given (RFC 7741 section 4.2)."""
    first = (0x10 if fields.get("s", 1) else 0) | fields.get("pid", 0)
    present, rest = 0, b""
    if "picture_id_7" in fields:
        present |= 0x80
        rest += bytes([fields["picture_id_7"]])
    if "picture_id_15" in fields:
        present |= 0x80
        rest += (0x8000 | fields["picture_id_15"]).to_bytes(2, "big")
    if "tl0" in fields:
        present |= 0x40
        rest += bytes([fields["tl0"]])
    if "tid" in fields or "keyidx" in fields:
        present |= (0x20 if "tid" in fields else 0) | (0x10 if "keyidx" in fields else 0)
        rest += bytes(
            [fields.get("tid", 0) << 6 | fields.get("sync", 0) << 5 | fields.get("keyidx", 0)]
        )
    return bytes([first | 0x80, present]) + rest if present else bytes([first])


def test_a_descriptor_without_extensions_is_one_byte() -> None:
    assert vp8.parse_descriptor(b"\x10rest") == vp8.Vp8Descriptor(
        1, None, 0, None, None, False, None, True, 0
    )


def test_all_fields_of_a_descriptor_are_read() -> None:
    data = descriptor(picture_id_15=0x1234, tl0=7, tid=2, sync=1, keyidx=5, pid=3)
    assert vp8.parse_descriptor(data) == vp8.Vp8Descriptor(
        len(data), 0x1234, 15, 7, 2, True, 5, True, 3
    )


def test_a_short_picture_id_has_seven_bits() -> None:
    parsed = vp8.parse_descriptor(descriptor(picture_id_7=99))
    assert (parsed.picture_id, parsed.picture_id_bits) == (99, 7)


def test_a_key_index_alone_leaves_the_layer_unknown() -> None:
    parsed = vp8.parse_descriptor(descriptor(keyidx=9))
    assert (parsed.tid, parsed.layer_sync, parsed.keyidx) == (None, False, 9)


@pytest.mark.parametrize("length", range(6))
def test_a_descriptor_cut_short_is_malformed(length: int) -> None:
    data = descriptor(picture_id_15=1, tl0=1, tid=1)
    with pytest.raises(MalformedPacket):
        vp8.parse_descriptor(data[:length])


@given(st.binary(max_size=20))
def test_any_bytes_are_read_or_malformed(data: bytes) -> None:
    vp8.is_keyframe(data)
    for read in (vp8.parse_descriptor, vp8.keyframe_size, vp8.frame_size):
        with contextlib.suppress(MalformedPacket):
            read(data)


def test_only_the_first_packet_of_a_key_frame_is_a_key_frame() -> None:
    frames = encode_vp8(1.0)
    key, delta = frames[0], frames[1]
    first, *rest = vp8_payloads(key.data, max_payload=100)
    assert vp8.is_keyframe(first)
    assert not any(vp8.is_keyframe(payload) for payload in rest)
    assert not any(vp8.is_keyframe(payload) for payload in vp8_payloads(delta.data))
    assert not vp8.is_keyframe(descriptor(pid=1) + KEYFRAME_HEADER)


def test_a_key_frame_tells_its_size() -> None:
    payload = vp8_payloads(encode_vp8(0.2, size=(176, 144))[0].data)[0]
    assert vp8.keyframe_size(payload) == (176, 144)
    assert vp8.keyframe_size(vp8_payloads(encode_vp8(1.0)[1].data)[0]) is None


@pytest.mark.parametrize(
    "header",
    [
        KEYFRAME_HEADER[:9],
        KEYFRAME_HEADER.replace(b"\x9d", b"\x9e"),
        KEYFRAME_HEADER[:6] + bytes(4),
        KEYFRAME_HEADER[:8] + bytes(2),
    ],
)
def test_a_key_frame_with_a_broken_header_is_malformed(header: bytes) -> None:
    with pytest.raises(MalformedPacket):
        vp8.keyframe_size(descriptor() + header)


def test_a_scaling_hint_is_no_part_of_the_size() -> None:
    assert vp8.frame_size(KEYFRAME_HEADER[:7] + b"\x41\xf0\x80") == (320, 240)


@given(st.binary(min_size=1, max_size=5000), st.integers(10, 1200), st.integers(0, 40_000))
def test_what_was_packetized_is_assembled_again(
    frame: bytes, max_payload: int, picture_id: int
) -> None:
    payloads = vp8_payloads(frame, picture_id=picture_id, max_payload=max_payload)
    assert vp8.assemble(tuple(payloads)) == frame


def test_a_frame_without_its_beginning_is_malformed() -> None:
    with pytest.raises(MalformedPacket):
        vp8.assemble(tuple(vp8_payloads(bytes(300), max_payload=100)[1:]))
    with pytest.raises(MalformedPacket):
        vp8.assemble(())


@given(
    st.sampled_from([{}, {"picture_id_7": 3}, {"picture_id_15": 3}]),
    st.sampled_from([{}, {"tl0": 4}]),
    st.sampled_from([{}, {"tid": 1, "sync": 1}]),
    st.integers(0, 0x7FFF),
    st.integers(0, 0xFF),
)
def test_rewriting_changes_the_ids_that_are_there_and_nothing_else(
    picture: dict[str, int],
    tl0: dict[str, int],
    layers: dict[str, int],
    picture_id: int,
    tl0picidx: int,
) -> None:
    data = descriptor(**picture, **tl0, **layers)
    before = vp8.parse_descriptor(data)
    buffer = bytearray(b"head" + data + b"tail")
    vp8.rewrite_picture_id(buffer, 4, before, picture_id, tl0picidx)
    mask = 0x7FFF if before.picture_id_bits == 15 else 0x7F
    after = before._replace(
        picture_id=None if before.picture_id is None else picture_id & mask,
        tl0picidx=None if before.tl0picidx is None else tl0picidx,
    )
    assert vp8.parse_descriptor(bytes(buffer[4:])) == after
    assert buffer.startswith(b"head")
    assert buffer.endswith(b"tail")


def test_rewriting_may_leave_the_layer_index() -> None:
    buffer = bytearray(descriptor(picture_id_15=3, tl0=4))
    vp8.rewrite_picture_id(buffer, 0, vp8.parse_descriptor(bytes(buffer)), 9, None)
    after = vp8.parse_descriptor(bytes(buffer))
    assert (after.picture_id, after.tl0picidx) == (9, 4)
