"""Who has a publisher asked for a keyframe, and how often it is asked."""

from collections.abc import Callable

import pytest

from media.core import rtcp
from media.core.ids import PeerId
from tests.media.core.lesson import (
    CAMERA,
    DELTA,
    KEY,
    SOUND,
    TWCC_ID,
    VIDEO_SSRC,
    Lesson,
    camera,
    lesson_with_site,
    microphone,
    told,
)


def test_a_gap_too_wide_to_repair_asks_for_a_keyframe() -> None:
    lesson, _ = lesson_with_site()
    lesson.send("teacher", 1, KEY)
    lesson.send("teacher", 3, DELTA)
    lesson.pass_time(0.6)
    before = lesson.count("keyframe_requests")
    lesson.send("teacher", 5000, DELTA)
    lesson.pass_time(0.6)
    assert lesson.count("keyframe_requests") > before


def test_a_new_stream_that_nobody_announced_is_asked_for_a_keyframe_soon() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", ssrc=None, rtx_ssrc=None))
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.send("teacher", 1, KEY, ssrc=5)
    lesson.pass_time(2.0)
    before = lesson.count("keyframe_requests")
    lesson.send("teacher", 1, DELTA, ssrc=6)
    lesson.pass_time(0.05)
    assert lesson.count("keyframe_requests") == before + 1


def test_many_viewers_cost_one_keyframe_request() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({CAMERA: [f"site {number}" for number in range(40)]})
    sites = [lesson.subscribe(f"site {number}") for number in range(40)]
    for site in sites:
        lesson.say(site, rtcp.Pli(1, site.sections[0].ssrc))
    lesson.pass_time(0.4)
    assert told(lesson, "teacher up", rtcp.Pli) == [
        rtcp.Pli(lesson.publishers["teacher"].local_ssrc, VIDEO_SSRC)
    ]


def test_one_who_joins_after_a_quiet_time_has_a_keyframe_asked_for_at_once() -> None:
    lesson, _ = lesson_with_site()
    lesson.send("teacher", 1, KEY)
    lesson.allow({CAMERA: ["site", "late"]})
    for seq in range(2, 40):
        lesson.send("teacher", seq, DELTA)
        lesson.pass_time(0.03)
    before = lesson.count("keyframe_requests")
    lesson.subscribe("late")
    lesson.pass_time(0.0)
    assert lesson.count("keyframe_requests") == before + 1


def test_a_viewer_who_lost_the_picture_gets_a_keyframe_asked_for() -> None:
    lesson, site = lesson_with_site()
    lesson.send("teacher", 1, KEY)
    lesson.pass_time(1.0)
    before = lesson.count("keyframe_requests")
    lesson.say(site, rtcp.Fir(1, ((site.sections[0].ssrc, 1),)))
    lesson.pass_time(0.1)
    assert lesson.count("keyframe_requests") == before + 1


@pytest.mark.parametrize("which", ["sound", "nobody's", "forbidden", "gone"])
def test_a_wish_without_sense_asks_for_nothing(which: str) -> None:
    lesson, site = lesson_with_site()
    lesson.send("teacher", 1, KEY)
    lesson.pass_time(1.0)
    before = lesson.count("keyframe_requests")
    picture, sound = site.sections
    if which == "forbidden":
        lesson.allow({})
    if which == "gone":
        lesson.router.remove_publisher(PeerId("teacher"))
    ssrc = {"sound": sound.ssrc, "nobody's": 0xBAD}.get(which, picture.ssrc)
    lesson.say(site, rtcp.Pli(1, ssrc))
    lesson.pass_time(1.0)
    assert lesson.count("keyframe_requests") == before


def test_where_pli_is_unknown_fir_is_used_with_a_number_that_counts() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", has_pli=False, has_fir=True))
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.pass_time(1.1)
    numbers = [fir.requests[0] for fir in told(lesson, "teacher up", rtcp.Fir)]
    assert numbers[:2] == [(VIDEO_SSRC, 1), (VIDEO_SSRC, 2)]


def test_where_neither_is_known_nothing_is_asked() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", has_pli=False))
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.pass_time(1.1)
    assert lesson.count("keyframe_requests") == 0


def test_a_publisher_not_yet_heard_is_asked_nothing() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", ssrc=None))
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.pass_time(0.9)
    assert lesson.told("teacher up") == []


def test_those_who_wait_are_not_forgotten_when_the_publisher_was_away_for_long() -> None:
    lesson, _ = lesson_with_site()
    lesson.pass_time(30.0)
    before = lesson.count("keyframe_requests")
    lesson.send("teacher", 1, DELTA)
    lesson.pass_time(0.1)
    assert lesson.count("keyframe_requests") == before + 1


def test_those_who_wait_are_not_forgotten_when_requests_were_in_vain() -> None:
    lesson, _ = lesson_with_site()
    for seq in range(80):
        lesson.send("teacher", seq, DELTA)
        lesson.pass_time(0.1)
    assert lesson.count("keyframe_requests") >= 14


def recorded_for_ten_seconds(is_key: Callable[[Lesson, int], bool], **times: float) -> Lesson:
    """A lesson recorded from the start, with a picture and a sound packet every 0.1 s."""
    lesson = Lesson(**times)
    lesson.publish("teacher", camera("teacher"), microphone("teacher"))
    lesson.allow({}, recorded=[CAMERA, SOUND])
    lesson.router.set_recording(lesson.now, is_recording=True)
    for seq in range(100):
        lesson.send("teacher", seq, KEY if is_key(lesson, seq) else DELTA)
        lesson.send_audio("teacher", seq)
        lesson.pass_time(0.1)
    return lesson


@pytest.mark.parametrize(("interval_s", "asked"), [(2.0, 5), (4.0, 3)])
def test_a_recorded_picture_gets_keyframes_to_cut_at(interval_s: float, asked: int) -> None:
    answered = 0

    def answers(lesson: Lesson, _: int) -> bool:
        nonlocal answered
        before, answered = answered, lesson.count("keyframe_requests")
        return answered > before

    lesson = recorded_for_ten_seconds(answers, recording_keyframe_s=interval_s)
    assert asked <= lesson.count("keyframe_requests") <= asked + 1


def test_a_recorded_picture_with_keyframes_of_its_own_is_let_be() -> None:
    lesson = recorded_for_ten_seconds(lambda _, seq: seq % 15 == 0)
    assert lesson.count("keyframe_requests") == 0


def test_who_does_not_answer_a_recording_is_asked_again_once_a_second() -> None:
    lesson = recorded_for_ten_seconds(lambda *_: False)
    assert 8 <= lesson.count("keyframe_requests") <= 10


def test_a_subscriber_that_moved_gets_a_keyframe() -> None:
    lesson, site = lesson_with_site()
    lesson.send("teacher", 1, KEY)
    lesson.send_audio("teacher", 1)
    lesson.pass_time(1.0)
    before = lesson.count("keyframe_requests")
    lesson.router.lost_everything(site, lesson.now)
    lesson.pass_time(0.1)
    assert lesson.count("keyframe_requests") == before + 1
    lesson.allow({})
    lesson.router.lost_everything(site, lesson.now)
    lesson.pass_time(1.0)
    assert lesson.count("keyframe_requests") == before + 1


def test_a_subscriber_whose_line_was_cut_gets_a_keyframe_with_the_first_it_says() -> None:
    lesson, site = lesson_with_site()
    site.steering.history.use_extension(TWCC_ID)
    lesson.send("teacher", 1, KEY)

    def arrived(number: int) -> None:
        site.steering.history.sent(1000, lesson.now)
        reference = round(lesson.now * 1000 / 64)
        lesson.say(site, rtcp.TransportFeedback(1, 2, number, number, reference, (0,)))

    for number in range(5):
        lesson.pass_time(0.5)
        arrived(number)
    lesson.pass_time(1.0)
    before = lesson.count("keyframe_requests")
    lesson.pass_time(5.0)
    arrived(5)
    lesson.pass_time(0.1)
    assert lesson.count("keyframe_requests") == before + 1
