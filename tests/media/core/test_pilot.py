"""When each subscriber's plan is made anew: twice a second, or soon after something changed."""

from collections import defaultdict

from media.core.ids import PeerId
from tests.media.core.lesson import Lesson, camera


def plans_made(lesson: Lesson, seconds: float) -> dict[PeerId, list[float]]:
    """Let time pass; return when each subscriber was planned for."""
    made = defaultdict[PeerId, list[float]](list)
    for _ in range(round(seconds / 0.01)):
        before = {name: one.steering.steered_at for name, one in lesson.router.subscribers.items()}
        lesson.pass_time(0.01)
        for name, one in lesson.router.subscribers.items():
            if one.steering.steered_at != before[name]:
                made[name].append(one.steering.steered_at)
    return made


def with_three_sites() -> Lesson:
    """Sites that came one after the other, so that nothing of theirs falls due together."""
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher"))
    for name in ("one", "two", "three"):
        lesson.subscribe(name)
        lesson.pass_time(0.07)
    lesson.pass_time(1.0)
    return lesson


def test_who_came_at_different_times_is_planned_for_twice_a_second() -> None:
    made = plans_made(with_three_sites(), 5.0)
    assert len(made) == 3
    for times in made.values():
        assert 10 <= len(times) <= 13


def test_all_are_planned_for_soon_after_something_changed() -> None:
    lesson = with_three_sites()
    lesson.router.set_plan({}, frozenset(), lesson.now)
    made = plans_made(lesson, 0.11)
    assert {name: len(times) for name, times in made.items()} == dict.fromkeys(made, 1)
    assert len(made) == 3
