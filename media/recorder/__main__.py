"""Repair a recording or make its replay, as a process of its own (it may be `nice`d).

`python -m media.recorder recover FOLDER`, `… build FOLDER OUT`, `… verify FOLDER`.
"""

import argparse
import sys
from pathlib import Path

from media.recorder.recovery import damaged_parts, recover
from media.recorder.replay import build_replay


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; return the exit code: 1 when `verify` finds damage."""
    parser = argparse.ArgumentParser(prog="python -m media.recorder", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    repairing = commands.add_parser("recover", help="close what a crash left open")
    building = commands.add_parser("build", help="make browser-seekable files and index.json")
    verifying = commands.add_parser("verify", help="compare files with the manifest's hashes")
    for command in (repairing, building, verifying):
        command.add_argument("folder", type=Path)
    repairing.add_argument("--before-epoch", type=int, default=None)
    building.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    if options.command == "recover":
        for part in recover(options.folder, before_epoch=options.before_epoch):
            sys.stdout.write(f"closed {part.file}: {part.bytes} bytes\n")
        return 0
    if options.command == "build":
        index = build_replay(options.folder, options.out)
        sys.stdout.write(f"{len(index.clips)} clips, {index.duration_s:.3f} s\n")
        return 0
    damaged = damaged_parts(options.folder)
    for part in damaged:
        sys.stdout.write(f"damaged {part.file}\n")
    return 1 if damaged else 0


if __name__ == "__main__":
    sys.exit(main())
