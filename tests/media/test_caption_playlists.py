"""Captions in playlists: offered by name, told over the whole lane, on the clock of its parts."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from media.core.ids import Source
from media.recorder.playlists import (
    CAPTIONS_S,
    Captions,
    caption_segments,
    captions_playlist,
    find_lane,
    master_playlist,
)
from tests.media.test_recorder_playlists import CAM, HUB, MIC, part


def test_captions_are_offered_by_name_and_language_and_none_where_there_are_none() -> None:
    lane = find_lane([part(CAM, 0, 6), part(MIC, 0, 6)], HUB, "camera")
    offered = [Captions('李老师"说"', "zh-Hans", "/zh"), Captions("English", "en", "/en")]
    lines = master_playlist(lane, lambda source: f"/{source}", offered).splitlines()
    assert [line for line in lines if "SUBTITLES," in line] == [
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="李老师\'说\'",LANGUAGE="zh-Hans",'
        'DEFAULT=NO,AUTOSELECT=YES,URI="/zh"',
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="English",LANGUAGE="en",'
        'DEFAULT=NO,AUTOSELECT=YES,URI="/en"',
    ]
    assert lines[-2].endswith(',AUDIO="sound",SUBTITLES="captions"')
    assert "captions" not in master_playlist(lane, str)


def test_captions_are_told_over_the_whole_lane_and_know_where_its_media_begins() -> None:
    lane = find_lane([part(CAM, 2.0, 8), part(CAM, 130, 140)], HUB, "camera")
    lines = captions_playlist(lane, lambda number: f"/{number}.vtt").splitlines()
    assert lines == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{CAPTIONS_S}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        *("#EXTINF:60.000000,", "/0.vtt"),
        *("#EXTINF:60.000000,", "/1.vtt"),
        *("#EXTINF:18.000000,", "/2.vtt"),
        "#EXT-X-ENDLIST",
    ]
    assert {segment.time_map for segment in caption_segments(lane)} == {(0, 60 * 90_000)}


def test_captions_are_parted_where_time_stamps_begin_anew() -> None:
    lane = find_lane(
        [part(CAM, -70.0, -62, zero_s=-70.0), part(CAM, -62, 8), part(CAM, 8, 10, zero_s=8.0)],
        HUB,
        "camera",
    )
    segments = caption_segments(lane)
    assert [(each.from_s, each.until_s) for each in segments] == [
        (-70.0, -62),
        (-62, -2),
        (-2, 8),
        (8, 10),
    ]
    assert [each.time_map for each in segments] == [
        (0, 70 * 90_000),
        (0, 60 * 90_000),
        (0, 60 * 90_000),
        (8_000, 0),
    ]
    assert captions_playlist(lane, str).count("#EXT-X-DISCONTINUITY") == 2


@given(
    st.lists(
        st.tuples(st.floats(0, 200), st.sampled_from([CAM, MIC]), st.sampled_from([-60.0, 0.0])),
        min_size=1,
        max_size=8,
    )
)
def test_captions_leave_no_time_of_a_lane_out(made: list[tuple[float, Source, float]]) -> None:
    parts, at_s = [], 0.0
    for gap_s, source, zero_s in made:
        parts.append(part(source, at_s + gap_s, at_s + gap_s + 6, zero_s=zero_s))
        at_s += gap_s + 6
    lane = find_lane(parts, HUB, "camera")
    segments = caption_segments(lane)
    assert (segments[0].from_s, segments[-1].until_s) == (lane.from_s, lane.until_s)
    assert all(one.until_s == other.from_s for one, other in pairwise(segments))
    assert all(0 < each.until_s - each.from_s <= CAPTIONS_S + 1e-6 for each in segments)
