"""Write the kept packets as inputs of `fuzz_packets`: `python -m tests.native.inputs FOLDER`."""

import sys
from pathlib import Path

from tests.fuzz import corpus

#: Which first byte makes the harness take a packet as RTP of a publisher, its RTCP, RTCP of a
#: subscriber, or a VP8 payload; the higher bits say which of several.
_KINDS = {"rtp": (0, 4, 8), "rtcp": (1, 2, 6, 14, 30, 62), "vp8": (3, 251), "h264": (3,)}


def main(folder: Path) -> int:
    """Write one file per packet and kind; return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for target, kinds in _KINDS.items():
        for number, data in enumerate(corpus.load(target)):
            for kind in kinds:
                (folder / f"{target}-{number}-{kind}").write_bytes(bytes([kind]) + data)
                written += 1
    return written


if __name__ == "__main__":
    print(f"{main(Path(sys.argv[1]))} inputs")
