import random

from hypothesis import given
from hypothesis import strategies as st

from media.core.jitter_buffer import Frame, Gap, JitterBuffer
from tests.media.rtp_source import vp8_payloads

WAIT_S = 0.5

KEY = b"\x10\x00key"
DELTA = b"\x10\x01delta"
GOING_ON = b"\x00more"
IDR_WITH_SPS = b"\x78\x00\x02\x67\x00\x00\x02\x68\x00\x00\x02\x65\x00"
IDR = b"\x65idr"
SLICE = b"\x41slice"


def audio() -> JitterBuffer:
    return JitterBuffer("opus", max_wait_s=WAIT_S)


def put(
    buffer: JitterBuffer,
    seq: int,
    payload: bytes = b"sound",
    *,
    time: int = 0,
    marker: bool = True,
    now: float = 0.0,
) -> None:
    buffer.insert(seq & 0xFFFF, time, marker=marker, payload=payload, now=now)


def payloads(items: list[Frame | Gap]) -> list[bytes]:
    return [b"".join(item.payloads) for item in items if isinstance(item, Frame)]


def test_packets_in_order_come_out_at_once() -> None:
    buffer = audio()
    for seq in range(65_534, 65_539):
        put(buffer, seq, str(seq).encode(), time=seq)
    assert payloads(buffer.pop(0.0)) == [b"65534", b"65535", b"65536", b"65537", b"65538"]
    assert buffer.pop(9.0) == []
    assert buffer.deadline() is None


def test_a_hole_is_waited_for_and_filled() -> None:
    buffer = audio()
    put(buffer, 1, b"1")
    put(buffer, 3, b"3", now=0.1)
    assert payloads(buffer.pop(0.2)) == [b"1"]
    assert buffer.deadline() == 0.1 + WAIT_S
    put(buffer, 2, b"2", now=0.4)
    assert payloads(buffer.pop(0.4)) == [b"2", b"3"]


def test_a_hole_that_stays_is_reported_as_a_gap() -> None:
    buffer = audio()
    put(buffer, 1, b"1")
    put(buffer, 5, b"5", now=0.1)
    assert payloads(buffer.pop(0.1 + WAIT_S - 0.01)) == [b"1"]
    gap, frame = buffer.pop(0.1 + WAIT_S)
    assert gap == Gap(3)
    assert isinstance(frame, Frame)
    assert frame.payloads == (b"5",)


def test_a_hole_is_given_up_when_too_many_packets_wait() -> None:
    buffer = JitterBuffer("opus", max_wait_s=WAIT_S, max_packets=4)
    for seq in (1, 3, 4, 5):
        put(buffer, seq)
    assert len(buffer.pop(0.0)) == 1
    put(buffer, 6)
    assert buffer.pop(0.0)[0] == Gap(1)


def test_a_second_packet_of_the_same_number_is_dropped() -> None:
    buffer = audio()
    put(buffer, 1)
    buffer.pop(0.0)
    put(buffer, 3, b"first")
    put(buffer, 3, b"second")
    put(buffer, 2)
    assert payloads(buffer.pop(0.0)) == [b"sound", b"first"]
    assert buffer.duplicates == 1


def test_a_packet_too_late_for_its_place_is_dropped() -> None:
    buffer = audio()
    put(buffer, 10)
    buffer.pop(0.0)
    put(buffer, 9)
    assert buffer.pop(9.0) == []
    assert buffer.late == 1


def test_before_anything_came_out_an_earlier_packet_may_still_lead() -> None:
    buffer = audio()
    put(buffer, 1, b"second")
    put(buffer, 0, b"first")
    assert payloads(buffer.pop(0.0)) == [b"first", b"second"]


def test_padding_fills_its_place_and_is_no_frame() -> None:
    buffer = audio()
    put(buffer, 1)
    put(buffer, 2, b"")
    put(buffer, 3)
    assert len(buffer.pop(0.0)) == 2


def test_flushing_waits_for_nothing() -> None:
    buffer = audio()
    put(buffer, 1)
    put(buffer, 3)
    assert [type(item) for item in buffer.flush()] == [Frame, Gap, Frame]


def test_one_stray_number_does_not_restart_but_two_in_a_row_do() -> None:
    buffer = audio()
    put(buffer, 30_000)
    buffer.pop(0.0)
    put(buffer, 10)
    put(buffer, 30_001)
    assert len(buffer.pop(0.0)) == 1
    put(buffer, 10)
    put(buffer, 11, b"again")
    put(buffer, 12, b"on")
    assert buffer.pop(0.0)[0] == Gap(0)
    put(buffer, 13)
    assert payloads(buffer.pop(0.0)) == [b"sound"]


def test_a_new_numbering_keeps_its_packets() -> None:
    buffer = audio()
    put(buffer, 30_000)
    buffer.pop(0.0)
    put(buffer, 10)
    put(buffer, 11, b"again")
    put(buffer, 12, b"on")
    assert payloads(buffer.pop(0.0)) == [b"again", b"on"]


def test_video_begins_at_a_key_frame() -> None:
    buffer = JitterBuffer("VP8", max_wait_s=WAIT_S)
    put(buffer, 1, GOING_ON, time=0)
    put(buffer, 2, DELTA, time=1)
    put(buffer, 3, KEY, time=2, marker=False)
    put(buffer, 4, GOING_ON, time=2)
    put(buffer, 5, DELTA, time=3)
    first, second = buffer.pop(0.0)
    assert first == Frame(2, (KEY, GOING_ON), 0.0, is_keyframe=True)
    assert second == Frame(3, (DELTA,), 0.0, is_keyframe=False)


def test_a_frame_ends_where_the_next_begins_when_its_marker_is_missing() -> None:
    buffer = JitterBuffer("VP8", max_wait_s=WAIT_S)
    put(buffer, 1, KEY, time=1, marker=False)
    put(buffer, 2, DELTA, time=2)
    assert payloads(buffer.pop(0.0)) == [KEY, DELTA]


def test_after_a_gap_video_goes_on_at_a_key_frame_only() -> None:
    buffer = JitterBuffer("VP8", max_wait_s=WAIT_S)
    put(buffer, 1, KEY, time=1)
    put(buffer, 2, DELTA, time=2, marker=False)
    put(buffer, 4, DELTA, time=3)
    put(buffer, 5, DELTA, time=4)
    put(buffer, 6, KEY, time=5)
    out = buffer.pop(0.0) + buffer.pop(WAIT_S)
    assert [type(item) for item in out] == [Frame, Gap, Frame]
    assert payloads(out) == [KEY, KEY]


def test_h264_directly_behind_a_gap_needs_parameter_sets() -> None:
    buffer = JitterBuffer("H264", max_wait_s=WAIT_S)
    put(buffer, 1, IDR_WITH_SPS, time=1)
    put(buffer, 3, IDR, time=3)
    put(buffer, 4, SLICE, time=4)
    put(buffer, 5, IDR_WITH_SPS, time=5)
    out = buffer.pop(0.0) + buffer.pop(WAIT_S)
    assert payloads(out) == [IDR_WITH_SPS, IDR_WITH_SPS]


def test_h264_may_begin_at_an_idr_whose_picture_is_known_to_be_whole() -> None:
    buffer = JitterBuffer("H264", max_wait_s=WAIT_S)
    put(buffer, 1, SLICE, time=1)
    put(buffer, 2, IDR, time=2)
    assert payloads(buffer.pop(0.0)) == [IDR]


def test_h264_in_the_middle_of_an_unknown_picture_does_not_begin() -> None:
    buffer = JitterBuffer("H264", max_wait_s=WAIT_S)
    put(buffer, 1, SLICE, time=1, marker=False)
    put(buffer, 2, IDR, time=1)
    assert buffer.pop(0.0) == []


def test_a_picture_that_never_ends_is_given_up() -> None:
    buffer = JitterBuffer("VP8", max_wait_s=WAIT_S, max_packets=10)
    out = []
    put(buffer, 0, KEY, marker=False)
    for seq in range(1, 30):
        put(buffer, seq, GOING_ON, marker=False)
        out += buffer.pop(0.0)
    assert out == [Gap(10)]


@given(
    st.integers(0, 2**32),
    st.integers(0, 65_535),
    st.sampled_from([0.0, 0.02, 0.1]),
    st.booleans(),
)
def test_under_loss_and_disorder_frames_stay_whole_in_order_and_decodable(
    seed: int, first_seq: int, loss: float, has_duplicates: bool
) -> None:
    rng = random.Random(seed)
    frames, packets, seq = [], [], first_seq
    for index in range(60):
        head = b"\x00" if index % 10 == 0 else b"\x01"
        data = head + index.to_bytes(2, "big") + rng.randbytes(rng.randrange(1, 200))
        frames.append(data)
        pieces = vp8_payloads(data, picture_id=index, max_payload=60)
        for number, piece in enumerate(pieces):
            packets.append((seq, index, number == len(pieces) - 1, piece))
            seq += 1
    sent = [packet for packet in packets if rng.random() >= loss]
    sent += sent[::7] if has_duplicates else []
    sent.sort(key=lambda packet: packet[0] + rng.uniform(0, 8))
    buffer = JitterBuffer("VP8", max_wait_s=0.1)
    out: list[Frame | Gap] = []
    for step, (number, time, marker, payload) in enumerate(sent):
        put(buffer, number, payload, time=time, marker=marker, now=step * 0.001)
        out += buffer.pop(step * 0.001)
    out += buffer.flush()

    shown = [item for item in out if isinstance(item, Frame)]
    assert [b"".join(part[4:] for part in frame.payloads) for frame in shown] == [
        frames[frame.rtp_time] for frame in shown
    ]
    times = [frame.rtp_time for frame in shown]
    assert times == sorted(set(times))
    decodable_up_to = None
    for time in times:
        assert time % 10 == 0 or time - 1 == decodable_up_to
        decodable_up_to = time
    if loss == 0.0 and sent and sent[0][0] == first_seq:
        assert times == list(range(60))
