"""What a narrow line carries, and in which order things give way."""

from hypothesis import given
from hypothesis import strategies as st

from media.core.allocation import HEADROOM, Allotment, Priority, Wish, plan
from media.core.ids import Kind, PeerId, Source, TrackKey

AUDIO = (40.0,)
CAMERA = (150.0, 500.0, 1700.0)
SLIDES = (200.0, 800.0)


def key(name: str, source: Source) -> TrackKey:
    return TrackKey(PeerId(name), source)


HUB_SOUND = Wish(key("hub", Source.MICROPHONE), Priority.HUB_AUDIO, AUDIO)
HUB_PICTURE = Wish(key("hub", Source.CAMERA), Priority.HUB_VIDEO, CAMERA)
SCREEN = Wish(key("hub", Source.SCREEN), Priority.SLIDES, SLIDES)
STAGE_SOUND = Wish(key("site", Source.MICROPHONE), Priority.STAGE_AUDIO, AUDIO)
STAGE_PICTURE = Wish(key("site", Source.CAMERA), Priority.OTHER, CAMERA)
LESSON = [HUB_SOUND, HUB_PICTURE, SCREEN, STAGE_SOUND, STAGE_PICTURE]


def layers(budget_kbps: float | None, *wishes: Wish) -> list[int | None]:
    return [allotment.layer for allotment in plan(budget_kbps, wishes)]


# -- by example ------------------------------------------------------------------


def test_without_a_budget_everything_comes_at_its_best() -> None:
    assert layers(None, *LESSON) == [0, 2, 1, 0, 2]


def test_slides_are_sharp_before_the_teacher_is() -> None:
    assert layers(1300, *LESSON) == [0, 0, 1, 0, None]


def test_a_line_of_200_kbits_carries_the_sound_and_one_small_picture() -> None:
    assert layers(250, HUB_SOUND, HUB_PICTURE) == [0, 0]
    assert layers(200, HUB_SOUND, HUB_PICTURE) == [0, None]


def test_the_hubs_sound_is_never_held_back() -> None:
    assert plan(10, [HUB_SOUND]) == (Allotment(HUB_SOUND.track, 0, 40.0),)


def test_a_shared_screen_outranks_the_camera() -> None:
    assert layers(300, SCREEN, HUB_PICTURE) == [0, None]
    assert layers(300, HUB_PICTURE) == [0]


def test_what_flows_stays_without_the_headroom_that_rising_needs() -> None:
    exactly = CAMERA[0] + 40
    assert layers(exactly, HUB_SOUND, HUB_PICTURE) == [0, None]
    assert layers(exactly, HUB_SOUND, HUB_PICTURE._replace(current=0)) == [0, 0]


def test_what_was_just_lowered_stays_low_for_now() -> None:
    lowered = HUB_PICTURE._replace(current=0, may_rise=False)
    assert layers(9000, lowered) == [0]
    given_up = lowered._replace(current=None)
    smallest = HUB_PICTURE.layers_kbps[0]
    assert layers(1.99 * smallest, given_up) == [None]
    assert layers(2 * smallest, given_up) == [0], "nothing at all is worse than to try"
    assert layers(9000, given_up) == [0]


def test_a_higher_layer_that_costs_less_is_taken() -> None:
    """A sharp slide that does not change costs less than its small copy at the wrong moment."""
    still = SCREEN._replace(layers_kbps=(200.0, 300.0, 120.0))
    assert layers(245, still) == [2]


def test_equals_rise_together_level_by_level() -> None:
    sites = [
        Wish(key(name, Source.CAMERA), Priority.OTHER, CAMERA) for name in ("one", "two", "three")
    ]
    assert layers(HEADROOM * 1500, *sites) == [1, 1, 1]
    assert layers(HEADROOM * 450, *sites) == [0, 0, 0]


def heard(budget_kbps: float, *wishes: Wish) -> list[int]:
    return [allotment.redundancy for allotment in plan(budget_kbps, wishes)]


def test_sound_is_repeated_where_there_is_room_for_it_and_then_costs_more() -> None:
    lossy = HUB_SOUND._replace(redundancy=2, redundancy_kbps=30.0)
    assert heard(HEADROOM * 100, lossy) == [2]
    assert heard(HEADROOM * 70, lossy) == [1]
    assert heard(69, lossy) == [0]
    assert plan(1000, [lossy]) == (Allotment(lossy.track, 0, 100.0, 2),)
    assert heard(100, lossy._replace(current_redundancy=2)) == [2], "to stay needs no headroom"


def test_sound_is_repeated_before_the_teacher_is_seen_and_after_everybody_is_heard() -> None:
    lossy = HUB_SOUND._replace(redundancy=1, redundancy_kbps=30.0)
    assert heard(HEADROOM * 110, lossy, STAGE_SOUND, HUB_PICTURE) == [1, 0, 0]
    assert layers(HEADROOM * 110, lossy, STAGE_SOUND, HUB_PICTURE) == [0, 0, None]
    assert heard(80, lossy, STAGE_SOUND) == [0, 0]
    assert layers(80, lossy, STAGE_SOUND) == [0, 0]


def test_everybodys_sound_is_repeated_once_before_anybodys_is_twice() -> None:
    both = [one._replace(redundancy=2, redundancy_kbps=30.0) for one in (HUB_SOUND, STAGE_SOUND)]
    assert heard(HEADROOM * 140, *both) == [1, 1]
    assert heard(HEADROOM * 170, *both) == [2, 1]


# -- for every input ---------------------------------------------------------------

PRIORITIES = {
    Kind.AUDIO: (Priority.HUB_AUDIO, Priority.STAGE_AUDIO, Priority.OTHER),
    Kind.VIDEO: (Priority.SLIDES, Priority.HUB_VIDEO, Priority.OTHER),
}


@st.composite
def wish_lists(draw: st.DrawFn) -> list[Wish]:
    keys = draw(
        st.lists(
            st.builds(key, st.sampled_from("abcdefgh"), st.sampled_from(Source)),
            unique=True,
            max_size=10,
        )
    )
    wishes = []
    for track in keys:
        kind = track.source.kind
        number = 1 if kind is Kind.AUDIO else draw(st.integers(1, 3))
        costs = draw(
            st.lists(st.floats(1, 3000, width=32), min_size=number, max_size=number).map(tuple)
        )
        wishes.append(
            Wish(
                track,
                draw(st.sampled_from(PRIORITIES[kind])),
                costs,
                draw(st.none() | st.integers(0, number - 1)),
                draw(st.booleans()),
                draw(st.integers(0, 2)) if kind is Kind.AUDIO else 0,
                draw(st.floats(1, 100, width=32)),
                draw(st.integers(0, 2)),
            )
        )
    return wishes


budgets = st.floats(0, 6000, width=32)


@given(budgets, wish_lists())
def test_never_over_budget_but_for_the_hubs_sound(budget: float, wishes: list[Wish]) -> None:
    allotted = plan(budget, wishes)
    hub_sound = sum(w.layers_kbps[0] for w in wishes if w.priority is Priority.HUB_AUDIO)
    assert sum(a.kbps for a in allotted) <= max(budget, hub_sound) + 1e-6


@given(budgets, wish_lists())
def test_sound_is_never_last(budget: float, wishes: list[Wish]) -> None:
    """Where a sound is held back, no picture of its rank or below it flows."""
    layer_of = {a.track: a.layer for a in plan(budget, wishes)}
    for sound in wishes:
        if not sound.is_audio:
            continue
        if sound.priority is Priority.HUB_AUDIO:
            assert layer_of[sound.track] == 0
        if layer_of[sound.track] is None:
            assert all(
                other.layers_kbps[layer] < sound.layers_kbps[0]
                for other in wishes
                if not other.is_audio and other.priority >= sound.priority
                if (layer := layer_of[other.track]) is not None
            )


@given(budgets, wish_lists())
def test_what_ranks_lower_changes_nothing_above_it(budget: float, wishes: list[Wish]) -> None:
    """Tracks of the last class come out of what is left: without them all else is the same."""
    others = [w for w in wishes if w.priority is not Priority.OTHER]
    with_rest = {a.track: a for a in plan(budget, wishes)}
    assert plan(budget, others) == tuple(with_rest[w.track] for w in others)


@given(budgets, wish_lists(), st.randoms(use_true_random=False))
def test_the_order_of_wishes_does_not_matter(
    budget: float, wishes: list[Wish], random: object
) -> None:
    shuffled = list(wishes)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis' own Random
    assert set(plan(budget, shuffled)) == set(plan(budget, wishes))


@given(budgets, wish_lists())
def test_rises_leave_headroom_and_wait_their_time(budget: float, wishes: list[Wish]) -> None:
    for wish, allotment in zip(wishes, plan(budget, wishes), strict=True):
        current = -1 if wish.current is None else wish.current
        if allotment.layer is None or allotment.layer <= current or wish.is_audio:
            continue
        is_ample = allotment.layer == 0 and 2 * allotment.kbps <= budget
        assert wish.may_rise or is_ample
        assert allotment.kbps * HEADROOM <= budget + 1e-6


@given(budgets, wish_lists())
def test_the_same_line_gives_the_same_plan_again(budget: float, wishes: list[Wish]) -> None:
    """It does not flap: where every higher layer costs more, a plan carried out stays."""
    rising = [w._replace(layers_kbps=tuple(sorted(w.layers_kbps))) for w in wishes]
    first = plan(budget, rising)
    carried_out = [
        w._replace(current=a.layer, may_rise=False, current_redundancy=a.redundancy)
        for w, a in zip(rising, first, strict=True)
    ]
    again = plan(budget, carried_out)
    assert [(a.layer, a.redundancy) for a in again] == [(a.layer, a.redundancy) for a in first]
