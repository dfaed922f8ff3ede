"""Whoever leaves the media plane leaves nothing behind in it."""

import contextlib
import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from media.config import RecordingTarget
from media.core.ids import PeerId
from media.driver import RoomDriver
from tests.media.classroom import (
    BOTH,
    CAMERA,
    ROOM,
    TEACHER,
    TEACHERS_CAMERA,
    classroom,
    eventually,
    watched,
)


async def test_people_who_come_and_go_leave_nothing_behind() -> None:
    async with classroom() as room:
        teacher = await room.publish("teacher", [(CAMERA, ("h264",))])
        room.allow(("teacher", CAMERA, ["site"]))
        for _ in range(10):
            site = await room.subscribe("site")
            await room.sfu.remove_peer(ROOM, PeerId("site"))
            await site.close()
        router = room.sfu._rooms[ROOM].router
        assert router.subscribers == {}
        assert router.tracks[TEACHERS_CAMERA].up_tracks[0].waiting == []
        assert list(room.sfu._plane._by_ufrag.values()) == [router.publishers[TEACHER].link]
        assert teacher.is_connected


def held(driver: RoomDriver, *peers: PeerId) -> list[weakref.ref[object]]:
    """What these peers' connections are made of, OpenSSL's and libsrtp's part included."""
    connections = [
        each
        for each in (*driver._publishing.values(), *driver._subscribing.values())
        if each.peer_id in peers
    ]
    transports = [each.transport for each in connections]
    handshakes = [each._dtls for each in transports]
    keys = [key for each in handshakes for key in (each._tx_srtp, each._rx_srtp)]
    ssl = [each._ssl for each in handshakes]
    return [weakref.ref(each) for each in (*connections, *transports, *handshakes, *keys, *ssl)]


async def until_gone(references: list[weakref.ref[object]], left: str = "") -> None:
    """Wait until nothing is left; it must not be the collector's work."""

    def those_left() -> list[str]:
        return [type(each).__name__ for each in (ref() for ref in references) if each is not None]

    with contextlib.suppress(TimeoutError):
        await eventually(lambda: not those_left())
    assert those_left() == [], left


@pytest.fixture
def no_collector() -> Iterator[None]:
    """What goes away now does so by itself."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
async def test_a_closed_room_is_gone_at_once(tmp_path: Path) -> None:
    async with classroom() as room:
        await watched(room)
        room.allow(("teacher", CAMERA, ["site"]), recorded=True)
        room.sfu.start_recording(ROOM, RecordingTarget(tmp_path, epoch=1, offset_s=0.0))
        driver = room.sfu._rooms[ROOM]
        assert driver._recording is not None
        parts = (driver, driver.router, driver._recording, driver._recording._recorder)
        references = held(driver, TEACHER, PeerId("site"))
        assert len(references) == 2 * 6
        references += [weakref.ref(each) for each in parts]
        del driver, parts
        await room.sfu.close_room(ROOM)
        await until_gone(references)


@pytest.mark.usefixtures("no_collector")
async def test_who_leaves_or_comes_again_is_gone_at_once() -> None:
    async with classroom() as room:
        await watched(room)
        site = PeerId("site")
        driver = room.sfu._rooms[ROOM]
        before = held(driver, site)
        await room.subscribe("site")
        await until_gone(before, "after coming again")
        before = held(driver, site)
        await room.sfu.remove_peer(ROOM, site)
        await until_gone(before, "after leaving")
        before = held(driver, TEACHER)
        await room.publish("teacher", BOTH)
        await until_gone(before, "after publishing again")


@pytest.mark.usefixtures("no_collector")
async def test_a_handshake_cut_short_is_gone_at_once() -> None:
    async with classroom() as room:
        peer = room.new_peer()
        offer = await peer.publish_offer([("0", ("h264",))])
        await room.sfu.publish(ROOM, TEACHER, offer=offer, sources={"0": CAMERA})
        transport = room.sfu._rooms[ROOM]._publishing[TEACHER].transport
        parts: tuple[object, ...] = (transport, transport.owner)
        references = [weakref.ref(each) for each in parts]
        del parts
        del transport
        await room.sfu.remove_peer(ROOM, TEACHER)
        await until_gone(references)
