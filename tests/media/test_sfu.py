"""The whole media plane with real handshakes on loopback."""

from media.core.ids import PeerId, Source, TrackKey
from tests.media.classroom import (
    H264_DELTA,
    H264_KEYFRAME,
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
