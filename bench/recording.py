"""What recording a lesson costs, and how soon it can be played and taken along.

    python -m bench.recording [--minutes 5 45] [--compose 2]

A lesson of a 720p camera at about 2 Mbit/s and a microphone is recorded as fast as the disk takes
it. Printed: processor time of the recorder per second of media, and per Mbit/s; how long the
commands after the bell take (recover, the hash of the manifest, build), which is what a viewer
waits for; how many seconds of a lesson of `--compose` minutes are composed in one, for each file
that is offered. Everything runs beside whatever else the machine does.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from random import Random

import av

from bench.forward import RESULTS
from bench.measure import machine
from media.config import RecordingTarget
from media.core.clock import PublisherClock
from media.core.ids import PeerId, Source, TrackKey
from media.recorder.composition import Plan, PlannedClip, Role, Span
from media.recorder.folder import RecordingFolder
from media.recorder.timeline import read_index
from media.recorder.track import TrackRecorder
from tests.media.rtp_source import EncodedFrame, TimedPacket, encode_opus, packetize

LOOP_S = 10.0
FPS = 30
SIZE = (1280, 720)
VIDEO_BITS = 2_000_000
TEACHER = PeerId("hub")
CAMERA = TrackKey(TEACHER, Source.CAMERA)
MICROPHONE = TrackKey(TEACHER, Source.MICROPHONE)
ROOT = Path(__file__).parents[1]
FORMS = ("whole", "small", "sound")


def encode_camera() -> list[EncodedFrame]:
    """Return ten seconds of a picture that keeps an encoder busy, at about 2 Mbit/s."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = SIZE
    encoder.pix_fmt = "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    encoder.gop_size, encoder.max_b_frames, encoder.bit_rate = 2 * FPS, 0, VIDEO_BITS
    encoder.options = {"profile": "baseline", "preset": "ultrafast", "tune": "zerolatency"}
    texture = _texture()
    packets = []
    for index in range(round(LOOP_S * FPS)):
        frame = av.VideoFrame(*SIZE, "yuv420p")
        begin = index * 3 % SIZE[0]
        rows = b"".join(row[begin : begin + SIZE[0]] for row in texture)
        for number, plane in enumerate(frame.planes):
            plane.update(rows if number == 0 else bytes([128]) * plane.buffer_size)
        frame.pts = index
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return [
        EncodedFrame((packet.pts or 0) / FPS, bytes(packet), packet.is_keyframe)
        for packet in packets
    ]


def _texture() -> list[bytes]:
    """Return rows twice as wide as the picture, of soft shapes with grain."""
    dice = Random(1)
    rows = []
    for y in range(SIZE[1]):
        wave = [60 + (x // 16 * 7 + y // 12 * 11) % 120 for x in range(SIZE[0])]
        rows.append(bytes(value + dice.randrange(6) for value in wave) * 2)
    return rows


@dataclass(frozen=True, slots=True)
class Track:
    """One track of the lesson, of which ten seconds are sent again and again."""

    key: TrackKey
    codec: str
    clock_rate: int
    frames: list[EncodedFrame]

    def packets(self, loop: int, seq: int) -> list[TimedPacket]:
        """Return the packets of the `loop`-th ten seconds."""
        later = [frame._replace(at_s=frame.at_s + loop * LOOP_S) for frame in self.frames]
        return packetize(self.codec, later, first_seq=seq & 0xFFFF, first_time=0)


@dataclass(frozen=True, slots=True)
class Cost:
    """What the recorder took for one track: processor seconds for so much media."""

    codec: str
    cpu_s: float
    media_s: float
    mbit: float

    def line(self) -> str:
        """Return what is printed."""
        share = 100 * self.cpu_s / self.media_s
        rate = self.mbit / self.media_s
        each = f", {share / rate:.3f} % per Mbit/s" if rate > 0.5 else ""
        return f"{self.codec:5} {rate:5.2f} Mbit/s   {share:.3f} % of a core{each}"


def write_lesson(folder: Path, tracks: Sequence[Track], minutes: float) -> list[Cost]:
    """Record a lesson; return what each track cost. Making its packets is not counted."""
    files = RecordingFolder(RecordingTarget(folder, 1, 0.0))
    publisher = PublisherClock()
    costs = []
    for track in tracks:
        recorder = TrackRecorder(
            track.key,
            track.codec,
            clock_rate=track.clock_rate,
            publisher=publisher,
            folder=files,
            lesson_minus_arrival_s=0.0,
        )
        cpu_s = bits = 0.0
        seq = 0
        for loop in range(round(minutes * 60 / LOOP_S)):
            packets = track.packets(loop, seq)
            seq += len(packets)
            bits += sum(len(packet) for _, packet in packets) * 8
            began_s = time.process_time()
            for at_s, packet in packets:
                recorder.packet(packet, at_s)
                recorder.tick(at_s)
            cpu_s += time.process_time() - began_s
        recorder.end_part("stopped")
        costs.append(Cost(track.codec, cpu_s, minutes * 60, bits / 1e6))
    return costs


def _command(*arguments: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "media.recorder", *map(str, arguments)],
        cwd=ROOT,
        check=True,
        text=True,
        stdin=subprocess.PIPE,
        capture_output=True,
    )


def seconds_to_ready(folder: Path, out: Path) -> float:
    """Return how long it takes from the bell until a recording can be played."""
    began_s = time.monotonic()
    _command("recover", folder)
    hashlib.sha256((folder / "manifest.jsonl").read_bytes())
    _command("build", folder, out)
    return time.monotonic() - began_s


def speeds(out: Path) -> Iterator[tuple[str, float, float]]:
    """Yield each form, how many times real time it is made at, and its Mbit/s."""
    index = read_index(out)
    whole = (Span(0.0, index.duration_s),)
    clips = tuple(
        PlannedClip(
            clip.file,
            "hub",
            Role.LEAD,
            clip.start_s,
            clip.duration_s,
            clip.has_audio,
            clip.has_video,
            whole,
        )
        for clip in index.clips
    )
    plan = out / "plan.json"
    plan.write_text(Plan(index.duration_s, clips).to_json(), encoding="utf-8")
    for form in FORMS:
        made = out / f"{form}.mp4"
        began_s = time.monotonic()
        _compose(out, plan, made, form)
        took_s = time.monotonic() - began_s
        yield form, index.duration_s / took_s, made.stat().st_size * 8e-6 / index.duration_s


def _compose(folder: Path, plan: Path, made: Path, form: str) -> None:
    words = ["compose", str(folder), str(plan), str(made), "--form", form]
    with subprocess.Popen(
        [sys.executable, "-m", "media.recorder", *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,  # it ends when this does
        stdout=subprocess.DEVNULL,
    ) as process:
        if process.wait() != 0:
            raise RuntimeError(f"composing {form} failed")


def run(
    minutes: Sequence[float], compose_minutes: float, say: Callable[[str], None]
) -> dict[str, object]:
    """Measure everything; return the figures."""
    tracks = [
        Track(CAMERA, "H264", 90_000, encode_camera()),
        Track(MICROPHONE, "opus", 48_000, encode_opus(LOOP_S)),
    ]
    figures: dict[str, object] = {}
    for length in minutes:
        with tempfile.TemporaryDirectory(dir=ROOT / "var") as place:
            costs = write_lesson(Path(place) / "rec", tracks, length)
            for cost in costs:
                say(f"recorder, {length:g} min: {cost.line()}")
            ready_s = seconds_to_ready(Path(place) / "rec", Path(place) / "out")
            say(f"bell to READY, {length:g} min: {ready_s:.1f} s")
            figures[f"ready_s of {length:g} min"] = ready_s
            figures[f"cpu_s of {length:g} min"] = {cost.codec: cost.cpu_s for cost in costs}
    if compose_minutes:
        with tempfile.TemporaryDirectory(dir=ROOT / "var") as place:
            write_lesson(Path(place) / "rec", tracks, compose_minutes)
            seconds_to_ready(Path(place) / "rec", Path(place) / "out")
            for form, speed, mbit in speeds(Path(place) / "out"):
                say(f"composing, {form}: {speed:.1f} x real time, {mbit:.2f} Mbit/s")
                figures[f"speed of {form}"] = speed
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.recording", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--minutes", type=float, nargs="+", default=[5.0, 45.0])
    parser.add_argument("--compose", type=float, default=2.0, metavar="MINUTES")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    if min(options.minutes) < LOOP_S / 60 or options.compose < 0:
        parser.error("a lesson has at least ten seconds")
    print(machine())
    options.results.mkdir(parents=True, exist_ok=True)
    figures = run(options.minutes, options.compose, lambda line: print(line, flush=True))
    path = options.results / f"recording-{time.strftime('%Y%m%dT%H%M%S')}.json"
    path.write_text(json.dumps(figures, indent=2) + "\n")
    print(f"written to {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
