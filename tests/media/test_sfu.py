"""The whole media plane with real handshakes on loopback."""

from pathlib import Path

from media.config import RecordingTarget
from media.core.ids import PeerId, Source, TrackKey
from media.recorder.manifest import read_manifest
from tests.media.classroom import (
    H264_DELTA,
    H264_KEYFRAME,
    ROOM,
    classroom,
    eventually,
)

CAMERA, MICROPHONE = Source.CAMERA, Source.MICROPHONE
BOTH = [(MICROPHONE, ("opus",)), (CAMERA, ("h264",))]


async def test_what_one_publishes_another_receives() -> None:
    async with classroom() as room:
        teacher = await room.publish("teacher", BOTH)
        room.allow(("teacher", MICROPHONE, ["site"]), ("teacher", CAMERA, ["site"]))
        site = await room.subscribe("site")
        teacher.send_rtp("1", H264_KEYFRAME, marker=True)
        teacher.send_rtp("0", b"sound", marker=True)
        for _ in range(20):
            teacher.send_rtp("1", H264_DELTA, marker=True, timestamp_increment=3000)
        await eventually(lambda: sum(r.packets for r in site.receptions.values()) >= 22)
        assert room.counters["forwarded_from:teacher"] == 22
        assert room.counters["packets_out"] == 22
        assert ("track_started", TrackKey(PeerId("teacher"), CAMERA)) in room.ledger.facts


async def test_what_is_recorded_reaches_the_disk_with_its_manifest(tmp_path: Path) -> None:
    async with classroom() as room:
        teacher = await room.publish("teacher", [(MICROPHONE, ("opus",))])
        room.allow(("teacher", MICROPHONE, []), recorded=True)
        room.sfu.start_recording(ROOM, RecordingTarget(tmp_path, epoch=1, offset_s=0.0))
        for _ in range(60):
            teacher.send_rtp("0", b"\xfc" + bytes(40), marker=True, timestamp_increment=960)
        await eventually(lambda: room.counters["packets_in"] >= 60)
        await room.sfu.stop_recording(ROOM)
        [part] = read_manifest(tmp_path)
        assert part.track == TrackKey(PeerId("teacher"), MICROPHONE)
        assert part.is_closed
        assert room.counters["packets_out"] == 0
        await eventually(lambda: room.ledger.recordings)
        assert room.ledger.recordings[-1].is_healthy
