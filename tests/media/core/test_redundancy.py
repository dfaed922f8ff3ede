"""RED towards a line that loses: when it is sent, how much, and in which numbers."""

import random
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from media.core import red, rtcp, rtp
from media.core.downtrack import PayloadTypes
from media.core.ids import PeerId
from media.core.subscriber import Subscriber
from tests.media.core.lesson import (
    AUDIO_SSRC,
    AUDIO_TYPE,
    SOUND,
    TICKS,
    Lesson,
    camera,
    microphone,
    track,
)

WITH_RED = {"opus": PayloadTypes(44, None, 45), "H264": PayloadTypes(40, 41)}


class Sent(NamedTuple):
    payload_type: int
    seq: int
    timestamp: int
    #: What it carries, the oldest first; plain sound carries one.
    sounds: list[bytes]


class Heard:
    """A teacher's microphone and a site that takes RED and loses packets."""

    def __init__(self, codecs: dict[str, PayloadTypes] = WITH_RED, first: int = 100) -> None:
        self.lesson = Lesson()
        self.lesson.publish("teacher", microphone("teacher"))
        self.lesson.allow({SOUND: ["site", "good"]})
        self.site = self.lesson.subscribe("site", codecs)
        self.lesson.subscribe("good", WITH_RED)
        self.seq = first
        self._highest = 0

    def speak(self, packets: int = 1, *, payload: bytes = b"") -> None:
        for _ in range(packets):
            self.arrives(self.seq, payload)
            self.seq += 1

    def arrives(self, seq: int, payload: bytes = b"") -> None:
        self.lesson.send(
            "teacher",
            seq & 0xFFFF,
            payload or encoding(seq),
            timestamp=TICKS * seq,
            ssrc=AUDIO_SSRC,
            payload_type=AUDIO_TYPE,
        )

    def lose(self, fraction: float) -> None:
        """Let the site report that it lost this much of 100 packets."""
        report_loss(self.lesson, self.site, fraction, highest=self._highest)
        self._highest += 100

    def sent(self, link: str = "site down") -> list[Sent]:
        found = []
        for to, packet in self.lesson.sent:
            if to != link or 192 <= packet[1] < 224:
                continue
            header = rtp.parse(packet, len(packet))
            sounds = [packet[header[5] : header[6]]]
            if header[0] == 45:
                blocks = red.parse(packet, header[5], header[6])
                assert {block.payload_type for block in blocks} == {44}
                sounds = [packet[block.start : block.end] for block in blocks]
                offsets = [block.offset_ticks for block in blocks]
                assert offsets == sorted(offsets, reverse=True)
            found.append(Sent(header[0], header[2], header[3], sounds))
        return found


def encoding(seq: int) -> bytes:
    return b"sound %d" % seq


def report_loss(lesson: Lesson, site: Subscriber, fraction: float, *, highest: int) -> None:
    [down] = [one for one in site.sections if one.track == SOUND]
    lost = down._reported_lost
    for seq, more in ((highest, 0), (highest + 100, round(fraction * 100))):
        block = rtcp.ReportBlock(down.ssrc, 0, lost + more, seq, 0, 0, 0)
        lesson.say(site, rtcp.ReceiverReport(1, (block,)))


def test_a_site_that_loses_hears_each_packet_twice_and_others_are_left_alone() -> None:
    heard = Heard()
    heard.speak(3)
    heard.lose(0.06)
    heard.speak(2)
    before, after = heard.sent()[:3], heard.sent()[3:]
    assert {one.payload_type for one in before} == {44}
    assert [one.sounds for one in after] == [
        [encoding(102), encoding(103)],
        [encoding(103), encoding(104)],
    ]
    assert {one.payload_type for one in heard.sent("good down")} == {44}
    assert heard.lesson.count("red_out") == 2


def test_numbers_go_on_over_every_switch() -> None:
    heard = Heard()
    for loss in (0.06, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0):
        heard.speak(3)
        heard.lose(loss)
        heard.lesson.now += 4.0
    heard.speak(3)
    sent = heard.sent()
    assert [one.seq - sent[0].seq for one in sent] == list(range(30))
    assert [one.timestamp - sent[0].timestamp for one in sent] == [TICKS * n for n in range(30)]
    assert {len(one.sounds) for one in sent} == {1, 2, 3}
    assert sent[-1].payload_type == 44
    assert sent[-1].sounds == [encoding(129)]


def test_a_site_that_loses_while_the_teacher_is_away_hears_each_packet_twice_after() -> None:
    heard = Heard()
    heard.speak(3)
    heard.lesson.router.remove_publisher(PeerId("teacher"))
    heard.lose(0.06)
    heard.lesson.publish("teacher", microphone("teacher"))
    heard.speak(2)
    assert [one.sounds for one in heard.sent()[3:]] == [
        [encoding(103)],
        [encoding(103), encoding(104)],
    ]


def test_sites_that_lose_alike_hear_the_same_under_their_own_numbers() -> None:
    heard = Heard()
    good = heard.lesson.router.subscribers[PeerId("good")]
    heard.lose(0.06)
    report_loss(heard.lesson, good, 0.06, highest=0)
    heard.speak(3)
    here, there = heard.sent(), heard.sent("good down")
    assert [one.sounds for one in here] == [one.sounds for one in there]
    assert here[0].seq != there[0].seq
    assert heard.lesson.count("red_out") == 6


def test_twelve_per_cent_bring_the_last_two() -> None:
    heard = Heard()
    heard.speak(3)
    heard.lose(0.2)
    heard.speak()
    assert heard.sent()[-1].sounds == [encoding(101), encoding(102), encoding(103)]


def test_a_client_without_red_gets_plain_sound_whatever_it_loses() -> None:
    heard = Heard({"opus": PayloadTypes(44, None)})
    heard.speak()
    heard.lose(0.4)
    heard.speak(2)
    assert {one.payload_type for one in heard.sent()} == {44}


def test_pictures_are_never_sent_twice() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher"))
    lesson.allow({track("teacher"): ["site"]})
    site = lesson.subscribe("site", WITH_RED)
    lesson.send("teacher", 1, b"\x65key")
    [down] = site.sections
    for seq in (0, 100):
        block = rtcp.ReportBlock(down.ssrc, 0, seq // 2, seq, 0, 0, 0)
        lesson.say(site, rtcp.ReceiverReport(1, (block,)))
    lesson.send("teacher", 2)
    assert site.redundancy.level == 2
    assert [header[0] for header in lesson.media("site down")] == [40, 40]


def test_what_was_lost_on_the_way_here_is_left_out() -> None:
    heard = Heard()
    heard.speak(2)
    heard.lose(0.2)
    heard.seq += 1
    heard.speak(2)
    assert [one.sounds for one in heard.sent()[2:]] == [
        [encoding(101), encoding(103)],
        [encoding(103), encoding(104)],
    ]


def test_a_late_packet_is_sent_plain_to_those_whose_run_it_belongs_to() -> None:
    heard = Heard()
    heard.speak(2)
    heard.lose(0.06)
    heard.arrives(103)
    heard.arrives(102)
    assert [one.seq - heard.sent()[0].seq for one in heard.sent()] == [0, 1, 3, 2]
    assert heard.sent()[-1].sounds == [encoding(102)]


def test_nothing_from_before_a_pause_is_repeated_after_it() -> None:
    """What was said while a site was not to hear it must not reach it with what it may hear."""
    heard = Heard()
    heard.speak(2)
    heard.lose(0.2)
    heard.lesson.allow({SOUND: ["good"]})
    heard.speak(2)
    heard.lesson.allow({SOUND: ["site", "good"]})
    heard.speak(3)
    assert [one.sounds for one in heard.sent()[2:]] == [
        [encoding(104)],
        [encoding(104), encoding(105)],
        [encoding(104), encoding(105), encoding(106)],
    ]
    assert {one.payload_type for one in heard.sent()[2:]} == {45}


def test_a_new_stream_of_the_publisher_goes_on_redundant_and_repeats_nothing_of_the_old() -> None:
    heard = Heard()
    heard.speak(2)
    heard.lose(0.2)
    heard.lesson.publish("teacher", microphone("teacher", ssrc=AUDIO_SSRC + 1))
    for seq in (7000, 7001):
        heard.lesson.send(
            "teacher", seq, b"new", timestamp=seq, ssrc=AUDIO_SSRC + 1, payload_type=AUDIO_TYPE
        )
    assert [one.sounds for one in heard.sent()[2:]] == [[b"new"], [b"new", b"new"]]
    numbers = [one.seq for one in heard.sent()]
    assert numbers == list(range(numbers[0], numbers[0] + 4))


def test_large_packets_are_not_made_larger_than_a_datagram() -> None:
    heard = Heard()
    heard.lose(0.2)
    heard.speak(3, payload=b"\x01" * 500)
    heard.speak(2, payload=b"\x02" * 1040)
    assert [len(one.sounds) for one in heard.sent()] == [1, 2, 2, 1, 1]
    assert max(len(packet) for _, packet in heard.lesson.sent) < 1200


def test_a_pause_too_long_for_an_offset_is_not_bridged() -> None:
    heard = Heard()
    heard.lose(0.2)
    heard.speak()
    for timestamp in (TICKS * heard.seq + red.MAX_OFFSET_TICKS, TICKS * heard.seq):
        heard.lesson.send(
            "teacher",
            heard.seq,
            b"later",
            timestamp=timestamp,
            ssrc=AUDIO_SSRC,
            payload_type=AUDIO_TYPE,
        )
        heard.seq += 1
    assert [len(one.sounds) for one in heard.sent()] == [1, 1, 1]


def test_padding_is_neither_wrapped_nor_repeated() -> None:
    heard = Heard()
    heard.lose(0.2)
    heard.speak()
    heard.lesson.send(
        "teacher", 101, b"", timestamp=TICKS * 100, ssrc=AUDIO_SSRC, payload_type=AUDIO_TYPE
    )
    heard.seq = 102
    heard.speak()
    assert [(one.payload_type, one.sounds) for one in heard.sent()] == [
        (45, [encoding(100)]),
        (44, [b""]),
        (45, [encoding(100), encoding(102)]),
    ]
    numbers = [one.seq for one in heard.sent()]
    assert numbers == list(range(numbers[0], numbers[0] + 3))


def test_a_lost_packet_is_resent_plain() -> None:
    heard = Heard()
    heard.lose(0.06)
    heard.speak(3)
    [down] = heard.site.sections
    heard.lesson.nack(heard.site, down.ssrc, heard.sent()[1].seq)
    assert heard.sent()[-1] == Sent(
        44, heard.sent()[1].seq, heard.sent()[1].timestamp, [encoding(101)]
    )


def test_sender_reports_count_what_was_sent_either_way() -> None:
    heard = Heard()
    lesson = heard.lesson
    lesson.router.receive_publisher_rtcp(
        lesson.publishers["teacher"],
        [rtcp.SenderReport(AUDIO_SSRC, 1 << 32, TICKS * 100, 0, 0)],
        lesson.now,
    )
    heard.speak(3)
    heard.lose(0.06)
    heard.speak(2)
    lesson.pass_time(1.1)
    for loss in (0.0, 0.0, 0.0, 0.0):
        lesson.now += 4.0
        heard.lose(loss)
    heard.speak(2)
    lesson.pass_time(1.1)
    reports = [one for one in lesson.told("site down") if isinstance(one, rtcp.SenderReport)]
    assert (reports[0].packet_count, reports[-1].packet_count) == (5, 7)
    assert reports[-1].octet_count > 7 * len(encoding(100))


def test_who_leaves_while_redundant_is_sent_nothing_more() -> None:
    heard = Heard()
    heard.lose(0.06)
    heard.speak(2)
    heard.lesson.router.remove_subscriber(PeerId("site"))
    heard.speak(2)
    assert len(heard.sent()) == 2
    heard.lesson.router.remove_publisher(PeerId("teacher"))
    assert heard.lesson.count("red_out") == 2


@given(st.integers(0, 2**32), st.lists(st.integers(0, 4), max_size=40))
def test_any_order_of_losses_reports_and_pauses_keeps_one_stream(
    seed: int, steps: list[int]
) -> None:
    """No number twice with another sound, no gap that the publisher's line did not have."""
    chance = random.Random(seed)
    heard = Heard(first=chance.choice([100, 65_500]))
    heard.speak()
    for step in steps:
        match step:
            case 0:
                heard.lose(chance.choice([0.0, 0.03, 0.07, 0.3]))
            case 1:
                heard.lesson.allow({SOUND: ["good"]})
                heard.speak(chance.randint(0, 3))
                heard.lesson.allow({SOUND: ["site", "good"]})
            case 2:
                heard.seq += 1  # lost on the way here
            case 3:
                heard.lesson.now += chance.uniform(0, 8)
            case _:
                heard.speak(chance.randint(1, 4))
    heard.speak()
    sent = heard.sent()
    by_seq = {one.seq: one.sounds[-1] for one in sent}
    assert len(by_seq) == len(sent)
    timestamps = [(one.timestamp - sent[0].timestamp) & 0xFFFF_FFFF for one in sent]
    assert timestamps == sorted(set(timestamps))
    for one in sent:
        for back, sound in enumerate(one.sounds[-2::-1], 1):
            # Each is in its place: a lost one between leaves the others further back.
            assert sound in [by_seq.get((one.seq - d) & 0xFFFF) for d in range(back, 4)]
