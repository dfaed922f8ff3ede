"""The chapters of a recorded lesson: as a replay lists them, and as its file has them."""

from uuid import uuid4

from app.attendance.timeline import Span
from app.live.chapters import (
    ChapterKind,
    Passage,
    Shown,
    chapters_of,
    file_chapters,
    shown_in_clips,
    shown_in_parts,
)
from app.recordings.models import RecordingClip
from media.core.ids import PeerId, Source
from media.recorder.composition import Chapter
from media.recorder.playlists import lanes_of
from tests.media.test_recorder_playlists import part

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


def listed(
    *clips: RecordingClip, stage: tuple[Span, ...] = (), pauses: tuple[Span, ...] = ()
) -> list[Passage]:
    return chapters_of(shown_in_clips(clips), stage, pauses, names=NAMES, length_ms=LENGTH_MS)


def of(
    *clips: RecordingClip, stage: tuple[Span, ...] = (), pauses: tuple[Span, ...] = ()
) -> list[tuple[float, str]]:
    """The file's, of a lesson in which the teacher is seen from its beginning to its end."""
    passages = listed(clip(0, LENGTH_MS, group="camera"), *clips, stage=stage, pauses=pauses)
    return [(one.at_s, one.title) for one in file_chapters(passages, length_ms=LENGTH_MS)]


def test_a_lesson_in_which_nothing_else_happened_has_none() -> None:
    assert listed(clip(0, LENGTH_MS, group="camera")) == []
    assert of() == []


def test_a_replay_lists_what_went_on_in_the_order_it_began_in() -> None:
    found = listed(
        clip(0, 40_000, group="camera"),
        clip(12_000, 20_000),
        clip(5_000, 7_000, group="second_camera"),
        stage=(Span(15_000, 30_000, "site-1"),),
        pauses=(Span(10_000, 11_000),),
    )
    assert found == [
        Passage(ChapterKind.SECOND_CAMERA, 5_000, 7_000),
        Passage(ChapterKind.PAUSE, 10_000, 11_000),
        Passage(ChapterKind.SCREEN, 12_000, 20_000),
        Passage(ChapterKind.STAGE, 15_000, 30_000, "一村小 教室"),
        Passage(ChapterKind.HOLE, 40_000, LENGTH_MS),
    ]


def test_the_teacher_not_seen_is_a_chapter_from_five_seconds_on() -> None:
    camera = (clip(4_999, 20_000, group="camera"), clip(25_000, 30_000, group="camera"))
    others = clip(0, LENGTH_MS, group="camera", seat="site-1")
    found = listed(*camera, clip(34_999, LENGTH_MS, group="camera"), others)
    assert found == [Passage(ChapterKind.HOLE, 20_000, 25_000)]
    unseen = clip(0, LENGTH_MS, group="camera")
    unseen.has_video = False
    assert listed(unseen) == [Passage(ChapterKind.HOLE, 0, LENGTH_MS)]
    parts = file_chapters(found, length_ms=LENGTH_MS)
    assert [(one.at_s, one.title) for one in parts] == [
        (0.0, "讲课"),
        (20.0, "没有老师的画面"),
        (25.0, "讲课"),
    ]


def test_parts_show_what_is_written_of_them_and_nothing_in_their_gaps() -> None:
    parts = [
        part(Source.CAMERA, 0.0, 6.0),
        part(Source.CAMERA, 6.0, 12.0, gaps=((7.0, 8.5),)),
        part(Source.CAMERA, 12.0, None),
        part(Source.MICROPHONE, 0.0, 12.0),
        part(Source.SCREEN, 2.0, 5.0),
        part(Source.SCREEN, 2.0, 5.0, peer_id=PeerId("site-1")),
    ]
    assert shown_in_parts(lanes_of(parts)) == [
        Shown("camera", 0, 6_000),
        Shown("camera", 6_000, 7_000),
        Shown("camera", 8_500, 12_000),
        Shown("screen", 2_000, 5_000),
    ]
    sound = part(Source.MICROPHONE, 0.0, 12.0)
    assert shown_in_parts(lanes_of([sound])) == []


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
    passages = listed(clip(0, LENGTH_MS, group="camera"), clip(0, 1_000))
    [first, _] = file_chapters(passages, length_ms=LENGTH_MS)
    assert first == Chapter(0.0, "共享屏幕")
