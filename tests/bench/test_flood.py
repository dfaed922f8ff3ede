"""The flood benchmark: its datagrams are what they claim, and its judge can say no."""

import dataclasses
import random
import socket

import pytest

from bench import flood
from bench.measure import Run
from media.core import rtcp, rtp
from media.ice import parse_request

QUIET = Run("ours", 10, 5.0, 0.5, 1000, 1000, 0.3, 2.0, 200, 1, 1, 1, 1, 0.1, 0.0, 0.0, 1, {})


def test_the_datagrams_get_as_far_as_a_strangers_can() -> None:
    dice = random.Random(1)
    check = parse_request(flood.KINDS["stun"](dice))
    assert check.username.endswith(":theirs")
    hello = flood.KINDS["dtls"](dice)
    assert hello[0] == 22
    assert len(hello) == 13 + int.from_bytes(hello[11:13])
    media = flood.KINDS["rtp"](dice)
    assert rtp.parse(media, len(media))[0] == 96
    assert rtcp.parse(flood.KINDS["rtcp"](dice)[:8])


def test_a_flood_comes_from_many_addresses_and_ends() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as target:
        target.bind(("127.0.0.1", 0))
        target.setblocking(False)
        sent = flood.flood("rtp", target.getsockname()[1], 4000, 0.1)
        seen = set()
        for _ in range(50):
            seen.add(target.recvfrom(2000)[1][0])
        assert sent >= 50
        assert len(seen) == 50


@pytest.mark.parametrize(
    ("change", "held"),
    [
        ({}, True),
        ({"delay_p99_ms": 19.0}, True),
        ({"delay_p99_ms": 21.0}, False),
        ({"delivered": 990}, False),
    ],
)
def test_the_judge_wants_every_packet_and_in_time(change: dict[str, float], held: bool) -> None:
    run = dataclasses.replace(QUIET, **change)  # type: ignore[arg-type] # the table names fields
    assert flood.is_held(run, QUIET) is held


def test_nonsense_is_refused() -> None:
    with pytest.raises(SystemExit):
        flood.main(["--rate", "0"])
