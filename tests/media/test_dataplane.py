"""The socket's own troubles, and what is cleaned up after."""

import asyncio
import socket
from dataclasses import replace

import pytest

from media.config import SfuConfig
from media.core.ids import PeerId, Source
from media.dataplane import DataPlane
from media.transport import Transport
from tests.media.classroom import (
    CAMERA,
    H264_DELTA,
    H264_KEYFRAME,
    LOOPBACK,
    ROOM,
    classroom,
    eventually,
)
from tests.media.test_transport import HERE, Line

NOWHERE = ("127.0.0.1", 0)  # the kernel refuses port 0


async def test_what_the_kernel_does_not_take_is_counted_and_others_are_served() -> None:
    async with classroom() as room:
        teacher = await room.publish("teacher", [(CAMERA, ("h264",))])
        room.allow(("teacher", CAMERA, ["site", "other"]))
        site, other = [await room.subscribe(name) for name in ("site", "other")]
        teacher.send_rtp("0", H264_KEYFRAME)
        await eventually(lambda: site.receptions and other.receptions)
        router = room.sfu._rooms[ROOM].router
        transport = router.subscribers[PeerId("site")].link
        assert isinstance(transport, Transport)
        transport.move_to(NOWHERE)
        teacher.send_rtp("0", H264_DELTA)
        await eventually(lambda: next(iter(other.receptions.values())).packets == 2)
        # The delta frame, and perhaps a report whose time had come.
        failed = room.counters["send_failed"]
        assert failed >= 1
        transport.expire_consent()
        teacher.send_rtp("0", H264_DELTA)
        await eventually(lambda: next(iter(other.receptions.values())).packets == 3)
        assert room.counters["send_failed"] == failed


async def test_former_addresses_and_names_are_forgotten() -> None:
    async with classroom() as room:
        teacher = await room.publish("teacher", [(CAMERA, ("h264",))])
        plane = room.sfu._plane
        teacher.rebind()

        def speak() -> bool:
            teacher.send_rtp("0", H264_DELTA)
            return room.counters.get("address_changes") == 1

        await eventually(speak)
        await eventually(lambda: len(plane._by_address) == 1)
        [transport] = plane._by_ufrag.values()
        for _ in range(3):
            transport.restart_ice(asyncio.get_running_loop().time())
            plane.add(transport)
        assert len(plane._by_ufrag) == 2
        transport.restart_ice(asyncio.get_running_loop().time() - 60.0)
        plane.add(transport)
        await eventually(lambda: list(plane._by_ufrag) == [transport.credentials.ufrag])


async def test_whoever_moved_is_found_however_many_there_are_and_no_packet_costs_more_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each packet is shown to some, the next to others: all of them in turn."""
    plane = DataPlane(SfuConfig())
    lines = [Line() for _ in range(700)]
    for line in lines:
        line.transport.move_to(NOWHERE)
        line.transport.is_connected = True
        plane.add(line.transport)
    shown: list[Transport] = []
    for wanted in (lines[650].transport, lines[3].transport):

        def is_theirs(
            transport: Transport, *_: object, wanted: Transport = wanted, **__: object
        ) -> bool:
            shown.append(transport)
            return transport is wanted

        monkeypatch.setattr(plane, "_authenticates", is_theirs)
        most, found = 0, None
        for packet in range(3):
            shown.clear()
            at = 10.0 + packet
            found = found or plane._find_moved(100, HERE, at, is_rtcp=False)
            most = max(most, len(shown))
        assert found is wanted
        assert wanted.address == HERE
        assert most <= 256
    for line in lines:
        plane.remove(line.transport)
    shown.clear()
    assert plane._find_moved(100, HERE, 20.0, is_rtcp=False) is None
    assert shown == []


async def test_a_stranger_gets_little_attention() -> None:
    async with classroom() as room:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for first in (b"\x00", b"\x80", b"\x16", b"\xff"):
                for _ in range(40):
                    stranger.sendto(first + bytes(30), ("127.0.0.1", room.sfu.port))
                    await asyncio.sleep(0)
        await eventually(
            lambda: (
                room.counters.get("stun_refused", 0) + room.counters.get("unknown_address", 0) >= 40
            )
        )
        assert room.counters["errors"] == 0


async def test_media_of_a_connection_gone_by_keeps_nobody_from_a_new_one() -> None:
    async with classroom() as room:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
            for _ in range(200):
                gone.sendto(b"\x80\x60" + bytes(30), ("127.0.0.1", room.sfu.port))
            await eventually(lambda: room.counters.get("unknown_address", 0) >= 60)
            await asyncio.gather(
                *(room.publish(f"site {number}", [(CAMERA, ("h264",))]) for number in range(20))
            )
        assert room.counters.get("stun_refused", 0) == 0


async def test_a_plane_is_closed_once_and_its_port_is_free_again() -> None:
    plane = DataPlane(LOOPBACK)
    plane.open()
    port = plane.port
    plane.close()
    plane.close()
    again = DataPlane(replace(LOOPBACK, port=port))
    again.open()
    again.close()


async def test_all_media_of_a_subscriber_counts_in_one_sequence() -> None:
    """First sendings, sound, retransmissions: nothing is left out, nothing counts twice."""
    microphone = Source.MICROPHONE
    async with classroom() as room:
        teacher = await room.publish("teacher", [(CAMERA, ("h264",)), (microphone, ("opus",))])
        room.allow(("teacher", CAMERA, ["site"]), ("teacher", microphone, ["site"]))
        site = await room.subscribe("site")
        steering = room.sfu._rooms[ROOM].router.subscribers[PeerId("site")].steering
        teacher.send_rtp("0", H264_KEYFRAME)
        for _ in range(20):
            teacher.send_rtp("0", H264_DELTA)
            teacher.send_rtp("1", b"opus")
        await eventually(lambda: sum(one.packets for one in site.receptions.values()) == 41)
        video = next(ssrc for ssrc, one in site.receptions.items() if one.packets == 21)
        highest = site.receptions[video].highest
        site.send_nack(video, [highest & 0xFFFF, (highest - 1) & 0xFFFF])
        await eventually(lambda: steering.history.count == 43)
        await eventually(lambda: steering.control.has_feedback)
        assert site.counts["without_transport_cc"] == 0
        assert steering.control.loss == 0.0
