"""What a publisher's RED packets bring back of what the line lost."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core import red, rtcp, rtp
from media.core.errors import MalformedPacket
from media.core.rtp import ParsedRtp
from tests.media.core.lesson import AUDIO_SSRC, AUDIO_TYPE, SOUND, TICKS, Lesson, microphone, track

RED_TYPE = 63


def heard_lesson(*, recorded: bool = False, **terms: object) -> Lesson:
    """A teacher whose microphone comes as RED, and a site that hears it."""
    lesson = Lesson()
    lesson.publish("teacher", microphone("teacher", red_payload_type=RED_TYPE, **terms))
    lesson.allow({SOUND: ["site"]}, [SOUND] if recorded else [])
    lesson.subscribe("site")
    return lesson


def encoding(seq: int) -> bytes:
    """Return a packet of Opus: 20 ms (TOC byte 0xf8), and which."""
    return b"\xf8sound %d" % seq


def send_red(
    lesson: Lesson, nth: int, *, seq: int | None = None, back: int = 1, around: int = AUDIO_TYPE
) -> None:
    """Let the `nth` sound arrive, which carries the `back` before it again.

    It has the sequence number `seq`: another than `nth` where padding was sent.
    """
    repeated = [
        red.Redundant(around, TICKS * distance, encoding(nth - distance))
        for distance in range(back, 0, -1)
    ]
    send_payload(lesson, nth, red.build(around, encoding(nth), repeated), seq=seq)


def send_padding(lesson: Lesson, seq: int, *, after: int) -> None:
    """Let padding arrive, which has the time of the sound it follows."""
    send_payload(lesson, after, b"", seq=seq)


def send_payload(lesson: Lesson, nth: int, payload: bytes, *, seq: int | None = None) -> None:
    lesson.send(
        "teacher",
        (nth if seq is None else seq) & 0xFFFF,
        payload,
        timestamp=TICKS * nth & 0xFFFF_FFFF,
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


def test_padding_goes_no_further_and_leaves_no_gap() -> None:
    """A Chromium that publishes sound alone probes its line under the numbers of the sound."""
    lesson = heard_lesson(recorded=True)
    lesson.router.set_recording(lesson.now, is_recording=True)
    send_red(lesson, 10)
    send_padding(lesson, 11, after=10)
    send_padding(lesson, 12, after=10)
    send_red(lesson, 11, seq=13)
    assert [payload for _, _, payload in sounds(lesson)] == [encoding(10), encoding(11)]
    numbers = [number for number, _, _ in sounds(lesson)]
    assert numbers[1] - numbers[0] == 1
    tape = [rtp.parse(packet, len(packet))[2] for _, packet, _ in lesson.router.outputs.tape]
    assert tape == [10, 11]
    assert lesson.count("malformed_rtp") == 0


def test_padding_that_was_lost_is_no_sound_that_is_missing() -> None:
    lesson = heard_lesson()
    send_red(lesson, 10)
    send_red(lesson, 11, seq=14)  # 11 to 13 were padding
    numbers = [number for number, _, _ in sounds(lesson)]
    assert numbers[1] - numbers[0] == 1
    assert lesson.count("red_recovered") == 0


def test_sound_lost_before_padding_comes_back_all_the_same() -> None:
    """Counting back from the packet that repeats it one would meet the padding."""
    lesson = heard_lesson()
    send_red(lesson, 10)
    send_padding(lesson, 12, after=11)  # 11 was lost
    send_red(lesson, 12, seq=13)
    assert [payload for _, _, payload in sounds(lesson)] == [encoding(s) for s in (10, 11, 12)]
    numbers = [number for number, _, _ in sounds(lesson)]
    assert [number - numbers[0] for number in numbers] == [0, 1, 2]


def test_the_publisher_is_told_of_lost_padding_too() -> None:
    """Its line has lost it: that is what reception reports are about."""
    lesson = heard_lesson()
    send_red(lesson, 10)
    send_padding(lesson, 11, after=10)
    send_red(lesson, 11, seq=13)
    lesson.pass_time(1.1)
    [report] = [one for one in lesson.told("teacher up") if isinstance(one, rtcp.ReceiverReport)]
    assert report.reports[0].cumulative_lost == 1
    assert report.reports[0].highest_seq == 13


def test_plain_sound_of_a_sender_that_agreed_on_red_is_numbered_with_it() -> None:
    lesson = heard_lesson()
    send_red(lesson, 10)
    send_padding(lesson, 11, after=10)
    lesson.send(
        "teacher",
        12,
        encoding(11),
        timestamp=TICKS * 11,
        ssrc=AUDIO_SSRC,
        payload_type=AUDIO_TYPE,
    )
    send_red(lesson, 12, seq=13)
    numbers = [number for number, _, _ in sounds(lesson)]
    assert [number - numbers[0] for number in numbers] == [0, 1, 2]


def test_a_pause_of_the_sender_is_no_loss() -> None:
    """With nothing sent meanwhile the next packet has the next number, whenever it comes."""
    lesson = heard_lesson()
    send_red(lesson, 10)
    send_red(lesson, 60, seq=11, back=0)
    numbers = [number for number, _, _ in sounds(lesson)]
    assert numbers[1] - numbers[0] == 1


def test_what_was_lost_in_a_pause_is_found_by_its_time() -> None:
    lesson = heard_lesson()
    send_red(lesson, 10)  # 11 was lost, and nothing was sent until 40
    blocks = [red.Redundant(AUDIO_TYPE, 5 * TICKS, encoding(35))]
    send_payload(lesson, 40, red.build(AUDIO_TYPE, encoding(40), blocks), seq=12)
    assert [payload for _, _, payload in sounds(lesson)] == [encoding(s) for s in (10, 35, 40)]
    numbers = [number for number, _, _ in sounds(lesson)]
    assert [number - numbers[0] for number in numbers] == [0, 1, 2]


def test_red_around_another_codec_or_cut_short_is_malformed() -> None:
    lesson = heard_lesson()
    with pytest.raises(MalformedPacket):
        send_red(lesson, 10, around=AUDIO_TYPE - 1)
    with pytest.raises(MalformedPacket):
        send_payload(lesson, 10, b"\xef\x0f")
    assert sounds(lesson) == []


def test_red_of_an_unknown_sender_or_track_goes_nowhere() -> None:
    lesson = heard_lesson()
    payload = red.build(AUDIO_TYPE, encoding(1))
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


@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=60),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFF_FFFF),
    st.randoms(use_true_random=False),
)
def test_whatever_padding_lies_between_sound_is_whole_but_for_what_chance_took(
    back: int, moments: list[tuple[int, bool]], first_seq: int, first: int, chance: Random
) -> None:
    """Each moment: so many packets of padding after the sound, and whether the sound is lost.

    Padding is lost at random. What came, or was repeated by what came, is sent on, in order,
    numbered as it sounds; the first packet begins.
    """
    lesson = heard_lesson()
    first += 10
    send_red(lesson, first, seq=first_seq)
    seq, whole = first_seq, [first]
    for nth, (padding, is_lost) in enumerate(moments, first + 1):
        seq += 1
        if not is_lost:
            send_red(lesson, nth, seq=seq, back=back)
            whole += range(max(whole[-1] + 1, nth - back), nth + 1)
        for _ in range(padding):
            seq += 1
            if chance.random() < 0.5:
                send_padding(lesson, seq, after=nth)
    heard = sounds(lesson)
    assert [payload for _, _, payload in heard] == [encoding(nth) for nth in whole]
    assert [(number - heard[0][0]) & 0xFFFF for number, _, _ in heard] == [
        nth - first for nth in whole
    ]


def test_the_header_of_what_is_recovered_says_when_it_belongs() -> None:
    lesson = heard_lesson()
    header: ParsedRtp = (RED_TYPE, 0, 12, 12 * TICKS, AUDIO_SSRC, 12, 20, 0)
    publisher = lesson.publishers["teacher"]
    plain = lesson.router.open_sound(
        publisher, header, bytes(12) + red.build(AUDIO_TYPE, b"\xf8eventy"), lesson.now
    )
    assert plain == (AUDIO_TYPE, 0, 12, 12 * TICKS, AUDIO_SSRC, 13, 20, 0)
