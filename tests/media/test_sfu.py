"""The whole media plane with real handshakes on loopback: what a room's people see."""

import asyncio
import random
from dataclasses import replace
from pathlib import Path

import pytest

from bench.peer import LightPeer
from media.config import RecordingTarget
from media.core import rtcp
from media.core.ids import PeerId, RoomId, TrackKey
from media.interface import Direction, ForwardingPlan, LinkBudget, NegotiationRefused
from media.recorder.manifest import read_manifest
from tests.media.classroom import (
    BOTH,
    CAMERA,
    H264_DELTA,
    H264_KEYFRAME,
    LOOPBACK,
    MICROPHONE,
    ROOM,
    TEACHER,
    TEACHERS_CAMERA,
    VP8_KEYFRAME,
    classroom,
    eventually,
    lost,
    received,
    watched,
)


async def test_what_one_publishes_another_receives() -> None:
    async with classroom() as room:
        teacher = await room.publish("teacher", BOTH)
        room.allow(("teacher", MICROPHONE, ["site"]), ("teacher", CAMERA, ["site"]))
        site = await room.subscribe("site")
        payloads: list[bytes] = []
        site.on_rtp = lambda packet: payloads.append(bytes(packet.payload))
        teacher.send_rtp("1", H264_KEYFRAME, marker=True)
        teacher.send_rtp("0", b"sound", marker=True)
        for _ in range(20):
            teacher.send_rtp("1", H264_DELTA, marker=True, timestamp_increment=3000)
        await eventually(lambda: len(payloads) == 22)
        assert set(payloads) == {H264_KEYFRAME, H264_DELTA, b"sound"}
        assert room.counters["forwarded_from:teacher"] == 22
        assert room.counters["packets_out"] == 22
        assert ("track_started", TEACHERS_CAMERA) in room.ledger.facts
        assert ("peer_connected", TEACHER, Direction.PUBLISH) in room.ledger.facts


async def test_vp8_is_forwarded_and_counted_on_over_a_pause() -> None:
    async with classroom() as room:
        teacher = await room.publish("teacher", [(CAMERA, ("vp8",))])
        room.allow(("teacher", CAMERA, ["site"]))
        site = await room.subscribe("site")
        pictures: list[int] = []
        site.on_rtp = lambda packet: pictures.append(packet.payload[3])
        far = VP8_KEYFRAME[:3] + b"\x50" + VP8_KEYFRAME[4:]
        teacher.send_rtp("0", VP8_KEYFRAME, marker=True)
        await eventually(lambda: pictures == [1])
        room.allow()
        room.allow(("teacher", CAMERA, ["site"]))
        teacher.send_rtp("0", far, marker=True)
        await eventually(lambda: pictures == [1, 2])


async def test_pausing_all_forwards_nothing() -> None:
    async with classroom() as room:
        teacher, site = await watched(room)
        before = room.counters["forwarded_from:teacher"]
        room.allow()
        for _ in range(10):
            teacher.send_rtp("0", H264_KEYFRAME, marker=True)
        await eventually(lambda: room.counters["dropped_not_granted"] == 10)
        site.send_nack(next(iter(site.receptions)), [0, 1])
        await eventually(lambda: room.counters["nack_missed"] == 2)
        assert room.counters["forwarded_from:teacher"] == before
        assert received(site) == 1


async def send_many(teacher: LightPeer, count: int) -> None:
    for _ in range(count):
        teacher.send_rtp("0", H264_DELTA, marker=True, timestamp_increment=3000)
        await asyncio.sleep(0.002)


async def test_loss_on_the_way_here_is_asked_for_and_forwarded_in_its_place() -> None:
    async with classroom() as room:
        teacher, site = await watched(room)
        teacher.rng = random.Random(6)
        teacher.send_loss = 0.1
        await send_many(teacher, 200)
        teacher.send_loss = 0.0
        await send_many(teacher, 1)
        await eventually(lambda: received(site) == 202 and lost(site) == 0)
        asked = [p for p in teacher.rtcp_received if isinstance(p, rtcp.Nack)]
        assert sum(len(nack.lost) for nack in asked) == room.counters["nack_sent"] > 0


async def test_loss_on_the_way_out_is_repaired_without_troubling_the_publisher() -> None:
    async with classroom() as room:
        teacher, site = await watched(room, rng=random.Random(5), repairs_loss=True)
        site.receive_loss = 0.1
        await send_many(teacher, 200)
        site.receive_loss = 0.0
        await send_many(teacher, 1)
        await eventually(lambda: received(site) == 202 and lost(site) == 0)
        counters = room.counters
        assert counters["rtx_out"] == counters["nack_answered"] > 0
        assert counters["nack_sent"] == 0
        assert not any(isinstance(p, rtcp.Nack) for p in teacher.rtcp_received)


async def test_arrivals_are_acknowledged_to_the_sender() -> None:
    async with classroom() as room:
        teacher = await room.publish("teacher", [(CAMERA, ("h264",))])
        for _ in range(30):
            teacher.send_rtp("0", H264_DELTA, marker=True)
        await eventually(
            lambda: any(isinstance(p, rtcp.TransportFeedback) for p in teacher.rtcp_received)
        )


async def test_sound_and_picture_come_with_sender_reports() -> None:
    async with classroom() as room:
        teacher = await room.publish("teacher", BOTH)
        room.allow(("teacher", MICROPHONE, ["site"]), ("teacher", CAMERA, ["site"]))
        site = await room.subscribe("site")
        teacher.send_rtp("0", b"sound")
        teacher.send_rtp("1", H264_KEYFRAME)
        await eventually(lambda: len(site.sender_reports) == 2)


async def test_many_who_come_at_once_cost_few_keyframes() -> None:
    async with classroom() as room:
        teacher = await room.publish("teacher", [(CAMERA, ("h264",))])
        names = [f"site {number}" for number in range(12)]
        room.allow(("teacher", CAMERA, names))
        teacher.send_rtp("0", H264_DELTA)
        sites = await asyncio.gather(*(room.subscribe(name) for name in names))
        asked = room.counters["keyframe_requests"]
        teacher.send_rtp("0", H264_KEYFRAME)
        await eventually(lambda: all(received(site) for site in sites))
        assert 1 <= asked <= 4
        assert sum(teacher.keyframe_requests.values()) >= 1


async def test_links_are_measured() -> None:
    config = replace(LOOPBACK, link_report_interval_s=0.3)
    async with classroom(config) as room:
        teacher, _site = await watched(room)
        for _ in range(50):
            teacher.send_rtp("0", H264_DELTA)
        await eventually(lambda: room.ledger.links.get(TEACHER) is not None)
        await eventually(lambda: room.ledger.links[TEACHER].loss_up == 0.0)


async def test_a_declared_line_stands_in_the_reports_over_connections() -> None:
    config = replace(LOOPBACK, link_report_interval_s=0.1)
    async with classroom(config) as room:
        room.sfu.set_budget(ROOM, TEACHER, LinkBudget(down_kbps=4000, up_kbps=None))
        await room.publish("teacher", [(CAMERA, ("h264",))])
        await eventually(lambda: TEACHER in room.ledger.links)
        assert room.ledger.links[TEACHER].budget_down_kbps == 4000
        await room.sfu.remove_peer(ROOM, TEACHER)
        room.ledger.links.clear()
        await room.publish("teacher", [(CAMERA, ("h264",))])
        await eventually(lambda: TEACHER in room.ledger.links)
        assert room.ledger.links[TEACHER].budget_down_kbps == 4000
        room.sfu.set_budget(ROOM, TEACHER, LinkBudget(None, None))
        await eventually(lambda: room.ledger.links[TEACHER].budget_down_kbps is None)


async def test_what_is_recorded_reaches_the_disk_with_its_manifest(tmp_path: Path) -> None:
    async with classroom() as room:
        teacher = await room.publish("teacher", [(MICROPHONE, ("opus",))])
        room.allow(("teacher", MICROPHONE, []), recorded=True)
        room.sfu.start_recording(ROOM, RecordingTarget(tmp_path, epoch=1, offset_s=0.0))
        with pytest.raises(ValueError, match="already"):
            room.sfu.start_recording(ROOM, RecordingTarget(tmp_path, epoch=2, offset_s=0.0))
        for _ in range(60):
            teacher.send_rtp("0", b"\xfc" + bytes(40), marker=True, timestamp_increment=960)
        await eventually(lambda: room.counters["packets_in"] >= 60)
        await room.sfu.stop_recording(ROOM)
        await room.sfu.stop_recording(ROOM)
        [part] = read_manifest(tmp_path)
        assert part.track == TrackKey(TEACHER, MICROPHONE)
        assert part.is_closed
        assert room.counters["packets_out"] == 0
        await eventually(lambda: room.ledger.recordings)
        assert room.ledger.recordings[-1].is_healthy


async def test_recording_follows_the_plan_and_who_is_there(tmp_path: Path) -> None:
    async with classroom() as room:
        teacher = await room.publish("teacher", [(MICROPHONE, ("opus",))])
        room.sfu.start_recording(ROOM, RecordingTarget(tmp_path, epoch=1, offset_s=0.0))

        async def speak(count: int) -> None:
            for _ in range(count):
                teacher.send_rtp("0", b"\xfc" + bytes(40), timestamp_increment=960)
                await asyncio.sleep(0.001)

        for is_recorded in (True, False, True):
            room.allow(("teacher", MICROPHONE, []), recorded=is_recorded)
            await speak(60)
            await asyncio.sleep(0.25)
        await room.sfu.remove_peer(ROOM, TEACHER)
        await room.sfu.close_room(ROOM)
        assert [part.is_closed for part in read_manifest(tmp_path)] == [True, True]
        room.sfu.open_room(ROOM)


async def test_rooms_are_opened_once_and_missed_when_closed() -> None:
    async with classroom() as room:
        with pytest.raises(ValueError, match="open already"):
            room.sfu.open_room(ROOM)
        await room.sfu.close_room(ROOM)
        await room.sfu.close_room(ROOM)
        with pytest.raises(NegotiationRefused):
            room.sfu.set_plan(ROOM, ForwardingPlan())


async def test_rooms_do_not_hear_each_other() -> None:
    async with classroom() as room:
        teacher, site = await watched(room)
        other = RoomId("other lesson")
        room.sfu.open_room(other)
        room.sfu.set_plan(other, ForwardingPlan({TEACHERS_CAMERA: frozenset([PeerId("site")])}))
        room.sfu.subscribe(other, PeerId("site"))
        teacher.send_rtp("0", H264_DELTA)
        await eventually(lambda: received(site) == 2)
        assert room.sfu.counters(other)["packets_in"] == 0


async def test_a_bug_in_one_room_is_logged_once_and_leaves_others_alone(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with classroom() as room:
        teacher, _site = await watched(room)
        router = room.sfu._rooms[ROOM].router

        def broken(*_: object) -> None:
            raise RuntimeError("a bug")

        monkeypatch.setattr(router, "receive_rtp", broken)
        for _ in range(3):
            teacher.send_rtp("0", H264_DELTA)
        await eventually(lambda: room.counters["errors"] == 3)
        assert len([r for r in caplog.records if r.exc_info]) == 1
        monkeypatch.undo()
        monkeypatch.setattr(router, "handle_timer", broken)
        await eventually(lambda: room.counters["errors"] >= 4)
        monkeypatch.undo()
        other = RoomId("other")
        room.sfu.open_room(other)
        peer = room.new_peer()
        offer = await peer.publish_offer([("0", ("h264",))])
        answer = await room.sfu.publish(other, TEACHER, offer=offer, sources={"0": CAMERA})
        await peer.accept_publish_answer(answer)
        await peer.connected()
        assert room.sfu.counters(other)["errors"] == 0


async def test_a_port_that_is_taken_is_said_at_once() -> None:
    async with classroom() as room:
        with pytest.raises(OSError, match="in use"):
            async with classroom(replace(LOOPBACK, port=room.sfu.port)):
                pass


async def test_the_platform_can_be_reached_over_ipv6() -> None:
    config = replace(LOOPBACK, bind_host="::1", announced_hosts=("::1",))
    async with classroom(config) as room:
        peer = room.new_peer(host="::1")
        await room.publish("teacher", [(CAMERA, ("h264",))], peer=peer)
        assert ("peer_connected", TEACHER, Direction.PUBLISH) in room.ledger.facts
