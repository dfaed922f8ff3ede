"""A piece cut out of a film: not encoded again, and what the film shows between the marks."""

import json
import subprocess
import sys
from pathlib import Path

import av
import pytest

from media.recorder.compose import WHOLE, compose
from media.recorder.cutting import NothingToCut, cut
from media.recorder.replay import build_replay
from tests.media.composing import grey_clip, plan_of, tone_clip, tracks
from tests.media.decoding import beeps, flashes
from tests.media.recordings import CAMERA, MICROPHONE, h264_feed, opus_feed, record

SECONDS = 9.0


def quiet(_: float) -> None: ...


@pytest.fixture(scope="module")
def clapper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A flash and a beep each second: `replay.mp4` as it was recorded, `film.mp4` composed."""
    folder = tmp_path_factory.mktemp("clapper")
    feeds = {CAMERA: h264_feed(SECONDS, size=(320, 180)), MICROPHONE: opus_feed(SECONDS)}
    record(folder / "rec", feeds)
    index = build_replay(folder / "rec", folder / "out")
    compose(
        folder / "out", plan_of(index), folder / "film.mp4", profile=WHOLE, told=lambda *_: None
    )
    (folder / "out" / index.clips[0].file).rename(folder / "replay.mp4")
    return folder


def first_luma(path: Path) -> bytes:
    with av.open(path, "r") as container:
        return bytes(next(container.decode(container.streams.video[0])).planes[0])


def luma_at(path: Path, at_s: float) -> bytes:
    """What a file shows at a time."""
    with av.open(path, "r") as container:
        shown = b""
        for frame in container.decode(container.streams.video[0]):
            if (frame.time or 0.0) > at_s + 1e-6:
                break
            shown = bytes(frame.planes[0])
    return shown


def packets(path: Path) -> set[bytes]:
    with av.open(path, "r") as container:
        return {bytes(packet) for packet in container.demux() if packet.size}


# `film.mp4` has pictures that need later ones (B frames), `replay.mp4` has none.
@pytest.mark.parametrize("film", ["film.mp4", "replay.mp4"])
@pytest.mark.parametrize(
    ("from_ms", "until_ms"), [(0, 2_000), (2_345, 6_789), (4_000, 5_000), (7_990, 9_000)]
)
def test_a_piece_begins_and_ends_at_its_marks_with_sound_and_picture_in_step(
    film: str, from_ms: int, until_ms: int, clapper: Path, tmp_path: Path
) -> None:
    source, piece = clapper / film, tmp_path / "piece.mp4"
    made = cut(source, piece, from_ms=from_ms, until_ms=until_ms, told=quiet)
    assert from_ms - 50 < made.from_ms <= from_ms
    assert made.duration_ms == until_ms - made.from_ms
    assert first_luma(piece) == luma_at(source, from_ms / 1000)
    lengths = tracks(piece)
    assert set(lengths) == {"video", "audio"}
    assert all(
        length == pytest.approx(made.duration_ms / 1000, abs=0.021) for length in lengths.values()
    )
    times = decoded_film(piece)
    assert times[0] == 0
    assert times[-1] < made.duration_ms / 1000
    begin_s, end_s = made.from_ms / 1000, until_ms / 1000
    expected = [at - begin_s for at in flashes(source) if begin_s < at < end_s]
    found = [at for at in flashes(piece) if at > 0]
    assert found == pytest.approx(expected, abs=0.002)
    for seen, heard in zip(found, [at for at in beeps(piece) if at > 0.05], strict=False):
        assert abs(seen - heard) < 0.04


def decoded_film(path: Path) -> list[float]:
    with av.open(path, "r") as container:
        return [frame.time or 0.0 for frame in container.decode(container.streams.video[0])]


def test_nothing_is_encoded_and_little_is_taken_that_is_not_shown(
    clapper: Path, tmp_path: Path
) -> None:
    piece = tmp_path / "piece.mp4"
    made = cut(clapper / "film.mp4", piece, from_ms=3_330, until_ms=6_000, told=quiet)
    assert packets(piece) <= packets(clapper / "film.mp4")
    assert 0 < made.lead_ms < 2_000
    with av.open(piece, "r") as container:
        first = next(container.demux(container.streams.video[0]))
        assert first.is_keyframe
    whole = (clapper / "film.mp4").stat().st_size
    assert piece.stat().st_size < whole * (2_670 + made.lead_ms + 500) / 1000 / SECONDS * 1.5


def test_a_mark_at_a_key_frame_needs_no_lead(tmp_path: Path) -> None:
    grey_clip(tmp_path / "film.mp4", 100, 3.0, size=(64, 64))
    assert (
        cut(
            tmp_path / "film.mp4", tmp_path / "piece.mp4", from_ms=0, until_ms=1_500, told=quiet
        ).lead_ms
        == 0
    )
    assert tracks(tmp_path / "piece.mp4") == {"video": pytest.approx(1.5, abs=0.001)}


def test_a_key_frame_that_is_far_away_is_found(tmp_path: Path) -> None:
    grey_clip(tmp_path / "film.mp4", 100, 14.0, size=(64, 64))  # x264: one in 250 pictures
    made = cut(
        tmp_path / "film.mp4", tmp_path / "piece.mp4", from_ms=9_000, until_ms=13_000, told=quiet
    )
    assert made.lead_ms == 9_000
    assert tracks(tmp_path / "piece.mp4")["video"] == pytest.approx(4.0, abs=0.001)
    assert decoded_film(tmp_path / "piece.mp4")[0] == 0


@pytest.mark.parametrize(
    ("from_ms", "until_ms"), [(2_000, 2_000), (2_000, 1_000), (-1, 500), (8_000, 9_100)]
)
def test_marks_that_are_none_are_refused(
    from_ms: int, until_ms: int, clapper: Path, tmp_path: Path
) -> None:
    with pytest.raises(NothingToCut):
        cut(
            clapper / "film.mp4",
            tmp_path / "piece.mp4",
            from_ms=from_ms,
            until_ms=until_ms,
            told=quiet,
        )
    assert not (tmp_path / "piece.mp4").exists()


def test_a_mark_within_a_picture_after_the_end_is_the_end(tmp_path: Path) -> None:
    """A film may end up to one before the lesson does whose clock it has."""
    film, piece = tmp_path / "film.mp4", tmp_path / "piece.mp4"
    grey_clip(film, 100, 3.0, size=(64, 64))
    assert cut(film, piece, from_ms=1_000, until_ms=3_040, told=quiet).duration_ms == 2_000
    assert tracks(piece) == {"video": pytest.approx(2.0, abs=0.001)}
    with pytest.raises(NothingToCut):
        cut(film, piece, from_ms=1_000, until_ms=3_041, told=quiet)


def test_a_film_without_pictures_and_one_that_is_none_are_refused(tmp_path: Path) -> None:
    tone_clip(tmp_path / "sound.mp4", 0.3, 2.0)
    with pytest.raises(NothingToCut, match="no pictures"):
        cut(tmp_path / "sound.mp4", tmp_path / "piece.mp4", from_ms=0, until_ms=1_000, told=quiet)
    (tmp_path / "noise.mp4").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(av.FFmpegError):
        cut(tmp_path / "noise.mp4", tmp_path / "piece.mp4", from_ms=0, until_ms=1_000, told=quiet)


def command(*arguments: Path | int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "media.recorder", "cut", *map(str, arguments)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_the_command_says_how_far_it_is_and_what_came_of_it(clapper: Path, tmp_path: Path) -> None:
    with command(clapper / "film.mp4", tmp_path / "piece.mp4", 2_345, 6_789) as process:
        assert process.stdout is not None
        *steps, made = [json.loads(line) for line in process.stdout]
    assert process.returncode == 0
    assert [step["done_ms"] // 1000 for step in steps] == [1, 2, 3, 4]
    assert all((step["step"], step["total_ms"]) == ("cutting", 4_444) for step in steps)
    assert made["duration_ms"] == 6_789 - made["from_ms"]
    assert flashes(tmp_path / "piece.mp4")


def test_the_command_says_that_there_is_no_such_piece(clapper: Path, tmp_path: Path) -> None:
    with command(clapper / "film.mp4", tmp_path / "piece.mp4", 2_000, 99_000) as process:
        assert process.stdout is not None
        assert [json.loads(line) for line in process.stdout] == [{"problem": "no_such_piece"}]
    assert process.returncode == 1
