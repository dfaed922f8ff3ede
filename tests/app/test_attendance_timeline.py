from app.attendance.timeline import Happening, Span, pause_spans, stage_spans


def test_stage_spans_are_per_seat_and_the_last_lasts_until_the_end() -> None:
    happenings = [
        Happening("stage_granted", 1_000, "a"),
        Happening("chat", 1_500, "a"),
        Happening("stage_granted", 2_000, "b"),
        Happening("stage_released", 3_000, "a"),
    ]
    assert stage_spans(happenings, end_ms=9_000) == [
        Span(1_000, 3_000, "a"),
        Span(2_000, 9_000, "b"),
    ]


def test_a_second_grant_and_a_stray_release_change_nothing() -> None:
    happenings = [
        Happening("stage_released", 500, "a"),
        Happening("stage_granted", 1_000, "a"),
        Happening("stage_granted", 2_000, "a"),
        Happening("stage_released", 3_000, "a"),
        Happening("stage_released", 4_000, "a"),
    ]
    assert stage_spans(happenings, end_ms=9_000) == [Span(1_000, 3_000, "a")]


def test_a_pause_belongs_to_everybody_whoever_pressed_it() -> None:
    happenings = [Happening("paused_all", 1_000, "hub"), Happening("restored_all", 2_000, None)]
    assert pause_spans(happenings, end_ms=9_000) == [Span(1_000, 2_000)]


def test_spans_are_cut_to_the_lesson_and_empty_ones_left_out() -> None:
    happenings = [
        Happening("paused_all", 8_000),
        Happening("restored_all", 12_000),
        Happening("paused_all", 13_000),
    ]
    assert pause_spans(happenings, end_ms=9_000) == [Span(8_000, 9_000)]
