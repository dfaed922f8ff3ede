"""What the native plane promises its callers, one call at a time."""

import asyncio
import select
import socket
import time
from collections.abc import Iterator
from ctypes import CDLL, byref, c_uint8
from dataclasses import replace

import pytest

from media.config import DataPlaneChoice
from media.core import rtcp, rtp
from media.ice import StreamAddress
from media.native_library import MESSAGE, load, srtp_api
from media.native_plane import NativePlane
from media.native_room import NativeRoom
from tests.media.classroom import LOOPBACK
from tests.media.plane_rig import AUDIO, Rig
from tests.needs import needs_native_plane

pytestmark = needs_native_plane


@pytest.fixture
def sleeping() -> Iterator[tuple[CDLL, int, int, int]]:
    """A plane whose lane sleeps: the library, the plane, a room, a transport in it."""
    library, api = load(), srtp_api()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        plane = library.plane_open(udp.fileno(), 1, byref(api))
        room = library.room_open(plane, 0)
        transport = library.transport_add(room, 1, 100, 10_000.0)
        library.transport_limits(transport, 1e6, 1e6, 1e6)
        yield library, plane, room, transport
        library.transport_remove(transport)
        library.room_close(room)
        library.plane_close(plane)


MEDIA = rtp.build(b"opus", payload_type=96, marker=0, seq=1, timestamp=1, ssrc=7)
REPORT = rtcp.compound(rtcp.ReceiverReport(5, ()))


@pytest.mark.parametrize("packet", [MEDIA, REPORT])
def test_what_came_by_a_stream_is_announced_while_the_lane_sleeps(
    sleeping: tuple[CDLL, int, int, int], packet: bytes
) -> None:
    library, plane, room, transport = sleeping
    encoding = library.encoding_add(room)
    library.encoding_restart(encoding, 1, 96, -1)
    library.encoding_want(encoding, True, False, 2.0)
    library.binding_add(transport, 7, encoding, False)
    wake_fd = library.plane_wake_fd(plane, 0)
    for seq in (1, 2):  # the first one is news by itself
        library.plane_awake(plane, 0)
        content = bytearray(packet)
        if packet is MEDIA:
            content[2:4] = seq.to_bytes(2)
        library.transport_receive(
            transport, (c_uint8 * len(content)).from_buffer(content), len(content), float(seq)
        )
        assert select.select([wake_fd], [], [], 0)[0] == [wake_fd]
    library.binding_remove(transport, 7)
    library.encoding_remove(encoding)


@pytest.mark.parametrize(("name", "result"), [("plane_open", None), ("plane_start", 11)])
async def test_a_plane_that_cannot_begin_says_so_and_can_be_closed(
    name: str, result: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    plane = NativePlane(replace(LOOPBACK, data_plane=DataPlaneChoice.NATIVE))
    monkeypatch.setattr(plane._library, name, lambda *_: result)
    with pytest.raises(OSError, match="native data plane"):
        plane.open()
    plane.close()
    assert plane._socket is None


def test_a_transport_to_which_something_still_flows_is_not_given_back() -> None:
    async def lesson() -> None:
        rig = Rig(DataPlaneChoice.NATIVE, seed=1)
        try:
            peer = rig.subscribe("site", extension_id=0, has_rtx=False, has_red=False)
            await rig.rtp(AUDIO, 1, 0, b"opus")
            assert isinstance(rig._room, NativeRoom)
            with pytest.raises(AssertionError, match="use it after"):
                rig._room.remove(peer.transport)
        finally:
            rig.close()

    asyncio.run(lesson())


@pytest.mark.parametrize("is_allowed", [True, False])
async def test_what_was_sealed_for_a_stream_is_not_sent_once_it_is_forbidden(
    monkeypatch: pytest.MonkeyPatch, *, is_allowed: bool
) -> None:
    rig = Rig(DataPlaneChoice.NATIVE, seed=1)
    try:
        peer = rig.subscribe("site", extension_id=0, has_rtx=False, has_red=False)
        await rig.rtp(AUDIO, 1, 0, b"opus")
        plane, sent = rig.plane, list[bytes]()
        assert isinstance(plane, NativePlane)
        monkeypatch.setattr(plane, "send_on_stream", lambda _, sealed: sent.append(sealed))
        peer.transport.move_to(StreamAddress("127.0.0.1", 9, 1))
        rig.work()
        rig.teacher.send_rtp(
            rtp.build(b"opus", payload_type=96, marker=0, seq=2, timestamp=960, ssrc=1000)
        )
        # Without the event loop, which would take the first message before the second is there.
        for _ in range(30_000):
            if _waiting(plane) > MESSAGE.size + 40:  # the packet, and what was made of it
                break
            time.sleep(0.001)
        if not is_allowed:
            rig.audience[AUDIO].clear()
            rig.replan()
        rig.work()
        media = [packet for packet in sent if not 192 <= packet[1] < 224]
        assert len(media) == is_allowed
        assert not rig.errors
    finally:
        rig.close()


def _waiting(plane: NativePlane) -> int:
    """Return how many bytes of messages wait in the ring of media."""
    size: int = plane._library.plane_messages(plane._pointer, 0, True, byref(plane._offset))
    return size
