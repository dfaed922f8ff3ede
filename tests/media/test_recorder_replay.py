"""From parts to clips: what is shown when, and that picture and sound stay together."""

from pathlib import Path

import pytest

from media.config import RecordingTarget
from media.core.clock import PublisherClock
from media.core.ids import Kind, PeerId, Source, TrackKey
from media.recorder.folder import RecordingFolder
from media.recorder.manifest import PartRecord, read_manifest
from media.recorder.replay import build_replay
from media.recorder.timeline import (
    Group,
    Unreadable,
    holes,
    missing_between,
    plan_clips,
    read_index,
)
from media.recorder.track import TrackRecorder
from tests.media.decoding import beeps, decoded_times, flashes
from tests.media.recordings import (
    CAMERA,
    MICROPHONE,
    SCREEN,
    TEACHER,
    Feed,
    h264_feed,
    opus_feed,
    record,
    vp8_feed,
    without,
)
from tests.media.rtp_source import TimedPacket, encode_h264, packetize

SECOND_CAMERA = TrackKey(TEACHER, Source.SECOND_CAMERA)


def part(
    source: Source, start_s: float, end_s: float, *, epoch: int = 1, parameters: str = "p"
) -> PartRecord:
    return PartRecord(
        file=f"{epoch}-{source}-{start_s}",
        epoch=epoch,
        peer_id=TEACHER,
        source=source,
        codec="opus" if source is Source.MICROPHONE else "H264",
        codec_name="",
        parameters=parameters,
        width=0,
        height=0,
        start_s=start_s,
        zero_s=start_s,
        end_s=end_s,
        bytes=1,
    )


def spans(parts: list[PartRecord]) -> list[tuple[float, float, int, int]]:
    """Each clip as start, end, number of video parts, number of audio parts."""
    return [
        (plan.start_s, plan.end_s, len(plan.video), len(plan.audio)) for plan in plan_clips(parts)
    ]


CAM, MIC = Source.CAMERA, Source.MICROPHONE


def test_picture_and_sound_of_one_seat_share_a_clip() -> None:
    assert spans([part(CAM, 0.2, 60), part(MIC, 0.0, 60.5)]) == [(0.0, 60.5, 1, 1)]


def test_sound_long_before_or_after_its_picture_has_its_own_clip() -> None:
    parts = [part(MIC, 0, 100), part(CAM, 30, 60)]
    assert spans(parts) == [(0, 30, 0, 1), (30, 60, 1, 1), (60, 100, 0, 1)]


def test_a_new_format_or_epoch_or_a_long_hole_begins_a_new_clip() -> None:
    changed = [part(CAM, 0, 10), part(CAM, 10, 20, parameters="q")]
    restarted = [part(CAM, 0, 10), part(CAM, 11, 20, epoch=2)]
    away = [part(CAM, 0, 10), part(CAM, 16, 20)]
    for parts in (changed, restarted, away):
        assert [plan[2] for plan in spans(parts)] == [1, 1]
    assert spans([part(CAM, 0, 10), part(CAM, 14, 20)]) == [(0, 20, 2, 0)]


def test_sound_goes_on_through_a_change_of_format() -> None:
    parts = [part(CAM, 0, 10), part(CAM, 10.5, 20, parameters="q"), part(MIC, 0, 20.1)]
    assert spans(parts) == [(0, 10.5, 1, 1), (10.5, 20.1, 1, 1)]


def test_a_size_that_was_only_passed_through_makes_no_clip() -> None:
    """Chromium begins small and grows at once: 33 ms of one size, 120 ms of the next."""
    growing = [
        part(CAM, 0.88, 0.913, parameters="p"),
        part(CAM, 0.913, 1.03, parameters="q"),
        part(CAM, 1.03, 40, parameters="r"),
    ]
    assert spans([part(MIC, 0.7, 40), *growing]) == [(0.7, 40, 1, 1)]
    assert spans(growing) == [(1.03, 40, 1, 0)]
    within = [part(CAM, 0, 20), part(CAM, 20, 20.1, parameters="q"), part(CAM, 20.1, 40)]
    assert spans(within) == [(0, 40, 2, 0)]


def test_the_short_end_of_a_picture_cut_into_parts_is_kept() -> None:
    cut = [part(CAM, 0, 6), part(CAM, 6, 6.1), part(CAM, 6.1, 12, parameters="q")]
    assert spans(cut) == [(0, 6.1, 2, 0), (6.1, 12, 1, 0)]


def test_a_short_picture_that_nothing_follows_is_a_clip() -> None:
    assert spans([part(CAM, 0, 0.1)]) == [(0, 0.1, 1, 0)]
    assert spans([part(CAM, 0, 0.1, parameters="q"), part(CAM, 9, 20)]) == [
        (0, 0.1, 1, 0),
        (9, 20, 1, 0),
    ]


def test_sound_alone_splits_at_long_holes_only() -> None:
    parts = [part(MIC, 0, 10), part(MIC, 12, 20), part(MIC, 60, 70)]
    assert spans(parts) == [(0, 20, 0, 2), (60, 70, 0, 1)]


def test_every_picture_of_a_seat_but_the_camera_s_is_a_group_of_its_own() -> None:
    parts = [part(source, 0, 10) for source in Source]
    assert {plan.group for plan in plan_clips(parts)} == set(Group)


def test_sound_cut_into_parts_is_as_if_it_was_whole() -> None:
    cut = [part(MIC, at_s, at_s + 6) for at_s in range(0, 96, 6)]
    expected = [
        (start_s, end_s) for start_s, end_s, _, _ in spans([part(MIC, 0, 96), part(CAM, 31, 61)])
    ]
    assert [
        (start_s, end_s) for start_s, end_s, _, _ in spans([*cut, part(CAM, 31, 61)])
    ] == expected
    assert expected == [(0, 31), (31, 61), (61, 96)]


def test_a_picture_cut_into_parts_is_one_clip() -> None:
    assert spans([part(CAM, at_s, at_s + 6) for at_s in range(0, 60, 6)]) == [(0, 60, 10, 0)]


def test_empty_and_open_parts_are_left_out() -> None:
    empty = part(CAM, 0, 0)
    assert plan_clips([empty]) == []


def test_holes_are_what_nothing_covers() -> None:
    assert holes([(1, 3), (2, 5), (7, 8)], until_s=9) == [(0.0, 1), (5, 7), (8, 9)]
    assert holes([(0, 9)], until_s=9) == []


def test_missing_media_is_named_within_a_clip() -> None:
    parts = (part(CAM, 1, 5), part(CAM, 7, 9))
    assert missing_between(parts, start_s=0, end_s=10) == [(0, 1), (5, 7), (9, 10)]
    assert missing_between((), start_s=0, end_s=10) == []


# With real media


def record_at(
    folder: Path,
    feeds: dict[TrackKey, Feed],
    delays_s: dict[TrackKey, float],
    *,
    lesson_minus_arrival_s: float = 0.0,
) -> None:
    """Record tracks that took different times to arrive, with a sender report every second."""
    files = RecordingFolder(RecordingTarget(folder, 1, 0.0))
    publisher = PublisherClock()
    for track, (codec, packets) in feeds.items():
        recorder = TrackRecorder(
            track,
            codec,
            clock_rate=48_000 if codec == "opus" else 90_000,
            publisher=publisher,
            folder=files,
            lesson_minus_arrival_s=lesson_minus_arrival_s,
        )
        reported_s = -1.0
        for at_s, packet in packets:
            arrival_s = 50 + at_s + delays_s[track]
            recorder.packet(packet, arrival_s)
            if at_s - reported_s >= 1.0:
                reported_s = at_s
                recorder.sender_report(
                    ntp_time=round((3_900_000_000 + at_s) * 2**32),
                    rtp_time=int.from_bytes(packet[4:8], "big"),
                    arrival_s=50 + at_s + 0.02,
                )
            recorder.tick(arrival_s)
        recorder.end_part("stopped")


@pytest.mark.parametrize("video", [h264_feed, vp8_feed])
@pytest.mark.parametrize("is_lossy", [False, True])
def test_flash_and_beep_stay_within_40_ms(tmp_path: Path, video: object, is_lossy: bool) -> None:
    assert callable(video)
    feeds: dict[TrackKey, Feed] = {CAMERA: video(14.0), MICROPHONE: opus_feed(14.0)}
    if is_lossy:
        feeds = {
            CAMERA: without(feeds[CAMERA], 3.5, 3.7),
            MICROPHONE: without(feeds[MICROPHONE], 5.3, 6.7),
        }
    record_at(tmp_path / "rec", feeds, {CAMERA: 0.18, MICROPHONE: 0.03})
    (clip,) = build_replay(tmp_path / "rec", tmp_path / "out").clips
    seen, heard = flashes(tmp_path / "out" / clip.file), beeps(tmp_path / "out" / clip.file)
    late = [time for time in seen if time > 8.0]
    assert len(late) >= 5
    for flash in late:
        assert min(abs(flash - beep) for beep in heard) < 0.040


def test_a_clip_s_times_are_the_lesson_s(tmp_path: Path) -> None:
    record(tmp_path / "rec", {CAMERA: h264_feed(4.0), MICROPHONE: opus_feed(4.0)}, offset_s=300.0)
    index = build_replay(tmp_path / "rec", tmp_path / "out")
    (clip,) = index.clips
    assert (clip.peer_id, clip.group) == (TEACHER, Group.CAMERA)
    assert (clip.has_audio, clip.has_video) == (True, True)
    assert clip.mime.startswith('video/mp4; codecs="avc1.42c0')
    assert clip.start_s == pytest.approx(300.0, abs=0.2)
    assert clip.duration_s == pytest.approx(4.0, abs=0.05)
    assert index.duration_s == pytest.approx(304.0, abs=0.2)
    assert index.gaps == ((0.0, clip.start_s),)
    assert read_index(tmp_path / "out") == index


def test_lost_sound_becomes_silence_of_the_same_length(tmp_path: Path) -> None:
    record(tmp_path / "rec", {MICROPHONE: without(opus_feed(6.0), 2.0, 4.0)})
    (clip,) = build_replay(tmp_path / "rec", tmp_path / "out").clips
    assert clip.duration_s == pytest.approx(6.0, abs=0.03)
    ((start_s, end_s),) = clip.gaps
    assert end_s - start_s == pytest.approx(2.0, abs=0.03)
    heard = [round(beep) for beep in beeps(tmp_path / "out" / clip.file)]
    assert heard == [0, 1, 4, 5]


def test_two_epochs_of_one_lesson_follow_each_other(tmp_path: Path) -> None:
    for epoch, offset_s in ((1, 0.0), (2, 30.0)):
        record(tmp_path / "rec", {CAMERA: h264_feed(2.0)}, epoch=epoch, offset_s=offset_s)
    index = build_replay(tmp_path / "rec", tmp_path / "out")
    assert [round(clip.start_s) for clip in index.clips] == [0, 30]
    assert [(round(start), round(end)) for start, end in index.gaps][-1] == (2, 30)


def test_parts_that_meet_are_one_file(tmp_path: Path) -> None:
    frames = encode_h264(2.0)
    later = [frame._replace(at_s=frame.at_s + 3.0) for frame in frames]
    packets = packetize("H264", frames, ssrc=1) + packetize("H264", later, ssrc=2)
    record(tmp_path / "rec", {CAMERA: ("H264", packets)})
    assert len(read_manifest(tmp_path / "rec")) == 2
    (clip,) = build_replay(tmp_path / "rec", tmp_path / "out").clips
    assert clip.duration_s == pytest.approx(5.0, abs=0.05)
    ((start_s, end_s),) = clip.gaps
    assert (start_s, end_s) == pytest.approx((2.0, 3.0), abs=0.1)
    assert flashes(tmp_path / "out" / clip.file) == pytest.approx([0.0, 1.0, 3.0, 4.0], abs=0.02)


@pytest.mark.parametrize("video", [h264_feed, vp8_feed])
def test_the_first_picture_is_shown_wherever_the_clock_s_ticks_fall(
    tmp_path: Path, video: object
) -> None:
    """A part begins anywhere between two ticks, its samples at the whole tick before or after."""
    assert callable(video)
    for ticks in (0.0, 0.25, 0.45, 0.49, 0.4975, 0.499, 0.501, 0.75, 7.4975, 44.4975, 44.999):
        folder = tmp_path / str(ticks)
        offset_s = ticks / 90_000
        feeds: dict[TrackKey, Feed] = {CAMERA: video(0.5)}
        record_at(folder / "rec", feeds, {CAMERA: 0.0}, lesson_minus_arrival_s=offset_s)
        (clip,) = build_replay(folder / "rec", folder / "out").clips
        assert flashes(folder / "out" / clip.file) == pytest.approx([0.0], abs=0.002)
        assert len(decoded_times(folder / "out" / clip.file)) == 15


def test_a_damaged_part_costs_its_own_time_only(tmp_path: Path) -> None:
    record(tmp_path / "rec", {CAMERA: h264_feed(2.0), SCREEN: vp8_feed(2.0)})
    (screen,) = [part for part in read_manifest(tmp_path / "rec") if part.source is Source.SCREEN]
    (tmp_path / "rec" / screen.file).write_bytes(b"not a video")
    index = build_replay(tmp_path / "rec", tmp_path / "out")
    assert [clip.group for clip in index.clips] == [Group.CAMERA]
    assert screen.end_s is not None
    assert index.unreadable == (
        Unreadable(
            screen.file, screen.peer_id, Group.SCREEN, Kind.VIDEO, screen.start_s, screen.end_s
        ),
    )
    assert read_index(tmp_path / "out") == index
    (tmp_path / "rec" / screen.file).unlink()
    again = build_replay(tmp_path / "rec", tmp_path / "out")
    assert again.unreadable == index.unreadable


def test_building_again_changes_nothing(tmp_path: Path) -> None:
    record(tmp_path / "rec", {CAMERA: vp8_feed(2.0), MICROPHONE: opus_feed(2.0)})
    first = build_replay(tmp_path / "rec", tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert build_replay(tmp_path / "rec", tmp_path / "out") == first
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    assert not any(name.endswith(".tmp") for name in names)


def test_a_recording_without_media_has_an_empty_index(tmp_path: Path) -> None:
    index = build_replay(tmp_path / "rec", tmp_path / "out")
    assert (index.clips, index.duration_s, index.gaps) == ((), 0.0, ())


def test_any_peer_s_name_makes_files_within_the_folder(tmp_path: Path) -> None:
    track = TrackKey(PeerId("../../甲 乙"), Source.MICROPHONE)
    record(tmp_path / "rec", {track: opus_feed(1.5)})
    (clip,) = build_replay(tmp_path / "rec", tmp_path / "out").clips
    assert (tmp_path / "out" / clip.file).parent == tmp_path / "out"
    assert clip.file.isascii()
    assert clip.peer_id == track.peer_id


def test_a_second_camera_is_a_clip_without_sound(tmp_path: Path) -> None:
    feeds: dict[TrackKey, Feed] = {
        SECOND_CAMERA: ("VP8", [TimedPacket(at_s, packet) for at_s, packet in vp8_feed(2.0)[1]]),
        MICROPHONE: opus_feed(2.0),
    }
    record(tmp_path / "rec", feeds)
    clips = {clip.group: clip for clip in build_replay(tmp_path / "rec", tmp_path / "out").clips}
    assert not clips[Group.SECOND_CAMERA].has_audio
    assert clips[Group.CAMERA].mime == 'audio/mp4; codecs="opus"'


def test_a_change_of_size_is_shown_without_a_hole(tmp_path: Path) -> None:
    small = [frame._replace(at_s=frame.at_s + 2.2) for frame in encode_h264(2.0, size=(176, 144))]
    packets = packetize("H264", encode_h264(2.0) + small)
    record(tmp_path / "rec", {CAMERA: ("H264", packets), MICROPHONE: opus_feed(4.2)})
    index = build_replay(tmp_path / "rec", tmp_path / "out")
    first, second = index.clips
    assert first.start_s + first.duration_s == pytest.approx(second.start_s, abs=0.03)
    assert (first.has_audio, second.has_audio) == (True, True)
    assert second.duration_s == pytest.approx(2.0, abs=0.05)
