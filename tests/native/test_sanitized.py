"""The native data plane's C under sanitizers: kept packets replayed, threads against edits."""

import subprocess
from pathlib import Path

import pytest

from tests.fuzz import corpus
from tests.native import inputs
from tests.needs import need_programs

_FOLDER = Path(__file__).parent
_CORPUS = [str(corpus.FOLDER / f"{target}.hex") for target in ("rtp", "rtcp", "vp8", "h264")]


def built(source: str, folder: Path, *options: str) -> Path:
    """Build a harness with a sanitizer; skip the test where the compiler has none."""
    need_programs(cc="gcc")
    probe = folder / "probe.c"
    probe.write_text("int main(void) { return 0; }")
    command = ["cc", "-g", "-O1", "-std=gnu11", "-pthread", *options]
    able = subprocess.run(
        [*command, probe, "-o", folder / "probe"], capture_output=True, check=False
    )
    if able.returncode:
        pytest.skip(f"the C compiler has no {' '.join(options)}")
    program = folder / Path(source).stem
    command += ["-Wall", "-Wextra", "-Werror", str(_FOLDER / source), "-o", str(program)]
    subprocess.run(command, check=True)
    return program


def run(program: Path, *arguments: str) -> str:
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_kept_packets_read_and_write_only_what_is_theirs(tmp_path: Path) -> None:
    program = built(
        "fuzz_packets.c",
        tmp_path,
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=undefined",
        "-DREPLAY",
    )
    kept = sum(len(corpus.load(target)) for target in ("rtp", "rtcp", "vp8", "h264"))
    assert run(program, *_CORPUS) == f"{kept} packets\n"


def test_two_lanes_and_edits_race_for_nothing(tmp_path: Path) -> None:
    program = built("stress_threads.c", tmp_path, "-fsanitize=thread")
    assert "packets sent" in run(program, "1.5")


def test_the_fuzzer_begins_with_the_kept_packets(tmp_path: Path) -> None:
    assert inputs.main(tmp_path) == len(list(tmp_path.iterdir())) > 100
