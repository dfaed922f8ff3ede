"""What a publisher's RED packets bring back of what the line lost."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core import red, rtcp, rtp
from media.core.errors import MalformedPacket
from media.core.ids import Source
from media.core.rtp import ParsedRtp
from tests.media.core.lesson import AUDIO_SSRC, AUDIO_TYPE, Lesson, microphone, track

RED_TYPE = 63
SOUND = track("teacher", Source.MICROPHONE)
TICKS = 960


def heard_lesson(*, recorded: bool = False, **terms: object) -> Lesson:
    """A teacher whose microphone comes as RED, and a site that hears it."""
    lesson = Lesson()
    lesson.publish("teacher", microphone("teacher", red_payload_type=RED_TYPE, **terms))
    lesson.allow({SOUND: ["site"]}, [SOUND] if recorded else [])
    lesson.subscribe("site")
    return lesson


def encoding(seq: int) -> bytes:
    return b"sound %d" % seq


def send_red(lesson: Lesson, seq: int, *, back: int = 1, around: int = AUDIO_TYPE) -> None:
    """Let the packet `seq` arrive, which carries the `back` before it again."""
    repeated = [
        red.Redundant(around, TICKS * distance, encoding(seq - distance))
        for distance in range(back, 0, -1)
    ]
    send_payload(lesson, seq, red.build(around, encoding(seq), repeated))


def send_payload(lesson: Lesson, seq: int, payload: bytes) -> None:
    lesson.send(
        "teacher",
        seq & 0xFFFF,
        payload,
        timestamp=TICKS * seq,
        ssrc=AUDIO_SSRC,
        payload_type=RED_TYPE,
    )


def sounds(lesson: Lesson) -> list[tuple[int, int, bytes]]:
    """Return (sequence number, timestamp, payload) of what the site was sent, in that order."""
    packets = [packet for to, packet in lesson.sent if to == "site down" and packet[1] != 200]
    headers = [(rtp.parse(packet, len(packet)), packet) for packet in packets]
    return [(h[2], h[3], packet[h[5] : h[6]]) for h, packet in headers]


def test_red_is_forwarded_as_plain_sound() -> None:
    lesson = heard_lesson()
    for seq in range(10, 14):
        send_red(lesson, seq)
    assert [payload for _, _, payload in sounds(lesson)] == [encoding(seq) for seq in range(10, 14)]
    assert lesson.count("red_recovered") == 0
    assert lesson.count("duplicates") == 0


def test_a_lost_packet_is_taken_from_the_next_and_sent_before_it() -> None:
    lesson = heard_lesson()
    send_red(lesson, 10)
    send_red(lesson, 12)
    first, second, third = sounds(lesson)
    assert [first[2], second[2], third[2]] == [encoding(10), encoding(11), encoding(12)]
    assert [second[0] - first[0], third[0] - second[0]] == [1, 1]
    assert [second[1] - first[1], third[1] - second[1]] == [TICKS, TICKS]
    assert lesson.count("red_recovered") == 1


def test_two_lost_in_a_row_come_back_where_two_are_repeated() -> None:
    lesson = heard_lesson()
    send_red(lesson, 10)
    send_red(lesson, 13, back=2)
    assert [payload for _, _, payload in sounds(lesson)] == [encoding(s) for s in (10, 11, 12, 13)]


def test_what_comes_late_after_all_is_a_duplicate() -> None:
    lesson = heard_lesson()
    send_red(lesson, 10)
    send_red(lesson, 12)
    send_red(lesson, 11)
    assert len(sounds(lesson)) == 3
    assert lesson.count("duplicates") == 1


def test_the_publisher_is_told_of_the_loss_all_the_same() -> None:
    """A browser adds in-band FEC only when it is told that the line loses."""
    lesson = heard_lesson()
    for seq in (10, 12, 14, 16, 18):
        send_red(lesson, seq)
    lesson.pass_time(1.1)
    [report] = [one for one in lesson.told("teacher up") if isinstance(one, rtcp.ReceiverReport)]
    assert report.reports[0].cumulative_lost == 4
    assert report.reports[0].fraction_lost == 4 * 256 // 9


def test_a_gap_that_was_filled_is_not_asked_for() -> None:
    lesson = heard_lesson(has_nack=True)
    send_red(lesson, 10)
    send_red(lesson, 12)
    send_red(lesson, 15)
    lesson.pass_time(0.05)
    [nack] = [one for one in lesson.told("teacher up") if isinstance(one, rtcp.Nack)]
    assert nack.lost == (13,)


def test_what_was_recovered_is_recorded_too() -> None:
    lesson = heard_lesson(recorded=True)
    lesson.router.set_recording(lesson.now, is_recording=True)
    send_red(lesson, 10)
    send_red(lesson, 12)
    tape = [rtp.parse(packet, len(packet))[2] for _, packet, _ in lesson.router.outputs.tape]
    assert tape == [10, 11, 12]


def test_nothing_is_recovered_of_before_the_first_packet_or_after_a_long_silence() -> None:
    lesson = heard_lesson()
    send_red(lesson, 10)
    lesson.now += 60.0  # what came then is no longer known
    send_red(lesson, 1000)
    assert [payload for _, _, payload in sounds(lesson)] == [encoding(10), encoding(1000)]


def test_a_track_nobody_may_have_gives_nothing_back() -> None:
    lesson = heard_lesson()
    send_red(lesson, 10)
    lesson.allow({})
    send_red(lesson, 12)
    assert len(sounds(lesson)) == 1
    assert lesson.count("red_recovered") == 0
    assert lesson.count("dropped_not_granted") == 1


def test_a_block_that_is_not_between_its_neighbours_in_time_is_left_alone() -> None:
    """A sender that paused repeats what it last sent: its sequence number is another."""
    lesson = heard_lesson()
    send_red(lesson, 10)
    old = [red.Redundant(AUDIO_TYPE, 2 * TICKS, encoding(10))]
    send_payload(lesson, 12, red.build(AUDIO_TYPE, encoding(12), old))
    same = [red.Redundant(AUDIO_TYPE, 0, encoding(14))]
    send_payload(lesson, 14, red.build(AUDIO_TYPE, encoding(14), same))
    assert [payload for _, _, payload in sounds(lesson)] == [encoding(s) for s in (10, 12, 14)]


def test_empty_blocks_and_other_payload_types_are_not_sound() -> None:
    lesson = heard_lesson()
    send_red(lesson, 10)
    for seq, payload_type, payload in ((12, AUDIO_TYPE, b""), (14, 13, b"noise")):
        blocks = [red.Redundant(payload_type, TICKS, payload)]
        send_payload(lesson, seq, red.build(AUDIO_TYPE, encoding(seq), blocks))
    assert [payload for _, _, payload in sounds(lesson)] == [encoding(s) for s in (10, 12, 14)]


def test_padding_keeps_its_number_and_carries_nothing() -> None:
    """Chromium probes with padding under RED's payload type."""
    lesson = heard_lesson()
    send_red(lesson, 10)
    send_payload(lesson, 11, b"")
    send_red(lesson, 12, back=0)
    first, padding, last = sounds(lesson)
    assert [padding[0] - first[0], last[0] - first[0]] == [1, 2]
    assert padding[2] == b""
    assert lesson.count("malformed_rtp") == 0


def test_red_around_another_codec_or_cut_short_is_malformed() -> None:
    lesson = heard_lesson()
    with pytest.raises(MalformedPacket):
        send_red(lesson, 10, around=AUDIO_TYPE - 1)
    with pytest.raises(MalformedPacket):
        send_payload(lesson, 10, b"\xef\x0f")
    assert sounds(lesson) == []


def test_red_of_an_unknown_sender_or_track_goes_nowhere() -> None:
    lesson = heard_lesson()
    payload = red.build(AUDIO_TYPE, b"sound")
    lesson.send("teacher", 1, payload, ssrc=77, payload_type=RED_TYPE)
    assert lesson.count("unknown_ssrc") == 0  # its payload type says whose it is: a new SSRC
    lesson.publish(
        "other",
        microphone("other", red_payload_type=RED_TYPE),
        microphone("other", mid="2", track=track("other"), ssrc=3, red_payload_type=RED_TYPE),
    )
    lesson.send("other", 1, payload, ssrc=78, payload_type=RED_TYPE)
    assert lesson.count("unknown_ssrc") == 1
    lesson.publish(
        "third",
        microphone("third", red_payload_type=RED_TYPE),
        microphone("third", mid="2", track=track("third"), ssrc=4),
    )
    lesson.send("third", 1, payload, ssrc=4, payload_type=RED_TYPE)
    assert lesson.count("unexpected_payload_type") == 1


@given(
    st.integers(1, 3),
    st.lists(st.sampled_from(["comes", "lost"]), min_size=1, max_size=60),
    st.integers(0, 0xFFFF),
)
def test_what_is_recovered_is_what_was_sent(back: int, fates: list[str], first: int) -> None:
    """With `back` repeated, every gap of up to `back` packets is filled, over any wrap."""
    lesson = heard_lesson()
    first += 10
    send_red(lesson, first)
    came = [first]
    for seq, fate in enumerate(fates, first + 1):
        if fate == "comes":
            send_red(lesson, seq, back=back)
            came.append(seq)
    expected = [came[0]]
    for before, after in pairwise(came):
        expected += range(max(before + 1, after - back), after + 1)
    assert [payload for _, _, payload in sounds(lesson)] == [encoding(seq) for seq in expected]
    numbers = [number for number, _, _ in sounds(lesson)]
    assert [(number - numbers[0]) & 0xFFFF for number in numbers] == [s - first for s in expected]


def test_the_header_of_what_is_recovered_says_when_it_belongs() -> None:
    lesson = heard_lesson()
    header: ParsedRtp = (RED_TYPE, 0, 12, 12 * TICKS, AUDIO_SSRC, 12, 20, 0)
    publisher = lesson.publishers["teacher"]
    plain = lesson.router.open_red(
        publisher, header, bytes(12) + red.build(AUDIO_TYPE, b"seventy"), lesson.now
    )
    assert plain == (AUDIO_TYPE, 0, 12, 12 * TICKS, AUDIO_SSRC, 13, 20, 0)
