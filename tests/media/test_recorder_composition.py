"""What is seen when in the file of a whole lesson, and where in the picture."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.recorder.composition import (
    COLUMN_HEIGHT,
    HEIGHT,
    HOLD_S,
    WIDTH,
    Cell,
    Chapter,
    Plan,
    PlanDamaged,
    PlannedClip,
    Role,
    Span,
    fitted,
    places,
    read_plan,
    scenes,
)

ALWAYS = (Span(0.0, 1e6),)


def clip(
    lane: str,
    start_s: float,
    end_s: float,
    *,
    role: Role = Role.LEAD,
    shown: tuple[Span, ...] = ALWAYS,
    file: str = "",
) -> PlannedClip:
    name = file or f"{lane}-{start_s}"
    return PlannedClip(name, lane, role, start_s, end_s - start_s, True, True, shown)


def seen(*clips: PlannedClip, duration_s: float = 100.0) -> list[tuple[float, float, str]]:
    """From when to when which lanes are seen, the large one first."""
    return [
        (scene.span.from_s, scene.span.until_s, " ".join(cell.lane for cell in scene.cells))
        for scene in scenes(Plan(duration_s, clips))
    ]


def test_a_screen_takes_the_large_place_while_it_is_shared() -> None:
    screen = clip("screen", 20, 40, role=Role.CONTENT)
    assert seen(clip("hub", 0, 100), screen) == [
        (0, 20, "hub"),
        (20, 40, "screen hub"),
        (40, 100, "hub"),
    ]


def test_a_classroom_is_seen_while_it_is_on_stage() -> None:
    guest = clip("site", 0, 100, role=Role.GUEST, shown=(Span(10, 20), Span(50, 60)))
    assert seen(clip("hub", 0, 100), guest) == [
        (0, 10, "hub"),
        (10, 20, "hub site"),
        (20, 50, "hub"),
        (50, 60, "hub site"),
        (60, 100, "hub"),
    ]


def test_the_last_picture_stays_over_a_hole_and_then_gives_up_its_place() -> None:
    assert seen(clip("hub", 0, 10), clip("hub", 10 + HOLD_S, 100)) == [(0, 100, "hub")]
    assert seen(clip("hub", 0, 10), clip("hub", 60, 100)) == [
        (0, 10 + HOLD_S, "hub"),
        (10 + HOLD_S, 60, ""),
        (60, 100, "hub"),
    ]


def test_a_screen_that_is_no_longer_shared_is_gone_at_once() -> None:
    first, again = (clip("screen", at, at + 10, role=Role.CONTENT) for at in (10, 70))
    spans = [(a, b) for a, b, lanes in seen(clip("hub", 0, 100), first, again) if "screen" in lanes]
    assert spans == [(10, 20), (70, 80)]


def test_a_lesson_that_begins_and_ends_without_a_picture_is_as_long_as_it_was() -> None:
    found = seen(clip("hub", 30, 40))
    assert found == [(0, 30, ""), (30, 70, "hub"), (70, 100, "")]
    assert seen(clip("hub", -5, 200)) == [(0, 100, "hub")]
    assert seen() == [(0, 100, "")]


lanes = st.lists(
    st.tuples(st.sampled_from("abcdefghij"), st.sampled_from(list(Role))),
    unique_by=lambda each: each[0],
    max_size=10,
)


@given(lanes)
def test_places_lie_within_the_picture_and_cover_nobody(found: list[tuple[str, Role]]) -> None:
    roles = dict(found)
    cells = places(list(roles), roles)
    for cell in cells:
        assert 0 <= cell.x <= cell.x + cell.width <= WIDTH
        assert 0 <= cell.y <= cell.y + cell.height <= HEIGHT
        assert not any(each % 2 for each in (cell.x, cell.y, cell.width, cell.height))
    for one, other in combinations(cells, 2):
        assert (
            one.x + one.width <= other.x
            or other.x + other.width <= one.x
            or one.y + one.height <= other.y
            or other.y + other.height <= one.y
        )
    has_content = Role.CONTENT in roles.values()
    assert len(cells) == min(len(roles), 1 + HEIGHT // COLUMN_HEIGHT if has_content else len(roles))
    if has_content:
        assert roles[cells[0].lane] is Role.CONTENT


spans = st.tuples(st.floats(-20, 120), st.floats(0, 60)).map(lambda t: (t[0], t[0] + t[1]))


@given(st.lists(st.tuples(st.sampled_from("ab"), spans), max_size=8), st.floats(0.5, 100))
def test_scenes_follow_each_other_over_the_whole_lesson(
    found: list[tuple[str, tuple[float, float]]], duration_s: float
) -> None:
    clips = tuple(clip(lane, *span, file=str(n)) for n, (lane, span) in enumerate(found))
    told = scenes(Plan(duration_s, clips))
    assert told[0].span.from_s == 0
    assert told[-1].span.until_s == duration_s
    assert all(a.span.until_s == b.span.from_s for a, b in pairwise(told))
    assert all(a.cells != b.cells for a, b in pairwise(told))


@given(st.integers(1, 8000), st.integers(1, 8000))
def test_a_picture_keeps_its_proportions_in_its_place(width: int, height: int) -> None:
    cell = Cell("a", 1024, 288, 256, 144)
    place = fitted(cell, width, height)
    assert cell.x <= place.x <= place.x + place.width <= cell.x + cell.width
    assert cell.y <= place.y <= place.y + place.height <= cell.y + cell.height
    assert min(place.width, place.height) >= 2
    assert (place.width >= cell.width - 3) or (place.height >= cell.height - 3)
    assert abs(place.width * height - place.height * width) <= 2 * max(width, height)


def test_a_plan_is_read_as_it_was_written() -> None:
    clips = (clip("hub", 0, 5), clip("甲", 1, 2, role=Role.GUEST, shown=(Span(1, 2),)))
    plan = Plan(9.5, clips, (Chapter(0.0, "讲课"), Chapter(1.0, "上台: 甲")))
    assert read_plan(plan.to_json()) == plan


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"version": 1}', '{"version": 2, "duration_s": 1, "clips": [{"file": "a"}]}'],
)
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(PlanDamaged):
        read_plan(text)
