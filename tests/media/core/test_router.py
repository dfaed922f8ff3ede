"""Who gets what, and in which numbers."""

from media.core import rtp
from media.core.events import TrackResumed, TrackStalled, TrackStarted
from media.core.ids import PeerId
from tests.media.core.lesson import (
    CAMERA,
    DELTA,
    KEY,
    SOUND,
    VIDEO_SSRC,
    Lesson,
    camera,
    microphone,
    seqs,
    watched_lesson,
)


def test_nothing_flows_without_a_plan() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.subscribe("site")
    lesson.send("teacher", 1, KEY)
    assert lesson.media("site down") == []
    assert lesson.count("dropped_not_granted") == 1


def test_video_begins_at_a_keyframe_and_sound_at_once() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher"), microphone("teacher"))
    lesson.allow({CAMERA: ["site"], SOUND: ["site"]})
    site = lesson.subscribe("site")
    lesson.send("teacher", 1, DELTA)
    lesson.send_audio("teacher", 1)
    picture, sound = (site.by_track[key] for key in site.by_track)
    assert lesson.media("site down", picture.ssrc) == []
    assert len(lesson.media("site down", sound.ssrc)) == 1
    lesson.send("teacher", 2, KEY)
    assert len(lesson.media("site down", picture.ssrc)) == 1


def test_what_the_plan_forbids_stops_at_once_and_is_not_resent() -> None:
    lesson = watched_lesson()
    [down] = lesson.router.subscribers[PeerId("site")].sections
    sent = lesson.media("site down")
    lesson.allow({})
    lesson.send("teacher", 11)
    lesson.nack(lesson.router.subscribers[PeerId("site")], down.ssrc, sent[-1][2])
    lesson.repair("teacher", 12, rtx_seq=1)
    assert lesson.media("site down") == sent
    assert lesson.count("nack_missed") == 1
    assert lesson.count("dropped_not_granted") == 2


def test_one_who_loses_a_track_does_not_disturb_another() -> None:
    lesson = watched_lesson("site", "other")
    lesson.allow({CAMERA: ["other"]})
    lesson.send("teacher", 11)
    assert len(lesson.media("site down")) == 1
    assert len(lesson.media("other down")) == 2


def test_after_a_pause_the_picture_resumes_at_a_keyframe_without_a_gap() -> None:
    lesson = watched_lesson()
    lesson.send("teacher", 11)
    lesson.allow({})
    for seq in range(12, 20):
        lesson.send("teacher", seq, KEY)
    lesson.allow({CAMERA: ["site"]})
    lesson.send("teacher", 20)
    lesson.send("teacher", 21, KEY)
    lesson.send("teacher", 22)
    numbers = seqs(lesson.media("site down"))
    assert numbers == list(range(numbers[0], numbers[0] + 4))
    timestamps = [header[3] for header in lesson.media("site down")]
    assert timestamps[2] - timestamps[1] == 10 * 3000  # the publisher's own clock ran on


def test_a_pause_longer_than_half_the_sequence_numbers_is_survived() -> None:
    lesson = watched_lesson()
    lesson.allow({})
    lesson.allow({CAMERA: ["site"]})
    lesson.send("teacher", (10 + 40_000) & 0xFFFF, KEY)
    lesson.send("teacher", (10 + 40_001) & 0xFFFF)
    numbers = seqs(lesson.media("site down"))
    assert numbers == list(range(numbers[0], numbers[0] + 3))


def test_a_recorded_track_goes_to_the_tape_and_to_nobody_else() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({}, recorded=[CAMERA])
    lesson.send("teacher", 1, KEY)
    assert lesson.router.outputs.tape == []
    lesson.router.set_recording(lesson.now, is_recording=True)
    lesson.send("teacher", 2, KEY)
    [(recorded, packet, arrival)] = lesson.router.outputs.tape
    assert (recorded, arrival) == (CAMERA, lesson.now)
    assert rtp.parse(packet, len(packet))[2:5] == (2, 6000, VIDEO_SSRC)
    lesson.router.set_recording(lesson.now, is_recording=False)
    lesson.send("teacher", 3, KEY)
    assert len(lesson.router.outputs.tape) == 1
    assert lesson.count("packets_out") == 0


def test_ending_the_recording_leaves_the_audience_alone() -> None:
    lesson = watched_lesson()
    lesson.router.set_recording(lesson.now, is_recording=True)
    lesson.allow({CAMERA: ["site"]}, recorded=[CAMERA])
    lesson.allow({CAMERA: ["site"]})
    lesson.send("teacher", 11)
    assert len(lesson.media("site down")) == 2


def test_news_are_events_or_an_earlier_timer() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.router.handle_timer(lesson.now)
    lesson.router.armed_at = lesson.router.wake_at
    assert not lesson.router.has_news
    lesson.router.set_plan({}, frozenset(), lesson.now)
    assert lesson.router.has_news


def test_a_track_starts_stalls_and_resumes() -> None:
    lesson = Lesson(silence_after_s=2.0)
    lesson.publish("teacher")
    lesson.pass_time(5.0)
    lesson.send("teacher", 1)
    lesson.pass_time(3.0)
    lesson.send("teacher", 2)
    facts = [
        event
        for event in lesson.events
        if isinstance(event, TrackStarted | TrackStalled | TrackResumed)
    ]
    assert facts == [TrackStarted(CAMERA), TrackStalled(CAMERA), TrackResumed(CAMERA)]
