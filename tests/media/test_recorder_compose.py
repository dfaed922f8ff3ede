"""The file of a whole lesson: decoded again, it is what was seen and heard, at the same times."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import av
import pytest

from media.recorder.compose import SMALL, WHOLE, Composed, NothingToHear, Profile, compose
from media.recorder.composition import HEIGHT, WIDTH, Chapter, Plan, PlannedClip, Role, Span
from media.recorder.replay import build_replay
from media.recorder.sound import TARGET_LUFS
from tests.media.composing import (
    BLACK,
    WHITE,
    Pictures,
    grey_clip,
    loudness,
    plan_of,
    planned,
    tone_clip,
    tracks,
)
from tests.media.decoding import beeps, flashes
from tests.media.recordings import CAMERA, MICROPHONE, h264_feed, opus_feed, record, without

WIDE = (320, 180)
FPS = WHOLE.fps
SOUND = ("--form", "sound")
MIDDLE = (WIDTH // 2, HEIGHT // 2)
SILENCE_DB = -60.0


def make(
    folder: Path, duration_s: float, *clips: PlannedClip, profile: Profile | None = WHOLE
) -> tuple[Path, Composed]:
    out = folder / "lesson.mp4"
    told: list[float] = []
    made = compose(
        folder,
        Plan(duration_s, clips),
        out,
        profile=profile,
        told=lambda _, done_s: told.append(done_s),
    )
    assert told[-1] == duration_s
    return out, made


def test_flash_and_beep_stay_in_step_and_on_the_lesson_s_clock(tmp_path: Path) -> None:
    feeds = {CAMERA: h264_feed(6.0, size=WIDE), MICROPHONE: without(opus_feed(6.0), 2.5, 3.5)}
    record(tmp_path / "rec", feeds, offset_s=3.0)
    plan = plan_of(build_replay(tmp_path / "rec", tmp_path / "out"))
    out = tmp_path / "lesson.mp4"
    compose(tmp_path / "out", plan, out, profile=WHOLE, told=lambda *_: None)
    seen, heard = flashes(out), beeps(out)
    assert [round(at) for at in seen] == [3, 4, 5, 6, 7, 8]
    assert [round(at) for at in heard] == [3, 4, 5, 7, 8]
    apart = [min(abs(flash - beep) for flash in seen) for beep in heard]
    assert max(apart) < 0.040
    length = tracks(out)
    assert length["video"] == pytest.approx(plan.duration_s, abs=2 / FPS)
    assert length["audio"] == pytest.approx(plan.duration_s, abs=0.05)


@pytest.mark.parametrize("profile", [SMALL, None])
def test_chapters_are_where_players_look_for_them(tmp_path: Path, profile: Profile | None) -> None:
    tone_clip(tmp_path / "hub.mp4", 0.3, 3.0)
    chapters = (Chapter(0.0, "讲课"), Chapter(1.5, "上台: 一村小"), Chapter(2.0, "讲课"))
    plan = Plan(3.0, (planned("hub.mp4", start_s=0.0, seconds=3.0, sound=True),), chapters)
    out = tmp_path / "lesson.mp4"
    compose(tmp_path, plan, out, profile=profile, told=lambda *_: None)
    with av.open(out) as container:
        found = [
            (
                float(each["start"] * each["time_base"]),
                float(each["end"] * each["time_base"]),
                each["metadata"],
            )
            for each in container.chapters()
            if each["time_base"] is not None
        ]
    assert found == [
        (0.0, 1.5, {"title": "讲课"}),
        (1.5, 2.0, {"title": "上台: 一村小"}),
        (2.0, 3.0, {"title": "讲课"}),
    ]


def test_pictures_come_at_a_constant_rate_and_hold_over_what_is_missing(tmp_path: Path) -> None:
    grey_clip(tmp_path / "a.mp4", WHITE, 1.0, size=WIDE)
    grey_clip(tmp_path / "b.mp4", 120, 1.0, size=WIDE)
    out, _ = make(
        tmp_path,
        6.5,
        planned("a.mp4", start_s=1.0, seconds=1.0, picture=True),
        planned("b.mp4", start_s=4.0, seconds=1.0, picture=True),
    )
    found = Pictures(out, [MIDDLE])
    assert found.size == (WIDTH, HEIGHT)
    assert len(found.times) == round(6.5 * FPS + 0.49)
    assert all(b - a == pytest.approx(1 / FPS, abs=1e-4) for a, b in pairwise(found.times))
    for at_s, shade in ((0.5, BLACK), (1.5, WHITE), (3.5, WHITE), (4.5, 120), (6.4, 120)):
        assert found.shade(at_s, MIDDLE) == pytest.approx(shade, abs=12), at_s


def test_a_small_one_fits_a_narrow_line(tmp_path: Path) -> None:
    feeds = {CAMERA: h264_feed(6.0, size=(1280, 720)), MICROPHONE: opus_feed(6.0)}
    record(tmp_path / "rec", feeds)
    plan = plan_of(build_replay(tmp_path / "rec", tmp_path / "out"))
    out = tmp_path / "lesson.mp4"
    compose(tmp_path / "out", plan, out, profile=SMALL, told=lambda *_: None)
    found = Pictures(out, [(10, 10)])
    assert found.size == (SMALL.width, SMALL.height)
    assert len(found.times) == pytest.approx(6.0 * SMALL.fps, abs=1)
    assert out.stat().st_size * 8 / 6.0 < 500_000
    assert beeps(out) == pytest.approx(range(6), abs=0.02)


def test_a_change_of_codec_and_size_goes_on_in_the_same_place(tmp_path: Path) -> None:
    grey_clip(tmp_path / "a.mp4", WHITE, 2.0, size=(640, 360))
    grey_clip(tmp_path / "b.webm", 90, 2.0, size=(320, 240))
    out, _ = make(
        tmp_path,
        4.0,
        planned("a.mp4", start_s=0.0, seconds=2.0, picture=True),
        planned("b.webm", start_s=2.0, seconds=2.0, picture=True),
    )
    left = (10, HEIGHT // 2)  # beside a picture of 4:3
    found = Pictures(out, [MIDDLE, left])
    assert found.shade(1.9, MIDDLE) == pytest.approx(WHITE, abs=12)
    assert found.shade(1.9, left) == pytest.approx(WHITE, abs=12)
    assert found.shade(3.0, MIDDLE) == pytest.approx(90, abs=12)
    assert found.shade(3.0, left) == pytest.approx(BLACK, abs=12)


def test_a_screen_is_large_with_the_teacher_beside_it_while_it_is_shared(tmp_path: Path) -> None:
    grey_clip(tmp_path / "hub.mp4", WHITE, 4.0, size=WIDE)
    grey_clip(tmp_path / "screen.webm", 90, 2.0, size=(512, 360))
    out, _ = make(
        tmp_path,
        4.0,
        planned("hub.mp4", start_s=0.0, seconds=4.0, picture=True),
        planned(
            "screen.webm",
            start_s=1.0,
            seconds=2.0,
            picture=True,
            lane="hub/screen",
            role=Role.CONTENT,
        ),
    )
    beside = (WIDTH - 128, HEIGHT // 2)
    found = Pictures(out, [MIDDLE, beside])
    for at_s, large, small in ((0.5, WHITE, WHITE), (2.0, 90, WHITE), (3.5, WHITE, WHITE)):
        assert found.shade(at_s, MIDDLE) == pytest.approx(large, abs=12)
        assert found.shade(at_s, beside) == pytest.approx(small, abs=12)


def test_a_classroom_is_seen_and_heard_only_while_it_is_on_stage(tmp_path: Path) -> None:
    grey_clip(tmp_path / "hub.mp4", WHITE, 6.0, size=WIDE)
    grey_clip(tmp_path / "site.mp4", 90, 6.0, size=WIDE)
    tone_clip(tmp_path / "tone.mp4", 0.3, 6.0)
    shown = (Span(2.0, 4.0),)
    out, _ = make(
        tmp_path,
        6.0,
        planned("hub.mp4", start_s=0.0, seconds=6.0, picture=True),
        PlannedClip("site.mp4", "site", Role.GUEST, 0.0, 6.0, False, True, shown),
        PlannedClip("tone.mp4", "site", Role.GUEST, 0.0, 6.0, True, False, shown),
    )
    right = (WIDTH * 3 // 4, HEIGHT // 2)
    found = Pictures(out, [right])
    for at_s, shade in ((1.0, WHITE), (3.0, 90), (5.0, WHITE)):
        assert found.shade(at_s, right) == pytest.approx(shade, abs=12)
    assert loudness(out, 0.2, 1.8) < SILENCE_DB
    assert loudness(out, 2.2, 3.8) > -25
    assert loudness(out, 4.2, 5.8) < SILENCE_DB


@pytest.mark.parametrize(("loud", "quiet"), [(0.5, 0.02), (0.9, 0.9)])
def test_everybody_is_as_loud_as_the_teacher(tmp_path: Path, loud: float, quiet: float) -> None:
    tone_clip(tmp_path / "hub.mp4", loud, 6.0)
    tone_clip(tmp_path / "site.mp4", quiet, 6.0, hertz=500)
    out, made = make(
        tmp_path,
        14.0,
        planned("hub.mp4", start_s=0.0, seconds=6.0, sound=True),
        planned("site.mp4", start_s=7.0, seconds=6.0, sound=True, lane="site", role=Role.GUEST),
        profile=None,
    )
    assert made.lufs == pytest.approx(TARGET_LUFS, abs=0.5)
    assert loudness(out, 1, 5) == pytest.approx(loudness(out, 8, 12), abs=1.0)
    assert loudness(out, 6.3, 6.8) < SILENCE_DB
    assert list(tracks(out)) == ["audio"]


def test_a_lesson_may_end_a_moment_after_a_whole_second(tmp_path: Path) -> None:
    tone_clip(tmp_path / "hub.mp4", 0.5, 1.0)
    heard = planned("hub.mp4", start_s=0.0, seconds=1.0, sound=True)
    for duration_s in (1.000002, 1.0003):
        out, _ = make(tmp_path, duration_s, heard, profile=None)
        assert tracks(out)["audio"] == pytest.approx(1.0, abs=0.05)


def test_what_was_silent_is_not_made_noise(tmp_path: Path) -> None:
    tone_clip(tmp_path / "hub.mp4", 0.0005, 4.0)
    out, _ = make(
        tmp_path,
        4.0,
        planned("hub.mp4", start_s=0.0, seconds=4.0, sound=True),
        profile=None,
    )
    assert loudness(out, 1, 3) < SILENCE_DB


def test_a_lesson_without_sound_is_a_silent_film_and_no_sound_file(tmp_path: Path) -> None:
    grey_clip(tmp_path / "hub.mp4", WHITE, 1.0, size=WIDE)
    clip = planned("hub.mp4", start_s=0.0, seconds=1.0, picture=True)
    out, made = make(tmp_path, 1.0, clip)
    assert list(tracks(out)) == ["video"]
    assert made.lufs is None
    with pytest.raises(NothingToHear):
        make(tmp_path, 1.0, clip, profile=None)


def test_what_cannot_be_decoded_costs_its_own_time(tmp_path: Path) -> None:
    grey_clip(tmp_path / "hub.mp4", WHITE, 4.0, size=(640, 360))
    data = bytearray((tmp_path / "hub.mp4").read_bytes())
    middle = len(data) // 3
    data[middle : middle + 40] = bytes(40)
    (tmp_path / "hub.mp4").write_bytes(data)
    out, _ = make(tmp_path, 4.0, planned("hub.mp4", start_s=0.0, seconds=4.0, picture=True))
    assert tracks(out)["video"] == pytest.approx(4.0, abs=2 / FPS)


def test_a_long_unseen_stretch_is_skipped_to_the_picture_that_is_due(tmp_path: Path) -> None:
    with_flash = h264_feed(24.0, size=WIDE)
    record(tmp_path / "rec", {CAMERA: with_flash})
    (clip,) = plan_of(build_replay(tmp_path / "rec", tmp_path)).clips
    shown = (Span(20.5, 24.0),)
    out, _ = make(
        tmp_path,
        24.0,
        PlannedClip(clip.file, "site", Role.GUEST, clip.start_s, 24.0, False, True, shown),
    )
    assert flashes(out) == pytest.approx([21.0, 22.0, 23.0], abs=0.021)


def command(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "media.recorder", "compose", *options],
        cwd=folder,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def planned_tone(folder: Path, seconds: float) -> None:
    tone_clip(folder / "hub.mp4", 0.3, 2.0)
    plan = Plan(seconds, (planned("hub.mp4", start_s=0.0, seconds=2.0, sound=True),))
    (folder / "plan.json").write_text(plan.to_json())


def test_the_command_says_how_far_it_is_and_what_came_of_it(tmp_path: Path) -> None:
    planned_tone(tmp_path, 3.0)
    with command(tmp_path, ".", "plan.json", "lesson.mp4", *SOUND) as process:
        assert process.stdout is not None
        lines = [json.loads(line) for line in process.stdout]
    assert process.returncode == 0
    assert lines[0] == {"step": "measuring", "done_ms": 0, "total_ms": 3000}
    assert lines[-2] == {"step": "composing", "done_ms": 3000, "total_ms": 3000}
    assert lines[-1]["duration_ms"] == 3000
    assert lines[-1]["lufs"] == pytest.approx(TARGET_LUFS, abs=0.5)
    assert tracks(tmp_path / "lesson.mp4")["audio"] == pytest.approx(3.0, abs=0.05)


def test_the_command_ends_with_who_began_it(tmp_path: Path) -> None:
    planned_tone(tmp_path, 20_000.0)
    with command(tmp_path, ".", "plan.json", "lesson.mp4", *SOUND) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert b"measuring" in process.stdout.readline()
        process.stdin.close()
        assert b"took_s" not in process.stdout.read()
    assert process.returncode == 1


def test_a_full_disk_is_said_in_a_word(tmp_path: Path) -> None:
    planned_tone(tmp_path, 3.0)
    with command(tmp_path, ".", "plan.json", "/dev/full", *SOUND) as process:
        assert process.stdout is not None
        *_, last = process.stdout
    assert json.loads(last) == {"problem": "disk_full"}
    assert process.returncode == 1
