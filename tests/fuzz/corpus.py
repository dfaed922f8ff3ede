"""The kept corpus: by target a file of inputs, one a line in hexadecimal, in sorted order.

Text, so that a change of it can be read and merged; small, because of what reaches new code the
shortest inputs are kept, and what once found a defect.
"""

from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).with_name("corpus")


def load(target: str) -> list[bytes]:
    """Return the kept inputs of a target; none where nothing is kept yet."""
    path = FOLDER / f"{target}.hex"
    if not path.exists():
        return []
    return [bytes.fromhex(line) for line in path.read_text("ascii").splitlines()]


def keep(target: str, inputs: Iterable[bytes]) -> int:
    """Write the inputs to keep of a target; return how many there are."""
    lines = sorted({data.hex() for data in inputs}, key=lambda line: (len(line), line))
    (FOLDER / f"{target}.hex").write_text("".join(f"{line}\n" for line in lines), "ascii")
    return len(lines)
