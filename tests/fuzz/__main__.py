"""`make fuzz`: feed every parser of outside bytes for a while, guided by coverage (atheris).

    python -m tests.fuzz [TARGET ...] [--seconds 60] [--keep]

It begins from the kept corpus and the seeds. An input that breaks a parser is written to
var/fuzz/<target>/crash-*, said, and makes the exit code 1; add it to the corpus with the repair.
`--keep` writes what reached new code, shortest first, into the kept corpus, which `make test`
replays.
"""

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

from tests.fuzz import corpus
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

WORK = Path("var/fuzz")
# No datagram is longer; an offer of twenty sections is. libFuzzer's unit is bytes.
_MAX_BYTES = {"sdp": 16_384}
_LARGEST_DATAGRAM = 1500
#: What is kept must stay readable and quick to replay.
_MOST_KEPT = 150


def main() -> int:
    """Fuzz the targets named, or all; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="tests.fuzz", description="Fuzz what reads outside bytes."
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default 60)")
    parser.add_argument("--keep", action="store_true", help="write what is new into the corpus")
    options = parser.parse_args()
    unknown = set(options.targets) - TARGETS.keys()
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    broken = [
        target
        for target in options.targets or TARGETS
        if not _fuzz(target, options.seconds, is_kept=options.keep)
    ]
    if broken:
        print(f"broken: {', '.join(broken)}; the inputs are in {WORK}")
    return 1 if broken else 0


def _fuzz(target: str, seconds: int, *, is_kept: bool) -> bool:
    """Run one target; return whether nothing broke it."""
    folder = WORK / target
    inputs = folder / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    for data in [*corpus.load(target), *seeds()[target]]:
        (inputs / hashlib.sha256(data).hexdigest()[:20]).write_bytes(data)
    size = _MAX_BYTES.get(target, _LARGEST_DATAGRAM)
    ran = _run(
        target,
        f"-max_total_time={seconds}",
        f"-max_len={size}",
        "-timeout=5",
        "-reduce_inputs=1",
        "-rss_limit_mb=1024",
        f"-artifact_prefix={folder}/",
        str(inputs),
    )
    if ran != 0:
        print(f"{target}: BROKEN, see {folder}")
        return False
    line = f"{target}: {seconds} s, nothing broke it; {len(list(inputs.iterdir()))} inputs"
    if is_kept:
        found = sorted((path.read_bytes() for path in inputs.iterdir()), key=len)
        line += f", {corpus.keep(target, [*seeds()[target], *found[:_MOST_KEPT]])} kept"
    print(line, flush=True)
    return True


def _run(target: str, *flags: str) -> int:
    """Run libFuzzer in a process of its own: it ends the process it runs in."""
    log = WORK / target / "log.txt"
    with log.open("w") as output:
        return subprocess.run(
            [sys.executable, "-m", "tests.fuzz.engine", target, *flags],
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
