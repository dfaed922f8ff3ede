"""A plane that forwards by itself is ahead of the core: what both agree on all the same."""

from typing import Any

from media.core import rtp
from media.core.arrival_digest import Digest
from media.core.delay_trend import LineUse
from media.core.downtrack import DownTrack
from media.core.ids import PeerId, Source
from media.core.publisher import Publisher
from media.core.rtcp import TransportFeedback
from media.core.rtp import Buffer, ParsedRtp
from media.core.runs import Progress, Seen
from media.core.uptrack import UpTrack
from tests.media.core.lesson import (
    KEY,
    VIDEO_SSRC,
    VIDEO_TYPE,
    Lesson,
    camera,
    microphone,
    track,
)


class FakeRuns:
    """Writes down what it is told; what it took, and how far it got, is what the test says."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.progress: Progress | None = None
        self.is_sent = True

    def take(self, up: UpTrack, header: ParsedRtp, buffer: Buffer, now: float) -> Seen:
        return Seen(up.stream, header[2], up.packets, up.octets, self.is_sent)

    def keep(self, up: UpTrack, ext_seq: int, packet: object) -> None:
        self.told.append(("keep", ext_seq))

    def begin(self, up: UpTrack, down: DownTrack, after_ext: int) -> None:
        self.told.append(("begin", down.subscriber_id, after_ext))

    def end(self, up: UpTrack, down: DownTrack) -> Progress | None:
        self.told.append(("end", down.subscriber_id))
        return self.progress

    def changed(self, up: UpTrack) -> None:
        self.told.append(("changed", up.is_wanted))

    def limit_resends(self, link: object, limit: tuple[float, float] | None) -> None:
        self.told.append(("limit", link, limit))

    def use_repairs(self, link: object, under_way_s: float) -> None:
        self.told.append(("repairs", link, under_way_s))

    def digest(self, link: object, feedback: TransportFeedback, now: float) -> Digest | None:
        self.told.append(("digest", link, feedback))
        return None

    def bound(self, publisher: Publisher) -> None:
        self.told.append(("bound", sorted(publisher.streams())))

    def forgotten(self, up: UpTrack) -> None:
        self.told.append(("forgotten", up.track))

    def named(self, name: str) -> list[tuple[Any, ...]]:
        return [one for one in self.told if one[0] == name]


def feedback_about(*deltas: int | None) -> TransportFeedback:
    return TransportFeedback(1, 2, 0, 0, 0, deltas)


def lesson_with_site() -> tuple[Lesson, FakeRuns, DownTrack]:
    runs = FakeRuns()
    lesson = Lesson(runs)
    lesson.publish("teacher")
    lesson.allow({track("teacher"): ["site"]})
    site = lesson.subscribe("site")
    return lesson, runs, site.sections[0]


def receive(lesson: Lesson, seq: int, payload: bytes = KEY, **seen: Any) -> list[DownTrack]:
    """Let a packet come that the plane has taken; return who has it."""
    packet = rtp.build(
        payload, payload_type=VIDEO_TYPE, marker=0, seq=seq, timestamp=3000 * seq, ssrc=VIDEO_SSRC
    )
    up = lesson.router.tracks[track("teacher")].up_tracks[0]
    told = Seen(up.stream, seq, up.packets, up.octets, is_sent=True)._replace(**seen)
    flowing = lesson.router.receive_rtp(
        lesson.publishers["teacher"],
        rtp.parse(packet, len(packet)),
        packet,
        len(packet),
        lesson.now,
        told,
    )
    lesson.drain()
    return list(flowing)


def test_a_row_begins_where_the_core_is_and_packets_are_not_sent_twice() -> None:
    lesson, runs, down = lesson_with_site()
    assert runs.named("bound") == [("bound", [VIDEO_SSRC, VIDEO_SSRC + 1])]
    assert receive(lesson, 10) == [down]
    assert runs.named("begin") == [("begin", "site", 9)]
    assert receive(lesson, 11) == [down]
    assert lesson.media("site down") == []


def test_what_the_plane_has_not_sent_the_core_sends_and_the_plane_keeps() -> None:
    lesson, runs, _ = lesson_with_site()
    receive(lesson, 10)
    receive(lesson, 12)
    assert receive(lesson, 11, is_sent=False) == []
    assert runs.named("keep") == [("keep", 11)]
    assert [header[3] for header in lesson.media("site down")] == [3000 * 11]


def test_a_packet_the_plane_could_not_attribute_is_handed_to_it() -> None:
    lesson, runs, down = lesson_with_site()
    lesson.send("teacher", 10, KEY)
    assert runs.named("begin") == [("begin", "site", 9)]
    runs.is_sent = False
    lesson.send("teacher", 11)
    assert len(lesson.media("site down", down.ssrc)) == 2  # one by the test's own fan-out


def test_a_repair_in_order_was_sent_by_the_plane() -> None:
    lesson, _, _ = lesson_with_site()
    lesson.send("teacher", 10, KEY)
    before = len(lesson.media("site down"))
    lesson.repair("teacher", 11, rtx_seq=1)
    assert len(lesson.media("site down")) == before


def test_numbers_go_on_after_what_the_plane_sent_before_the_core_heard_of_it() -> None:
    lesson, runs, down = lesson_with_site()
    receive(lesson, 10)
    runs.progress = Progress(14, 3000 * 14, lesson.now, 5, 155, KEY, down.rtx_seq + 3)
    lesson.allow({})
    lesson.allow({track("teacher"): ["site"]})
    assert lesson.router.counters()["packets_out"] == 5
    first = down.rewriter.seq_shift + 10
    for seq in range(11, 15):  # on their way to the core when the row ended
        assert receive(lesson, seq) == []
    assert receive(lesson, 15) == [down]
    assert down.rewriter.seq_shift + 15 == first + 5
    assert runs.named("begin")[-1] == ("begin", "site", 14)


def test_packets_of_a_stream_that_is_no_more_are_dropped() -> None:
    lesson, _, _ = lesson_with_site()
    assert receive(lesson, 10, stream=-1) == []
    assert lesson.count("dropped_unwanted_layer") + lesson.router.dropped_not_granted == 1


def test_a_row_leaves_the_table_while_its_packets_carry_earlier_ones() -> None:
    runs = FakeRuns()
    lesson = Lesson(runs)
    lesson.publish("teacher", microphone("teacher"))
    sound = track("teacher", Source.MICROPHONE)
    lesson.allow({sound: ["site"]})
    site = lesson.subscribe("site")
    down = site.sections[0]
    down.red_payload_type = 63
    lesson.send_audio("teacher", 1)
    runs.progress = Progress(3, 960 * 3, lesson.now, 3, 12, b"opus", down.rtx_seq)
    layered = lesson.router.tracks[sound]
    layered.set_redundancy(down, 1)
    assert runs.named("end") == [("end", "site")]
    before = lesson.count("red_out")
    for seq in (2, 3, 4):
        lesson.send_audio("teacher", seq)
    assert lesson.count("red_out") == before + 1  # 2 and 3 were sent by the plane
    layered.set_redundancy(down, 0)
    assert runs.named("begin")[-1] == ("begin", "site", 4)
    runs.progress = None
    layered.set_redundancy(down, 1)
    lesson.allow({})
    assert down.flows_in is None


def test_tracks_that_end_are_forgotten_and_lines_limit_what_is_resent() -> None:
    lesson, runs, _ = lesson_with_site()
    lesson.pass_time(1.0)
    assert runs.named("limit")[-1][:2] == ("limit", "site down")
    lesson.router.remove_publisher(PeerId("teacher"))
    assert runs.named("forgotten") == [("forgotten", track("teacher"))]


def test_the_plane_is_told_an_ssrc_that_the_first_packet_tells() -> None:
    runs = FakeRuns()
    lesson = Lesson(runs)
    lesson.publish("teacher", camera("teacher", ssrc=None, rtx_ssrc=None))
    assert runs.named("bound") == [("bound", [])]
    lesson.send("teacher", 1, KEY, ssrc=77)
    assert runs.named("bound")[1:] == [("bound", [77])]


def test_feedback_among_other_reports_is_left_to_the_plane_to_digest() -> None:
    lesson, runs, down = lesson_with_site()
    site = lesson.router.subscribers[PeerId("site")]
    lesson.say(site, feedback_about(0))
    assert runs.named("digest") == [], "no numbers were agreed"
    site.steering.history.use_extension(3)
    lesson.say(site, feedback_about(0))
    assert runs.named("digest") == [("digest", down.link, feedback_about(0))]
    assert not site.steering.control.has_feedback, "it was not to be told of"


def test_what_a_plane_has_digested_is_taken_and_a_cut_answered_with_keyframes() -> None:
    lesson, _, down = lesson_with_site()
    receive(lesson, 1)
    site = lesson.router.subscribers[PeerId("site")]
    site.steering.history.use_extension(3)
    told = Digest(9, 10, 1, 10, 0, 9000, 99.0, 7.0, 0.0, LineUse.NORMAL, False, None)
    lesson.router.receive_digest(site, told, lesson.now)
    assert site.steering.control.has_feedback
    assert down.flows_in is not None
    assert not down.flows_in.keyframes.is_pending
    lesson.router.receive_digest(site, told._replace(is_after_cut=True), lesson.now)
    assert down.flows_in.keyframes.is_pending
