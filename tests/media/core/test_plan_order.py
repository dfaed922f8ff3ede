"""A plan takes hold in one order: what it forbids has stopped before what it allows begins."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from media.core.ids import TrackKey
from media.core.uptrack import UpTrack
from tests.media.core.lesson import KEY, Lesson, camera, track
from tests.media.core.test_runs import FakeRuns

TEACHERS = ("ana", "bo", "cai")
SITES = ("one", "two", "three")
TRACKS = tuple(track(teacher) for teacher in TEACHERS)

Plan = tuple[dict[TrackKey, frozenset[str]], frozenset[TrackKey]]
PLANS: st.SearchStrategy[Plan] = st.tuples(
    st.fixed_dictionaries({key: st.frozensets(st.sampled_from(SITES)) for key in TRACKS}),
    st.frozensets(st.sampled_from(TRACKS)),
)


class Watch(FakeRuns):
    """A plane that looks, each time it is told something, at what the room does just then."""

    def __init__(self) -> None:
        super().__init__()
        self.lesson: Lesson | None = None
        self.seen: list[set[tuple[TrackKey, str]]] = []

    def changed(self, up: UpTrack) -> None:
        self.look()

    def end(self, *row: Any) -> None:
        super().end(*row)
        self.look()

    def look(self) -> None:
        if self.lesson is not None:
            self.seen.append(served(self.lesson))


def served(lesson: Lesson) -> set[tuple[TrackKey, str]]:
    """Return who is sent what, or would be at the next keyframe; the tape is one of them."""
    pairs: set[tuple[TrackKey, str]] = set()
    for key, layered in lesson.router.tracks.items():
        for up in layered.up_tracks:
            pairs |= {(key, down.subscriber_id) for down in (*up.flowing, *up.waiting)}
            if up.is_recorded or up.awaits_recording:
                pairs.add((key, "tape"))
    return pairs


def said(plan: Plan) -> set[tuple[TrackKey, str]]:
    audience, recorded = plan
    pairs = {(key, name) for key, names in audience.items() for name in names}
    return pairs | {(key, "tape") for key in recorded}


@settings(deadline=None, max_examples=150)
@given(st.lists(PLANS, min_size=2, max_size=5))
def test_nobody_has_something_new_while_anybody_has_what_is_forbidden(plans: list[Plan]) -> None:
    watch = Watch()
    lesson = Lesson(watch)
    for number, teacher in enumerate(TEACHERS):
        ssrc = 1000 * (number + 1)
        lesson.publish(teacher, camera(teacher, ssrc=ssrc, rtx_ssrc=ssrc + 1))
    lesson.allow(dict.fromkeys(TRACKS, SITES))
    for site in SITES:
        lesson.subscribe(site)
    lesson.router.set_recording(lesson.now, is_recording=True)
    watch.lesson = lesson
    before = {(key, site) for key in TRACKS for site in SITES}
    for number, plan in enumerate(plans):
        watch.seen.clear()
        lesson.allow(*plan)
        after = said(plan)
        assert served(lesson) == after
        for moment in watch.seen:
            has_forbidden = bool(moment & (before - after))
            assert not (has_forbidden and moment & (after - before))
        before = after
        for at, teacher in enumerate(TEACHERS):  # so that some of it flows, and does not only wait
            lesson.send(teacher, number + 1, KEY, ssrc=1000 * (at + 1))
