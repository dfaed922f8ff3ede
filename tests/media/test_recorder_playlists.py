"""Playlists of a recording: what players are told while it grows, and after."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core.ids import PeerId, Source
from media.recorder.manifest import CUT, EpochRecord, ManifestReader, PartRecord, read_manifest
from media.recorder.playlists import (
    TARGET_S,
    Lane,
    NoLane,
    NotInHls,
    Uri,
    find_lane,
    lanes_of,
    master_playlist,
    media_playlist,
)
from tests.media.recordings import CAMERA, MICROPHONE, h264_feed, opus_feed, record

HUB = PeerId("hub")
CAM, MIC = Source.CAMERA, Source.MICROPHONE
EPOCHS = [EpochRecord(1, 0.0, datetime(2026, 11, 26, 8, tzinfo=UTC), {})]


def part(source: Source, start_s: float, end_s: float | None, **changes: object) -> PartRecord:
    is_sound = source is MIC
    made = PartRecord(
        file=f"1-{source}-{start_s}.mp4",
        epoch=1,
        peer_id=HUB,
        source=source,
        codec="opus" if is_sound else "H264",
        codec_name="opus" if is_sound else "avc1.42c01f",
        parameters="p",
        width=0 if is_sound else 1280,
        height=0 if is_sound else 720,
        start_s=start_s,
        zero_s=-60.0,
        end_s=end_s,
        bytes=None if end_s is None else 1_000_700,
        head_bytes=None if end_s is None else 700,
        reason=None if end_s is None else CUT,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def listed(
    parts: list[PartRecord], source: Source, *, is_over: bool = False, fill: Uri | None = None
) -> list[str]:
    return media_playlist(
        find_lane(parts, HUB, "camera"),
        source,
        epochs=EPOCHS,
        is_over=is_over,
        uri=lambda file: f"/{file}",
        fill=fill,
    ).splitlines()


def lengths(lines: list[str]) -> list[float]:
    return [float(line[8:-1]) for line in lines if line.startswith("#EXTINF:")]


def test_a_part_is_named_by_its_head_and_the_rest_of_it() -> None:
    lines = listed([part(CAM, 2.0, 8.0), part(CAM, 8.0, 14.5), part(CAM, 14.5, None)], CAM)
    assert lines == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:10",
        "#EXT-X-PLAYLIST-TYPE:EVENT",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MAP:URI="/1-camera-2.0.mp4",BYTERANGE="700@0"',
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-26T08:00:02.000+00:00",
        "#EXTINF:6.000000,",
        "#EXT-X-BYTERANGE:1000000@700",
        "/1-camera-2.0.mp4",
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-26T08:00:08.000+00:00",
        "#EXTINF:6.500000,",
        "#EXT-X-BYTERANGE:1000000@700",
        "/1-camera-8.0.mp4",
    ]


def test_after_the_bell_it_ends_and_tracks_are_of_one_length() -> None:
    parts = [part(CAM, 0, 6), part(MIC, 0, 6), part(MIC, 6, 9, reason="stopped")]
    assert listed(parts, MIC, is_over=True)[-1] == "#EXT-X-ENDLIST"
    assert lengths(listed(parts, CAM, is_over=True)) == [6.0, 3.0]
    assert "#EXT-X-ENDLIST" not in listed(parts, CAM)


def test_sound_and_picture_begin_at_one_moment_and_holes_are_named() -> None:
    parts = [part(MIC, 0, 6), part(MIC, 6, 12), part(CAM, 3, 6), part(CAM, 31, 37)]
    lines = listed(parts, CAM)
    assert lengths(lines) == [3.0, 3.0, 10.0, 10.0, 5.0, 6.0]
    assert lines.count("#EXT-X-GAP") == 4
    assert sum(lengths(lines)) == 37.0


def test_where_a_track_has_nothing_stands_filler_with_a_head_of_its_own() -> None:
    parts = [part(MIC, 0, 6), part(MIC, 6, 12), part(CAM, 2.5, 6), part(CAM, 17, 23)]
    lines = listed(parts, CAM, fill=str)
    assert lengths(lines) == [2.5, 3.5, 10.0, 1.0, 6.0]
    assert [line.split(":", 1)[1] for line in lines if line.startswith("#EXT-X-MAP")] == [
        'URI="video.mp4"',
        'URI="/1-camera-2.5.mp4",BYTERANGE="700@0"',
        'URI="video.mp4"',
        'URI="/1-camera-17.mp4",BYTERANGE="700@0"',
    ]
    assert [line for line in lines if line[0] != "#"] == [
        f"video-{60 * 90_000}-{2.5 * 90_000:.0f}.mp4",
        "/1-camera-2.5.mp4",
        f"video-{66 * 90_000}-{10 * 90_000}.mp4",
        f"video-{76 * 90_000}-{1 * 90_000}.mp4",
        "/1-camera-17.mp4",
    ]
    assert "#EXT-X-GAP" not in lines
    silence = listed(parts, MIC, is_over=True, fill=str)[-4:]
    assert silence[1:] == ["#EXTINF:1.000000,", f"audio-{82 * 48_000}-48000.mp4", "#EXT-X-ENDLIST"]


def test_filler_is_on_the_clock_of_what_is_played_then() -> None:
    parts = [part(MIC, -90, -84, zero_s=-90.0), part(CAM, -84, -78, zero_s=-84.0)]
    parts.append(part(MIC, -70, -64, zero_s=-70.0))
    assert f"video-0-{6 * 90_000}.mp4" in listed(parts, CAM, fill=str)
    filled = listed(parts, MIC, fill=str)
    assert f"audio-0-{10 * 48_000}.mp4" in filled
    assert f"audio-{10 * 48_000}-{4 * 48_000}.mp4" in filled


def test_a_track_that_is_not_for_hls_is_not_filled() -> None:
    parts = [part(MIC, 0, 6), part(CAM, 3, 6, codec="VP8")]
    assert "#EXT-X-GAP" in listed(parts, CAM)
    with pytest.raises(NotInHls):
        listed(parts, CAM, fill=str)


def test_a_track_that_fell_silent_is_filled_with_whole_gaps() -> None:
    parts = [part(CAM, at_s, at_s + 6) for at_s in range(0, 60, 6)]
    parts.append(part(MIC, 0, 6, reason="paused"))
    assert lengths(listed(parts, MIC)) == [6.0, *[10.0] * 5]
    parts[-1] = part(MIC, 0, 6)  # cut: the next one is only not closed yet
    assert lengths(listed(parts, MIC)) == [6.0]


def test_a_change_of_format_or_epoch_is_another_head_on_the_same_time_line() -> None:
    parts = [
        part(CAM, 0, 6),
        part(CAM, 6, 7, parameters="q", reason="parameters_changed"),
        part(CAM, 7, 13),
        part(CAM, 13, 18, parameters="q", epoch=2),
        *(part(MIC, at_s, at_s + 6) for at_s in range(0, 18, 6)),
    ]
    picture, sound = listed(parts, CAM), listed(parts, MIC)
    assert "#EXT-X-DISCONTINUITY" not in picture + sound
    heads = [line for line in picture if line.startswith("#EXT-X-MAP")]
    assert [re.findall(r"camera-([0-9.]+)\.mp4", line)[0] for line in heads] == [
        "0",
        "6",
        "7",
        "13",
    ]
    assert sum(line.startswith("#EXT-X-MAP") for line in sound) == 1


def test_times_that_begin_anew_are_told_in_both_tracks_as_often() -> None:
    parts = [
        part(CAM, -90, -84, zero_s=-90.0),
        part(CAM, -84, -78, zero_s=-84.0),
        part(CAM, -78, -50, zero_s=-78.0),
        part(CAM, -50, -44),
        part(MIC, -55, -49),
        part(MIC, -49, -43),
    ]
    picture, sound = listed(parts, CAM), listed(parts, MIC)
    assert picture.count("#EXT-X-DISCONTINUITY") == sound.count("#EXT-X-DISCONTINUITY") == 3


def test_a_long_part_raises_the_target_and_an_open_or_empty_one_is_left_out() -> None:
    parts = [part(CAM, 0, 25.6), part(CAM, 26, 26, bytes=0, head_bytes=None), part(CAM, 26, None)]
    parts.append(part(MIC, 0, 6))
    lines = listed(parts, CAM)
    assert "#EXT-X-TARGETDURATION:26" in lines
    assert "#EXT-X-TARGETDURATION:26" in listed(parts, MIC)  # one for all of a lane
    assert lengths(lines) == pytest.approx([25.6, 0.4])
    assert lines.count("#EXT-X-GAP") == 1


def test_a_part_of_an_older_recording_whose_head_is_not_known_is_a_gap() -> None:
    assert "#EXT-X-GAP" in listed([part(CAM, 0, 6, head_bytes=None), part(CAM, 6, 12)], CAM)


def test_the_master_names_picture_sound_and_their_codecs() -> None:
    parts = [part(CAM, 0, 6), part(MIC, 0, 6), part(CAM, 6, 12, codec_name="avc1.42c02a")]
    text = master_playlist(find_lane(parts, HUB, "camera"), lambda source: f"/{source}")
    assert text.splitlines()[3:] == [
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="sound",DEFAULT=YES,AUTOSELECT=YES,'
        'URI="/microphone"',
        '#EXT-X-STREAM-INF:BANDWIDTH=2668534,CODECS="avc1.42c01f,avc1.42c02a,opus",'
        'RESOLUTION=1280x720,AUDIO="sound"',
        "/camera",
    ]


def test_sound_alone_is_a_stream_of_its_own() -> None:
    text = master_playlist(find_lane([part(MIC, 0, 6)], HUB, "camera"), str)
    assert text.endswith('CODECS="opus"\nmicrophone\n')


def test_vp8_is_not_for_hls() -> None:
    lane = find_lane([part(CAM, 0, 6, codec="VP8")], HUB, "camera")
    with pytest.raises(NotInHls):
        master_playlist(lane, str)


def test_what_nobody_sent_is_no_lane() -> None:
    with pytest.raises(NoLane):
        find_lane([part(CAM, 0, 6)], HUB, "screen")
    with pytest.raises(NoLane):
        find_lane([part(CAM, 0, 6)], "somebody", "camera")
    with pytest.raises(NoLane):
        listed([part(CAM, 0, 6)], MIC)


SPANS = st.lists(
    st.tuples(
        st.sampled_from([CAM, MIC]),
        st.floats(0.0, 40.0),
        st.floats(0.5, 12.0),
        st.sampled_from([CUT, "paused", "crashed"]),
        st.sampled_from(["p", "q"]),
    ),
    min_size=1,
    max_size=12,
)


def history(spans: list[tuple[Source, float, float, str, str]]) -> list[PartRecord]:
    """Parts of two tracks, each after the one before it; one that was cut is gone on with."""
    ends = dict.fromkeys((CAM, MIC), 0.0)
    cut = dict.fromkeys((CAM, MIC), False)
    made = []
    for source, pause_s, length_s, reason, parameters in spans:
        start_s = ends[source] + (0.0 if cut[source] else pause_s)
        ends[source], cut[source] = start_s + length_s, reason == CUT
        made.append(part(source, start_s, ends[source], reason=reason, parameters=parameters))
    return made


@given(SPANS)
def test_a_playlist_only_ever_grows(spans: list[tuple[Source, float, float, str, str]]) -> None:
    whole = sorted(history(spans), key=lambda one: one.start_s)
    moments = sorted({moment for one in whole for moment in (one.start_s, one.end_s or 0.0)})
    first = {one.source: one for one in reversed(whole)}
    begins_s = max(one.start_s for one in first.values())
    known: dict[tuple[Source, Uri | None], list[str]] = {}
    for moment in moments:
        seen = [
            one if (one.end_s or 0.0) <= moment else part(one.source, one.start_s, None)
            for one in whole
            if one.start_s <= moment
        ]
        seen = [
            replace(one, parameters=full.parameters) for one, full in zip(seen, whole, strict=False)
        ]
        if moment < begins_s:
            continue  # a lane is played from when its tracks are there
        for source, fill in product({one.source for one in seen}, (None, str)):
            lines = listed(seen, source, fill=fill)
            lines = [line for line in lines if "TARGETDURATION" not in line]
            before = known.get((source, fill), [])
            assert lines[: len(before)] == before
            known[source, fill] = lines


@given(SPANS)
def test_at_the_end_all_tracks_are_of_one_length_and_heads_change_where_the_format_does(
    spans: list[tuple[Source, float, float, str, str]],
) -> None:
    parts = history(spans)
    lane = find_lane(parts, HUB, "camera")
    for source, members in lane.tracks.items():
        lines = listed(parts, source, is_over=True)
        assert sum(lengths(lines)) == pytest.approx(lane.until_s - lane.from_s, abs=0.06)
        filled = listed(parts, source, is_over=True, fill=str)
        assert lengths(filled) == lengths(lines)
        assert "#EXT-X-GAP" not in filled
        told = [line.split('"')[1] for line in lines if line.startswith("#EXT-X-MAP")]
        assert told == [
            f"/{after.file}"
            for before, after in pairwise([None, *members])
            if after is not None and (before is None or before.parameters != after.parameters)
        ]


# With real media


def test_what_is_listed_is_what_lies_on_the_disk(tmp_path: Path) -> None:
    record(tmp_path, {CAMERA: h264_feed(14.0), MICROPHONE: opus_feed(14.0)}, offset_s=300.0)
    (lane,) = lanes_of(read_manifest(tmp_path))
    assert isinstance(lane, Lane)
    text = media_playlist(lane, CAM, epochs=[], is_over=True, uri=str)
    (head,) = re.findall(r'BYTERANGE="(\d+)@0"', text)
    ranges = re.findall(r"BYTERANGE:(\d+)@(\d+)\n(\S+)", text)
    assert len(ranges) == 3
    assert sum(lengths(text.splitlines())) == pytest.approx(14.0, abs=0.1)
    for length, offset, file in ranges:
        data = (tmp_path / file).read_bytes()
        assert int(length) + int(offset) == len(data)
        assert data[int(head) + 4 : int(head) + 8] == b"moof"
        assert data[4:8] == b"ftyp"


def test_a_manifest_is_read_on_from_where_it_was(tmp_path: Path) -> None:
    reader = ManifestReader(tmp_path)
    reader.read()
    assert reader.parts == []
    for epoch in (1, 2):
        record(tmp_path, {MICROPHONE: opus_feed(7.0)}, epoch=epoch, offset_s=30.0 * epoch)
        with (tmp_path / "manifest.jsonl").open("ab") as file:
            file.write(b'{"type":"part_ope')
        reader.read()
        assert reader.parts == read_manifest(tmp_path)
        assert len(reader.parts) == 2 * epoch
        assert len(reader.epochs) == epoch


def test_target_is_longer_than_a_part_usually_is() -> None:
    assert TARGET_S >= 8
