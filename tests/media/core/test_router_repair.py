"""Loss and repair, on the way here and on the way out."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.core import rtcp, rtp
from media.core.downtrack import PayloadTypes
from media.core.errors import MalformedPacket
from media.core.ids import PeerId
from tests.media.core.lesson import (
    CAMERA,
    DELTA,
    KEY,
    RTX_SSRC,
    RTX_TYPE,
    SPS,
    VIDEO_SSRC,
    VIDEO_TYPE,
    Lesson,
    camera,
    seqs,
    watched_lesson,
)


def test_a_late_packet_keeps_its_place() -> None:
    lesson = watched_lesson()
    for seq in (12, 11, 13):
        lesson.send("teacher", seq)
    numbers = seqs(lesson.media("site down"))
    assert [number - numbers[0] for number in numbers] == [0, 2, 1, 3]


def test_a_packet_from_before_the_keyframe_is_not_sent_late() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.send("teacher", 8)
    lesson.send("teacher", 10, KEY)
    lesson.send("teacher", 9)
    assert len(lesson.media("site down")) == 1


def test_duplicates_are_dropped() -> None:
    lesson = watched_lesson()
    lesson.send("teacher", 11)
    lesson.send("teacher", 11)
    lesson.repair("teacher", 11, rtx_seq=1)
    assert len(lesson.media("site down")) == 2
    assert lesson.count("duplicates") == 2
    lesson.router.remove_publisher(PeerId("teacher"))
    assert lesson.count("duplicates") == 2


def test_a_repair_is_forwarded_in_its_place() -> None:
    lesson = watched_lesson()
    lesson.send("teacher", 12)
    lesson.repair("teacher", 11, rtx_seq=1)
    lesson.repair("teacher", 13, rtx_seq=2)  # the last packet was lost: nothing came after it
    numbers = seqs(lesson.media("site down"))
    assert [number - numbers[0] for number in numbers] == [0, 2, 1, 3]


def test_a_picture_begins_with_a_keyframe_that_came_as_a_repair() -> None:
    lesson = watched_lesson()
    lesson.allow({CAMERA: ["site", "late"]})
    late = lesson.subscribe("late")
    lesson.send("teacher", 12)
    assert late.sections[0].waits_in is not None
    lesson.repair("teacher", 11, KEY, rtx_seq=1)
    assert late.sections[0].flows_in is not None
    assert {header[3] for header in lesson.media("late down")} == {3000 * 11, 3000 * 12}


def test_repairs_nobody_asked_for_do_no_harm_without_nack() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", has_nack=False))
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.send("teacher", 1, KEY)
    lesson.repair("teacher", 1, KEY, rtx_seq=1)
    for seq in range(2, 6):
        lesson.now += 1.0
        lesson.send("teacher", seq, DELTA)
    numbers = seqs(lesson.media("site down"))
    assert sorted(set(numbers)) == list(range(numbers[0], numbers[0] + 5))


def test_probing_with_padding_is_no_packet() -> None:
    lesson = watched_lesson()
    lesson.send("teacher", 1, b"", ssrc=RTX_SSRC, payload_type=RTX_TYPE)
    with pytest.raises(MalformedPacket):
        lesson.send("teacher", 2, b"x", ssrc=RTX_SSRC, payload_type=RTX_TYPE)
    assert len(lesson.media("site down")) == 1
    assert lesson.count("rtx_in") == 2


def test_a_probe_that_repeats_an_old_keyframe_begins_nothing() -> None:
    lesson = watched_lesson()
    lesson.allow({})
    for seq in range(11, 70):
        lesson.send("teacher", seq)
    lesson.allow({CAMERA: ["site"]})
    lesson.repair("teacher", 12, KEY, rtx_seq=1)
    lesson.send("teacher", 70)
    lesson.send("teacher", 71, KEY)
    numbers = seqs(lesson.media("site down"))
    assert numbers == [numbers[0], numbers[0] + 1]
    lesson.pass_time(0.2)
    assert lesson.count("nack_sent") == 0


def test_padding_on_the_media_stream_keeps_its_number_but_not_its_bytes() -> None:
    lesson = watched_lesson()
    packet = bytearray(
        rtp.build(
            bytes(19) + b"\x14",
            payload_type=VIDEO_TYPE,
            marker=0,
            seq=11,
            timestamp=0,
            ssrc=VIDEO_SSRC,
        )
    )
    packet[0] |= 0x20
    lesson.receive("teacher", bytes(packet))
    header = lesson.media("site down")[-1]
    assert header[5] == header[6]
    assert header[2] == lesson.media("site down")[0][2] + 1


def test_a_keyframe_that_came_in_pieces_and_late_is_sent_whole() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.send("teacher", 5, DELTA, timestamp=1)
    lesson.send("teacher", 9, b"\x41rest", timestamp=2)
    lesson.send("teacher", 7, b"\x68\xce", timestamp=2)  # picture parameters
    lesson.send("teacher", 8, KEY, timestamp=2)
    assert len(lesson.media("site down")) == 3
    lesson.send("teacher", 6, SPS, timestamp=2)
    numbers = seqs(lesson.media("site down"))
    assert sorted(numbers) == list(range(min(numbers), min(numbers) + 3))


def test_a_subscribers_nack_is_answered_from_the_cache_by_rtx() -> None:
    lesson = watched_lesson()
    site = lesson.router.subscribers[PeerId("site")]
    [down] = site.sections
    lost = lesson.media("site down")[0]
    lesson.nack(site, down.ssrc, lost[2])
    lesson.nack(site, down.ssrc, lost[2])
    first, second = lesson.media("site down", down.rtx_ssrc)
    assert first[0] == 41
    assert second[2] == first[2] + 1
    packet = lesson.sent[-1][1]
    original = rtp.unwrap_rtx(second, packet, payload_type=lost[0], ssrc=down.ssrc)
    assert original[:5] == lost[:5]
    assert lesson.count("nack_answered") == lesson.count("rtx_out") == 2
    assert not any(isinstance(said, rtcp.Nack) for said in lesson.told("teacher up"))


def test_without_rtx_the_packet_itself_is_sent_again() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({CAMERA: ["site"]})
    site = lesson.subscribe("site", codecs={"H264": PayloadTypes(40, None)})
    lesson.send("teacher", 1, KEY)
    lesson.nack(site, site.sections[0].ssrc, lesson.media("site down")[0][2])
    first, second = lesson.media("site down")
    assert first == second
    assert lesson.count("rtx_out") == 0


def test_what_cannot_be_resent_is_counted() -> None:
    lesson = watched_lesson()
    site = lesson.router.subscribers[PeerId("site")]
    [down] = site.sections
    sent = lesson.media("site down")[0][2]
    lesson.nack(site, down.ssrc, sent - 1, sent + 1)
    lesson.nack(site, 0xBAD, sent)
    assert lesson.count("nack_missed") == 2
    lesson.router.remove_publisher(PeerId("teacher"))
    lesson.nack(site, down.ssrc, sent)
    assert lesson.count("nack_answered") == 0


def test_small_requests_cannot_make_us_send_without_end() -> None:
    lesson = watched_lesson()
    site = lesson.router.subscribers[PeerId("site")]
    [down] = site.sections
    seq = lesson.media("site down")[0][2]
    for _ in range(600):
        lesson.nack(site, down.ssrc, seq)
    assert lesson.count("nack_answered") == 500
    lesson.now += 1.0
    lesson.nack(site, down.ssrc, seq)
    assert lesson.count("nack_answered") == 501


def test_a_packet_named_many_times_in_one_request_is_sent_once() -> None:
    lesson = watched_lesson()
    site = lesson.router.subscribers[PeerId("site")]
    [down] = site.sections
    seq = lesson.media("site down")[0][2]
    lesson.nack(site, down.ssrc, *[seq] * 6000)
    assert lesson.count("nack_answered") == 1
    assert lesson.count("nack_missed") == 0


def test_looking_for_what_was_never_sent_has_an_end_too() -> None:
    lesson = watched_lesson()
    site = lesson.router.subscribers[PeerId("site")]
    [down] = site.sections
    seq = lesson.media("site down")[0][2]
    lesson.nack(site, down.ssrc, *range(seq + 1, seq + 6000))
    lesson.nack(site, down.ssrc, seq)
    assert lesson.count("nack_answered") == 0
    lesson.now += 1.0
    lesson.nack(site, down.ssrc, seq)
    assert lesson.count("nack_answered") == 1


@dataclass(frozen=True)
class Run:
    """A stretch of one stream: `arrives[i]` whether packet i after the keyframe gets here."""

    is_new_stream: bool
    first_seq: int
    arrives: list[bool]
    swaps: list[int]

    def order_of_arrival(self) -> list[int]:
        """Return offsets after the keyframe, neighbours swapped where drawn."""
        offsets = [offset for offset, came in enumerate(self.arrives, start=1) if came]
        for at in self.swaps:
            if at + 1 < len(offsets):
                offsets[at], offsets[at + 1] = offsets[at + 1], offsets[at]
        return offsets

    def lost(self) -> int:
        """Return how many packets are missing before the last that came."""
        offsets = self.order_of_arrival()
        return max(offsets, default=0) - len(offsets)


RUNS = st.lists(
    st.builds(
        Run,
        is_new_stream=st.booleans(),
        first_seq=st.sampled_from([0, 100, 40_000, 65_530]),
        arrives=st.lists(st.booleans(), max_size=20),
        swaps=st.lists(st.integers(0, 18), max_size=5),
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=100)
@given(RUNS)
def test_the_outgoing_numbers_lack_only_what_was_lost_on_the_way_here(runs: list[Run]) -> None:
    """Across loss, reordering, wraps, pauses and new streams."""
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    ssrc, seq = VIDEO_SSRC, 0
    for number, run in enumerate(runs):
        lesson.now += 1.5
        lesson.allow({})
        if run.is_new_stream:
            ssrc, seq = 5000 + number, run.first_seq
            lesson.publish("teacher", camera("teacher", ssrc=ssrc))
        lesson.allow({CAMERA: ["site"]})
        lesson.send("teacher", seq & 0xFFFF, KEY, ssrc=ssrc)
        for offset in run.order_of_arrival():
            lesson.send("teacher", (seq + offset) & 0xFFFF, ssrc=ssrc)
        seq += len(run.arrives) + 1
    numbers = seqs(lesson.media("site down"))
    since_first = [(number - numbers[0]) & 0xFFFF for number in numbers]
    assert len(set(since_first)) == len(since_first)
    assert max(since_first) + 1 - len(since_first) == sum(run.lost() for run in runs)
