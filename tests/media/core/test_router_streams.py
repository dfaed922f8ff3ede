"""Whose packet is this: streams that were told, and those known only by what they carry."""

from media.core import rtp
from media.core.ids import PeerId, Source
from media.core.uptrack import PublishedTrack
from tests.media.core.lesson import (
    AUDIO_TYPE,
    CAMERA,
    DELTA,
    KEY,
    MID_ID,
    RTX_SSRC,
    RTX_TYPE,
    VIDEO_TYPE,
    Lesson,
    camera,
    microphone,
    seqs,
    track,
    watched_lesson,
    with_extensions,
)


def with_mid(mid: bytes, *, seq: int, payload_type: int, ssrc: int, payload: bytes = KEY) -> bytes:
    plain = rtp.build(payload, payload_type=payload_type, marker=0, seq=seq, timestamp=0, ssrc=ssrc)
    return with_extensions(plain, {MID_ID: mid})


def untold(mid: str, source: Source) -> PublishedTrack:
    return camera("teacher", mid=mid, track=track("teacher", source), ssrc=None, rtx_ssrc=None)


def two_cameras() -> Lesson:
    lesson = Lesson()
    lesson.publish(
        "teacher",
        untold("a", Source.CAMERA),
        untold("b", Source.SECOND_CAMERA),
        mid_id=MID_ID,
    )
    lesson.allow({CAMERA: ["site"], track("teacher", Source.SECOND_CAMERA): ["site"]})
    lesson.subscribe("site")
    return lesson


def test_an_ssrc_not_told_is_known_by_its_mid_and_remembered() -> None:
    lesson = two_cameras()
    second = lesson.router.subscribers[PeerId("site")].sections[1]
    lesson.receive("teacher", with_mid(b"b", seq=1, payload_type=VIDEO_TYPE, ssrc=9))
    lesson.send("teacher", 2, ssrc=9)
    assert len(lesson.media("site down", second.ssrc)) == 2


def test_an_ssrc_that_could_be_either_is_dropped() -> None:
    lesson = two_cameras()
    lesson.send("teacher", 1, KEY, ssrc=9)
    lesson.receive("teacher", with_mid(b"c", seq=1, payload_type=VIDEO_TYPE, ssrc=9))
    assert lesson.media("site down") == []
    assert lesson.count("unknown_ssrc") == 2


def test_an_ssrc_not_told_is_known_by_its_payload_type_if_only_one_has_it() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", ssrc=None, rtx_ssrc=None))
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.send("teacher", 1, KEY, ssrc=9)
    lesson.send("teacher", 3, ssrc=9)
    repaired = rtp.build(DELTA, payload_type=0, marker=0, seq=2, timestamp=6000, ssrc=0)
    lesson.receive("teacher", rtp.build_rtx(repaired, payload_type=RTX_TYPE, seq=1, ssrc=10))
    numbers = seqs(lesson.media("site down"))
    assert sorted(numbers) == [numbers[0], numbers[0] + 1, numbers[0] + 2]


def test_a_repair_before_any_media_is_not_understood() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", ssrc=None, rtx_ssrc=None))
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.repair("teacher", 1, KEY, rtx_seq=1)
    assert lesson.media("site down") == []


def test_a_changed_ssrc_starts_anew_at_a_keyframe_but_not_many_times_a_second() -> None:
    lesson = watched_lesson()
    lesson.now += 1.0
    lesson.send("teacher", 5, DELTA, ssrc=9)
    lesson.send("teacher", 6, KEY, ssrc=9)
    lesson.send("teacher", 7, KEY, ssrc=10)
    numbers = seqs(lesson.media("site down"))
    assert numbers == [numbers[0], numbers[0] + 1]
    assert lesson.count("unknown_ssrc") == 1


def test_renegotiation_does_not_disturb_an_ssrc_that_was_never_told() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", ssrc=None))
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.send("teacher", 1, KEY)
    lesson.publish("teacher", camera("teacher", ssrc=None), again=True)
    lesson.send("teacher", 2, DELTA)
    assert len(lesson.media("site down")) == 2


def test_what_a_mid_said_once_is_remembered_over_renegotiation() -> None:
    lesson = two_cameras()
    second = lesson.router.subscribers[PeerId("site")].sections[1]
    lesson.receive("teacher", with_mid(b"b", seq=1, payload_type=VIDEO_TYPE, ssrc=9))
    lesson.publish(
        "teacher",
        untold("a", Source.CAMERA),
        untold("b", Source.SECOND_CAMERA),
        microphone("teacher"),
        mid_id=MID_ID,
        again=True,
    )
    lesson.send("teacher", 2, ssrc=9)  # without its mid: that rides on the first packets only
    assert len(lesson.media("site down", second.ssrc)) == 2
    assert lesson.count("unknown_ssrc") == 0


def test_what_was_not_negotiated_is_dropped() -> None:
    lesson = watched_lesson()
    lesson.send("teacher", 11, KEY, payload_type=96)
    lesson.send("teacher", 12, KEY, payload_type=AUDIO_TYPE, ssrc=RTX_SSRC)
    assert len(lesson.media("site down")) == 1
    assert lesson.count("unexpected_payload_type") == 2
