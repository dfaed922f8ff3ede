"""Repair a recording or make its replay, as a process of its own that stands back for lessons.

`python -m media.recorder recover FOLDER`, `… build FOLDER OUT`, `… verify FOLDER`. And
`… compose FOLDER PLAN OUT` and `… cut FILM OUT FROM_MS UNTIL_MS`, which say how far they are on
standard output and end when standard input does.
"""

import argparse
import errno
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from media.recorder.apart import end_with_parent, stand_back, tell
from media.recorder.compose import SMALL, WHOLE, NothingToHear, Profile, compose
from media.recorder.composition import read_plan
from media.recorder.cutting import NothingToCut, cut
from media.recorder.recovery import damaged_parts, recover
from media.recorder.replay import build_replay

PROFILES = {"whole": WHOLE, "small": SMALL, "sound": None}


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; return the exit code: 1 when `verify` finds damage."""
    parser = argparse.ArgumentParser(prog="python -m media.recorder", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    repairing = commands.add_parser("recover", help="close what a crash left open")
    building = commands.add_parser("build", help="make browser-seekable files and index.json")
    verifying = commands.add_parser("verify", help="compare files with the manifest's hashes")
    composing = commands.add_parser("compose", help="make one file of the whole lesson")
    for command in (repairing, building, verifying, composing):
        command.add_argument("folder", type=Path)
    repairing.add_argument("--before-epoch", type=int, default=None)
    building.add_argument("out", type=Path)
    composing.add_argument("plan", type=Path)
    composing.add_argument("out", type=Path)
    composing.add_argument("--form", choices=PROFILES, default="whole")
    cutting = commands.add_parser("cut", help="copy a piece of a film, without encoding")
    for name, kind in (("film", Path), ("out", Path), ("from_ms", int), ("until_ms", int)):
        cutting.add_argument(name, type=kind)
    options = parser.parse_args(arguments)
    if options.command == "recover":
        for part in recover(options.folder, before_epoch=options.before_epoch):
            sys.stdout.write(f"closed {part.file}: {part.bytes} bytes\n")
        return 0
    if options.command == "build":
        index = build_replay(options.folder, options.out)
        sys.stdout.write(f"{len(index.clips)} clips, {index.duration_s:.3f} s\n")
        return 0
    if options.command == "compose":
        return _compose(options.folder, options.plan, options.out, PROFILES[options.form])
    if options.command == "cut":
        return _cut(options.film, options.out, options.from_ms, options.until_ms)
    damaged = damaged_parts(options.folder)
    for part in damaged:
        sys.stdout.write(f"damaged {part.file}\n")
    return 1 if damaged else 0


def _compose(folder: Path, plan: Path, out: Path, profile: Profile | None) -> int:
    """Make the file; what hinders it for good is said in a word."""
    end_with_parent()
    lesson = read_plan(plan.read_text(encoding="utf-8"))
    began_s = time.monotonic()

    def told(step: str, done_s: float) -> None:
        tell(step=step, done_ms=round(done_s * 1000), total_ms=round(lesson.duration_s * 1000))

    try:
        with _full_disk_told():
            made = compose(folder, lesson, out, profile=profile, told=told)
    except NothingToHear:
        tell(problem="no_sound")
        return 1
    tell(
        duration_ms=round(made.duration_s * 1000),
        lufs=made.lufs,
        lufs_before=made.lufs_before,
        took_s=round(time.monotonic() - began_s, 3),
    )
    return 0


def _cut(film: Path, out: Path, from_ms: int, until_ms: int) -> int:
    """Copy the piece; what hinders it for good is said in a word."""
    end_with_parent()

    def told(done_s: float) -> None:
        tell(step="cutting", done_ms=round(done_s * 1000), total_ms=until_ms - from_ms)

    try:
        with _full_disk_told():
            made = cut(film, out, from_ms=from_ms, until_ms=until_ms, told=told)
    except NothingToCut:
        tell(problem="no_such_piece")
        return 1
    tell(from_ms=made.from_ms, duration_ms=made.duration_ms, lead_ms=made.lead_ms)
    return 0


@contextmanager
def _full_disk_told() -> Iterator[None]:
    """Say in a word that the disk is full, and end. Other errors are raised."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        tell(problem="disk_full")
        sys.exit(1)


if __name__ == "__main__":
    stand_back()
    sys.exit(main())
