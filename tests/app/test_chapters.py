"""The chapters of a lesson's file: what goes on when, one after the other and without a hole."""

from uuid import uuid4

from app.attendance.timeline import Span
from app.live.chapters import chapters_of
from app.recordings.models import RecordingClip
from media.recorder.composition import Chapter

LENGTH_MS = 60_000
NAMES = {"site-1": "一村小 教室", "site-2": "二村小 教室"}


def clip(start_ms: int, end_ms: int, *, group: str = "screen", seat: str = "hub") -> RecordingClip:
    return RecordingClip(
        recording_id=uuid4(),
        seat_id=seat,
        group=group,
        file="x.mp4",
        mime="video/mp4",
        start_ms=start_ms,
        duration_ms=end_ms - start_ms,
        has_audio=False,
        has_video=True,
        bytes=1,
    )


def of(
    *clips: RecordingClip, stage: tuple[Span, ...] = (), pauses: tuple[Span, ...] = ()
) -> list[tuple[float, str]]:
    found = chapters_of(clips, stage, pauses, names=NAMES, length_ms=LENGTH_MS)
    return [(chapter.at_s, chapter.title) for chapter in found]


def test_a_lesson_in_which_nothing_else_happened_has_none() -> None:
    assert of(clip(0, LENGTH_MS, group="camera")) == []


def test_the_lesson_goes_on_between_what_happens_in_it() -> None:
    found = of(
        clip(10_000, 20_000),
        clip(30_000, 35_000, group="second_camera"),
        stage=(Span(40_000, 50_000, "site-1"),),
        pauses=(Span(55_000, LENGTH_MS),),
    )
    assert found == [
        (0.0, "讲课"),
        (10.0, "共享屏幕"),
        (20.0, "讲课"),
        (30.0, "第二画面"),
        (35.0, "讲课"),
        (40.0, "上台: 一村小 教室"),
        (50.0, "讲课"),
        (55.0, "暂停"),
    ]


def test_what_goes_on_at_once_is_one_chapter_with_all_its_names() -> None:
    found = of(
        clip(0, 30_000),
        stage=(Span(10_000, 40_000, "site-1"), Span(20_000, 40_000, "site-2")),
    )
    assert found == [
        (0.0, "共享屏幕"),
        (10.0, "共享屏幕 · 上台: 一村小 教室"),
        (20.0, "共享屏幕 · 上台: 一村小 教室 · 上台: 二村小 教室"),
        (30.0, "上台: 一村小 教室 · 上台: 二村小 教室"),
        (40.0, "讲课"),
    ]


def test_a_change_of_format_is_no_chapter_and_others_screens_are_none() -> None:
    found = of(clip(10_000, 20_000), clip(22_000, 30_000), clip(40_000, 50_000, seat="site-1"))
    assert found == [(0.0, "讲课"), (10.0, "共享屏幕"), (30.0, "讲课")]


def test_what_changes_within_a_second_changes_once() -> None:
    found = of(clip(10_000, 20_000), stage=(Span(20_400, 30_000, "site-1"),))
    assert found == [(0.0, "讲课"), (10.0, "共享屏幕"), (20.0, "上台: 一村小 教室"), (30.0, "讲课")]


def test_what_is_over_within_a_second_cuts_nothing_in_two() -> None:
    found = of(clip(10_000, 20_000), stage=(Span(15_000, 15_400, "site-1"),))
    assert found == [(0.0, "讲课"), (10.0, "共享屏幕"), (20.0, "讲课")]


def test_a_seat_nobody_has_a_name_for_was_on_stage_all_the_same() -> None:
    assert of(stage=(Span(0, LENGTH_MS, "site-9"),)) == [(0.0, "上台")]


def test_chapters_are_what_the_file_is_made_of() -> None:
    [first, _] = chapters_of([clip(0, 1_000)], (), (), names={}, length_ms=LENGTH_MS)
    assert first == Chapter(0.0, "共享屏幕")
