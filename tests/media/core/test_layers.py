"""Which encoding of a track a subscriber gets."""

from media.core import rtcp
from media.core.events import TrackResumed, TrackStalled, TrackStarted
from media.core.ids import PeerId, Source
from tests.media.core.layered_lesson import (
    asked_ssrcs,
    down_of,
    layer_of,
    layered_track,
    lesson_in_layers,
    shown,
)
from tests.media.core.lesson import CAMERA, KEY, LAYER_SSRCS, Lesson, layered, seqs, track

# --- who gets which ----------------------------------------------------------------------


def test_the_first_picture_is_the_smallest_and_the_best_follows_at_its_keyframe() -> None:
    lesson, sender = lesson_in_layers()
    sender.turn()
    sender.turn(keys=(0, 1, 2))
    assert shown(lesson) == [0, 2]
    sender.turn()
    assert shown(lesson) == [0, 2, 2]


def test_layers_that_begin_one_after_another_are_followed_upwards() -> None:
    lesson, sender = lesson_in_layers()
    sender.turn(keys=(0, 1, 2))
    assert shown(lesson) == [0, 1, 2]


def test_who_waits_for_a_first_picture_takes_what_there_is() -> None:
    lesson, sender = lesson_in_layers()
    sender.live = {2}
    sender.turn(keys=(2,))
    assert shown(lesson) == [2]


def test_a_wait_for_a_first_picture_is_not_broken_off_for_a_smaller_one() -> None:
    lesson, sender = lesson_in_layers()
    sender.live = {1}
    sender.turn()
    sender.live = {0, 1}
    sender.turn(keys=(1,))
    assert shown(lesson)[0] == 1


def test_a_subscriber_flows_on_until_the_keyframe_of_the_layer_it_moves_to() -> None:
    lesson, sender = lesson_in_layers()
    sender.turns(1.0)
    lesson.sent.clear()
    lesson.target("site", 0)
    sender.turn()
    sender.turn(keys=(2,))
    assert set(shown(lesson)) == {2}
    sender.turn(keys=(0,))
    sender.turn()
    assert shown(lesson)[-2:] == [0, 0]
    headers = lesson.media("site down")
    assert seqs(headers) == list(range(headers[0][2], headers[0][2] + len(headers)))


def test_a_wish_taken_back_before_the_keyframe_changes_nothing() -> None:
    lesson, sender = lesson_in_layers()
    sender.turns(1.0)
    lesson.sent.clear()
    lesson.target("site", 0)
    lesson.target("site", 2)
    sender.turn(keys=(0, 1, 2))
    assert set(shown(lesson)) == {2}
    assert layered_track(lesson).up_tracks[0].waiting == []


def test_one_who_is_held_back_is_sent_nothing_and_resumes_at_a_keyframe() -> None:
    lesson, sender = lesson_in_layers()
    sender.turns(1.0)
    lesson.target("site", None)
    before = len(shown(lesson))
    sender.turn(keys=(0, 1, 2))
    assert len(shown(lesson)) == before
    lesson.target("site", 1)
    sender.turn()
    assert len(shown(lesson)) == before
    sender.turn(keys=(0, 1))
    assert shown(lesson)[before:] == [0, 1]
    numbers = seqs(lesson.media("site down"))
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_one_site_moves_without_another() -> None:
    lesson, sender = lesson_in_layers("site", "other")
    sender.turns(1.0)
    lesson.target("site", 0)
    sender.turns(1.0)
    assert (layer_of(lesson, "site"), layer_of(lesson, "other")) == (0, 2)


def test_a_target_is_kept_until_there_is_the_track() -> None:
    lesson, sender = lesson_in_layers()
    lesson.router.remove_publisher(PeerId("teacher"))
    lesson.target("site", 0)
    lesson.publish("teacher", *layered("teacher"))
    sender.turns(1.0)
    assert set(shown(lesson)) == {0}


def test_a_target_for_nobody_or_nothing_is_no_matter() -> None:
    lesson, _ = lesson_in_layers()
    lesson.target("nobody", 0)
    lesson.target("site", 0, of="nobody")
    assert down_of(lesson).preferred_layer == 2


def test_a_target_above_the_highest_layer_means_the_highest() -> None:
    lesson, sender = lesson_in_layers(layers=2)
    sender.turns(1.0)
    assert layer_of(lesson) == 1
    assert layered_track(lesson).top_layer == 1


def test_the_plan_stands_above_every_target() -> None:
    lesson, sender = lesson_in_layers()
    sender.turns(1.0)
    lesson.target("site", 0)
    lesson.allow({})
    before = len(shown(lesson))
    sender.turn(keys=(0, 1, 2))
    lesson.target("site", 1)
    sender.turn(keys=(0, 1, 2))
    assert len(shown(lesson)) == before
    down = down_of(lesson)
    assert (down.flows_in, down.waits_in) == (None, None)


# --- what lives --------------------------------------------------------------------------


def test_when_a_layer_falls_silent_the_next_lower_serves_and_it_returns() -> None:
    lesson, sender = lesson_in_layers()
    sender.turns(1.0)
    sender.live = {0, 1}
    sender.turns(1.5)
    assert layer_of(lesson) == 1
    assert down_of(lesson).preferred_layer == 2
    assert lesson.count("layers_stalled") == 1
    sender.live = {0, 1, 2}
    sender.turns(1.0)
    assert layer_of(lesson) == 2
    facts = [e for e in lesson.events if isinstance(e, TrackStarted | TrackStalled | TrackResumed)]
    assert facts == [TrackStarted(CAMERA)]


def test_a_layer_that_was_only_late_is_not_left() -> None:
    lesson, sender = lesson_in_layers()
    sender.turns(1.0)
    for _ in range(10):
        for _ in range(13):
            sender.turn(silent=(2,))
        sender.turn()
    assert lesson.count("layers_stalled") == 0
    assert layer_of(lesson) == 2


def test_when_everything_is_silent_nobody_is_moved() -> None:
    lesson, sender = lesson_in_layers()
    sender.turns(1.0)
    lesson.pass_time(5.0)
    assert lesson.count("layers_stalled") == 0
    assert layer_of(lesson) == 2
    before = lesson.count("keyframe_requests")
    sender.turn()
    sender.turn()
    assert (layer_of(lesson), down_of(lesson).waits_in) == (2, None)
    assert lesson.count("keyframe_requests") - before <= 1
    assert TrackResumed(CAMERA) in lesson.events


def test_a_sharp_screen_that_rests_is_not_left_for_the_small_one() -> None:
    lesson = Lesson()
    screen = track("teacher", Source.SCREEN)
    lesson.publish("teacher", *layered("teacher", rids=("h", "f"), track=screen))
    lesson.allow({screen: ["site"]})
    down = lesson.subscribe("site").by_track[screen]
    for turn in range(50):  # the small one 5 times a second, the sharp one every 2 s
        lesson.send_layer(0, turn, KEY)
        if turn % 10 == 0:
            lesson.send_layer(1, turn, KEY)
        lesson.pass_time(0.2)
    assert lesson.count("layers_stalled") == 0
    for turn in range(50, 80):
        lesson.send_layer(0, turn, KEY)
        lesson.pass_time(0.2)
    assert lesson.count("layers_stalled") == 1
    assert down.flows_in is lesson.router.tracks[screen].up_tracks[0]


def test_where_no_layer_so_low_lives_one_waits_for_it_in_the_old() -> None:
    lesson, sender = lesson_in_layers()
    sender.live = {2}
    sender.turns(1.0)
    lesson.target("site", 0)
    sender.turns(2.0)
    assert layer_of(lesson) == 2
    sender.live = {0, 2}
    sender.turns(1.0)
    assert layer_of(lesson) == 0


# --- keyframes ---------------------------------------------------------------------------


def test_all_layers_together_are_asked_for_a_keyframe_at_most_twice_a_second() -> None:
    lesson, sender = lesson_in_layers("a", "b", "c")
    sender.turns(1.0)
    lesson.pass_time(1.0)
    sender.turns(0.2)
    lesson.sent.clear()
    for name, layer in (("a", 0), ("b", 1)):
        lesson.target(name, layer)
    lesson.say(lesson.router.subscribers[PeerId("c")], rtcp.Pli(1, down_of(lesson, "c").ssrc))
    for _ in range(25):
        sender.turn()
    asked = asked_ssrcs(lesson)
    assert len(asked) == 3  # at 0, 0.5 and 1.0 s
    assert set(asked) == {ssrc for ssrc, _ in LAYER_SSRCS}


def test_a_storm_of_joins_costs_few_requests() -> None:
    names = [f"site {number}" for number in range(30)]
    lesson, sender = lesson_in_layers("first")
    sender.turns(1.0)
    lesson.allow({CAMERA: ["first", *names]})
    before = lesson.count("keyframe_requests")
    for name in names:
        lesson.subscribe(name)
        sender.turns(0.08)
    assert lesson.count("keyframe_requests") - before <= 7  # in 2.4 s
    sender.turns(1.0)
    assert {layer_of(lesson, name) for name in names} == {2}
