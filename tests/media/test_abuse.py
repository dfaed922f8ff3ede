"""Floods from strangers and from peers: counted, limited, and the lesson goes on."""

import asyncio
import random
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from media.config import MAX_PUBLISH_KBPS
from media.core import rtcp, rtp
from media.core.policing import TokenBucket
from tests.media.checks import check
from tests.media.classroom import (
    CAMERA,
    H264_DELTA,
    Classroom,
    classroom,
    eventually,
    received,
    watched,
)


@contextmanager
def strangers(room: Classroom, number: int) -> Iterator[list[socket.socket]]:
    """Sockets at as many loopback addresses, connected to the media port."""
    sockets = []
    try:
        for index in range(number):
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.bind((f"127.1.{index // 250}.{index % 250 + 1}", 0))
            one.connect(("127.0.0.1", room.sfu.port))
            sockets.append(one)
        yield sockets
    finally:
        for one in sockets:
            one.close()


HELLO = bytes([22, 254, 253]) + bytes(8) + struct.pack("!H", 60) + bytes([1]) + bytes(59)
FLOODS = {
    "stun": lambda: [check(f"{random.Random(n).getrandbits(32):08x}", "guess") for n in range(50)],
    "dtls": lambda: [HELLO],
    "rtp": lambda: [rtp.build(bytes(500), payload_type=96, marker=0, seq=1, timestamp=1, ssrc=9)],
    "rtcp": lambda: [rtcp.ReceiverReport(9, ()).to_bytes() + bytes(14)],
}


@pytest.mark.parametrize("kind", FLOODS)
async def test_a_flood_from_many_addresses_is_dropped_and_every_picture_arrives(kind: str) -> None:
    datagrams = FLOODS[kind]()
    async with classroom() as room:
        teacher, site = await watched(room)
        with strangers(room, 40) as sockets:
            for turn in range(60):
                for one in sockets:
                    one.send(datagrams[turn % len(datagrams)])
                teacher.send_rtp("0", H264_DELTA)
                await asyncio.sleep(0.002)
            await eventually(lambda: received(site) == 61)
        assert room.counters["errors"] == 0
        assert room.counters.get("address_changes", 0) == 0
        refused = ("stun_refused", "stun_unknown_ufrag", "unknown_datagram", "unknown_address")
        assert sum(room.counters.get(name, 0) for name in refused) > 100


async def test_a_flood_from_one_address_keeps_nobody_behind_it_from_joining() -> None:
    """A whole county may share one public address: who names a connection of ours gets in."""
    async with classroom() as room:
        await watched(room)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flooder:
            flooder.connect(("127.0.0.1", room.sfu.port))
            flooder.setblocking(False)
            for number in range(300):
                flooder.send(check(f"{number:08x}", "guess"))
            # All of it, or what is still waiting would count as the late one's.
            answers = ("stun_refused", "stun_unknown_ufrag")
            await eventually(lambda: sum(room.counters.get(name, 0) for name in answers) >= 300)
            refused = room.counters["stun_refused"]
            assert refused >= 200
            room.allow(("teacher", CAMERA, ["site", "late"]))
            late = await room.subscribe("late")
            assert late.is_connected
            assert room.counters["stun_refused"] == refused


async def test_who_knows_a_name_but_no_password_is_looked_at_a_limited_number_of_times() -> None:
    async with classroom() as room:
        await watched(room)
        known = check(next(iter(room.sfu._plane._by_ufrag)), "guess")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flooder:
            flooder.connect(("127.0.0.1", room.sfu.port))
            flooder.setblocking(False)
            for _ in range(40):
                for _ in range(50):
                    flooder.send(known)
                await asyncio.sleep(0.002)
            await eventually(lambda: room.counters.get("stun_refused", 0) >= 200)
            with pytest.raises(BlockingIOError):
                flooder.recv(2000)
        assert room.counters["stun_unauthenticated"] > 0


def has_counted(room: Classroom, unknown: int) -> bool:
    return room.counters.get("unknown_address", 0) >= unknown


async def test_media_from_unknown_addresses_costs_a_limited_number_of_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sources are free to a forger, so the bound is on the work, not on each source."""
    tries = 0

    async with classroom() as room:
        teacher, site = await watched(room)
        packet = rtp.build(bytes(200), payload_type=96, marker=0, seq=1, timestamp=1, ssrc=9)
        await asyncio.sleep(0.15)  # quiet, as a peer whose address changed would be
        authenticates = room.sfu._plane._authenticates

        def counted(*arguments: Any, **options: Any) -> bool:  # as the method has them
            nonlocal tries
            tries += 1
            return authenticates(*arguments, **options)

        monkeypatch.setattr(room.sfu._plane, "_authenticates", counted)
        monkeypatch.setattr(room.sfu._plane, "_keys_tried", TokenBucket(per_s=40, burst=8, now=0))
        with strangers(room, 20) as sockets:
            # Again where both peers spoke a moment ago, as they do by themselves.
            while tries == 0:
                seen = room.counters.get("unknown_address", 0)
                for one in sockets:
                    for _ in range(10):
                        one.send(packet)
                await eventually(partial(has_counted, room, seen + 200))
                await asyncio.sleep(0.15)
        assert 0 < tries < 100
        teacher.rebind()  # the one who really moved is found as soon as there are tries again

        def speak() -> bool:
            teacher.send_rtp("0", H264_DELTA)
            return received(site) >= 2

        await eventually(speak)


async def test_a_publisher_is_told_its_rate_and_held_to_one_and_a_half_of_it() -> None:
    async with classroom() as room:
        teacher, site = await watched(room)
        allowed_bytes = MAX_PUBLISH_KBPS[CAMERA] * 125 * 1.5
        sent = int(allowed_bytes / 1000 * 1.4)
        now = asyncio.get_running_loop().time()
        for number in range(sent):
            teacher.send_rtp("0", H264_DELTA)
            if number % 20 == 0:
                await asyncio.sleep(0)
        # What is dropped is asked for again, and held to the same rate.
        await eventually(lambda: room.counters["packets_in"] + over(room) > sent)
        elapsed_s = asyncio.get_running_loop().time() - now
        passed_bytes = received(site) * len(H264_DELTA)
        assert over(room) > 0
        assert passed_bytes <= allowed_bytes * (1 + elapsed_s)
        before = received(site)

        def speak() -> bool:
            teacher.send_rtp("0", H264_DELTA)
            return received(site) > before + 5

        await eventually(speak)


def over(room: Classroom) -> int:
    return room.counters.get("rtp_over_rate", 0)


async def test_flipped_and_repeated_packets_are_neither_forwarded_nor_fatal() -> None:
    async with classroom() as room:
        teacher, site = await watched(room)
        dice = random.Random(5)
        caught: list[bytes] = []
        send = teacher._send_datagram

        def send_and_keep(data: bytes | memoryview) -> None:
            caught.append(bytes(data))
            send(data)

        teacher._send_datagram = send_and_keep  # type: ignore[method-assign] # a wire tap
        for _ in range(20):
            teacher.send_rtp("0", H264_DELTA)
        await eventually(lambda: received(site) == 21)
        media = [one for one in caught if 127 < one[0] < 192]
        for number in range(600):
            damaged = bytearray(media[number % len(media)])
            if number % 3:
                damaged[dice.randrange(2, len(damaged))] ^= 1 << dice.randrange(8)
            teacher.send_raw(bytes(damaged))
            if number % 50 == 0:
                await asyncio.sleep(0.002)

        def refused() -> int:
            counted = room.counters
            return counted["srtp_auth_failed"] + counted["replayed"]

        await eventually(lambda: refused() >= 590)
        assert room.counters["errors"] == 0
        assert received(site) == 21
