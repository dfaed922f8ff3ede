"""What strangers do with a TCP port, and how many of them it bears."""

import asyncio
import contextlib
import errno
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.framed_stream import FramedStream
from media.config import TcpLimits
from media.core.ids import PeerId
from media.dataplane import DataPlane
from media.ice import StreamAddress, source_of
from media.ice_tcp import StreamListener
from tests.media.checks import check
from tests.media.classroom import (
    BOTH,
    CAMERA,
    H264_KEYFRAME,
    LOOPBACK,
    ROOM,
    Classroom,
    classroom,
    eventually,
    with_tcp,
)


def framed(datagram: bytes) -> bytes:
    return len(datagram).to_bytes(2) + datagram


@asynccontextmanager
async def stranger(room: Classroom, host: str = "127.0.0.1") -> AsyncIterator[FramedStream]:
    stream = FramedStream(host, ("127.0.0.1", room.sfu.port), lambda frame: None)
    try:
        yield stream
    finally:
        stream.close()


def credentials(room: Classroom) -> tuple[str, str]:
    """Return those of the only transport there is."""
    [transport] = set(room.sfu._plane._by_ufrag.values())
    return transport.credentials.ufrag, transport.credentials.password


# --- strangers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bytes_sent", "counter"),
    [
        (framed(b"GET / HTTP/1.1\r\n\r\n"), "tcp_unauthenticated"),
        (b"GET / HTTP/1.1\r\n\r\n", "tcp_oversize_frame"),
        (b"\xff\xff" + bytes(3000), "tcp_oversize_frame"),
        (framed(b"\x80\x60" + bytes(40)), "tcp_unauthenticated"),
        (framed(b"\x16\xfe\xfd" + bytes(40)), "tcp_unauthenticated"),
        (framed(b"\x00\x01" + bytes(30)), "malformed_stun"),
        (framed(check("nobody", "x" * 32)), "stun_unknown_ufrag"),
        (framed(b""), "tcp_unauthenticated"),
    ],
    ids=["http-framed", "http", "too-long", "rtp", "dtls", "no-stun", "unknown-ufrag", "empty"],
)
async def test_a_stranger_that_begins_otherwise_than_with_a_check_is_closed(
    bytes_sent: bytes, counter: str
) -> None:
    async with classroom() as room, stranger(room) as stream:
        stream.send_raw(bytes_sent)
        await eventually(lambda: stream.is_closed)
        assert room.counters[counter] == 1
        assert room.counters.get("tcp_unauthenticated", 0) + room.counters.get(
            "tcp_oversize_frame", 0
        )
        assert not room.sfu._plane._streams._streams


async def test_a_check_with_a_wrong_password_is_not_answered() -> None:
    async with classroom() as room:
        await room.publish("teacher", BOTH)
        ufrag, password = credentials(room)
        async with stranger(room) as stream:
            stream.send(check(ufrag, password[::-1]))
            await eventually(lambda: stream.is_closed)
            assert stream.frames_received == 0
        assert room.counters["stun_unauthenticated"] == 1


@pytest.mark.parametrize("beginning", [b"", b"\x00", b"\x00\x64\x00\x01\x00"])
async def test_a_half_frame_is_waited_for_a_few_seconds_only(beginning: bytes) -> None:
    async with classroom(with_tcp(first_check_s=0.2)) as room, stranger(room) as stream:
        stream.send_raw(beginning)
        await eventually(lambda: stream.is_closed)
        assert room.counters["tcp_unauthenticated"] == 1


async def test_bytes_that_drip_gain_no_time() -> None:
    async with classroom(with_tcp(first_check_s=0.5)) as room, stranger(room) as stream:
        message = framed(b"\x00\x01" + bytes(1000))

        def drip() -> bool:
            nonlocal message
            if not stream.is_closed:
                stream.send_raw(message[:1])
                message = message[1:]
            return stream.is_closed

        await eventually(drip)
        assert message, "the check was never whole"
        assert room.counters["tcp_unauthenticated"] == 1


async def test_whoever_checked_once_and_never_again_is_closed() -> None:
    async with classroom(with_tcp(consent_s=0.3)) as room:
        await room.publish("teacher", BOTH)
        async with stranger(room) as stream:
            stream.send(check(*credentials(room)))
            await eventually(lambda: stream.frames_received == 1)
            await eventually(lambda: stream.is_closed)
        assert room.counters["tcp_silent"] == 1


async def test_one_seat_cannot_speak_for_another() -> None:
    async with classroom() as room:
        teacher = await room.publish("teacher", BOTH)
        room.allow(("teacher", CAMERA, ["site"]))
        site = await room.subscribe("site")
        teacher.send_rtp("1", H264_KEYFRAME, timestamp_increment=3000)
        await eventually(lambda: site.receptions)
        plane = room.sfu._plane
        subscriber = room.sfu._rooms[ROOM].router.subscribers[PeerId("site")].link
        own = subscriber.credentials  # type: ignore[attr-defined] # a Transport
        [spoken_to] = {t for t in plane._by_ufrag.values() if t is not subscriber}
        address = spoken_to.address
        async with stranger(room) as stream:
            stream.send(
                check(own.ufrag, own.password)
            )  # the site's own password, not the teacher's
            await eventually(lambda: stream.frames_received == 1)
            stream.send(b"\x80\x66" + bytes(60))
            stream.send(b"\x80\xc8" + bytes(60))
            await eventually(
                lambda: (
                    room.counters["srtp_auth_failed"] + room.counters.get("unknown_address", 0) == 2
                )
            )
        assert spoken_to.address == address
        assert room.counters["packets_in"] == 1


async def test_a_thousand_idle_connections_keep_nobody_out() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip(f"1 000 connections need more than the {hard} files this user may open")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    async with classroom() as room:
        idle = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(1000)]
        try:
            for number, each in enumerate(idle):
                each.setblocking(False)
                each.bind((f"127.0.0.{2 + number % 20}", 0))
                each.connect_ex(("127.0.0.1", room.sfu.port))
                if number % 50 == 0:
                    await asyncio.sleep(0)  # let the server accept
            listener = room.sfu._plane._streams
            # The rest waits in the kernel, which lets the server see no more of them at a time.
            await eventually(lambda: room.counters.get("tcp_refused", 0) > 200, within_s=20)
            assert len(listener._streams) <= listener.limits.strangers
            teacher = await room.publish("teacher", BOTH, peer=room.new_peer(over_tcp=True))
            assert teacher.is_connected
            await eventually(lambda: len(listener._streams) == 1, within_s=10)
            await room.publish("second", BOTH)
        finally:
            for each in idle:
                each.close()
        assert room.counters["errors"] == 0


async def test_one_source_has_few_strangers_and_not_all_the_connections() -> None:
    limits = with_tcp(strangers_per_source=2, streams_per_source=3)
    async with classroom(limits) as room, contextlib.AsyncExitStack() as streams:
        await room.publish("teacher", BOTH)
        known = [await streams.enter_async_context(stranger(room)) for _ in range(2)]
        for stream in known:
            stream.send(check(*credentials(room)))
        await eventually(lambda: all(stream.frames_received for stream in known))
        third = await streams.enter_async_context(stranger(room))
        await eventually(lambda: len(room.sfu._plane._streams._streams) == 3)
        fourth = await streams.enter_async_context(stranger(room))
        await eventually(lambda: fourth.is_closed)
        assert not third.is_closed
        elsewhere = await streams.enter_async_context(stranger(room, "127.0.0.9"))
        elsewhere.send(check(*credentials(room)))
        await eventually(lambda: elsewhere.frames_received)
        assert room.counters["tcp_refused"] == 1


async def test_the_node_takes_so_many_connections_and_the_oldest_stranger_makes_room() -> None:
    limits = with_tcp(strangers=2, streams=3, strangers_per_source=9)
    async with classroom(limits) as room, contextlib.AsyncExitStack() as streams:
        opened = [await streams.enter_async_context(stranger(room)) for _ in range(3)]
        await eventually(lambda: opened[0].is_closed)
        assert not opened[1].is_closed
        await room.publish("teacher", BOTH)
        for stream in opened[1:]:
            stream.send(check(*credentials(room)))
        await eventually(lambda: all(stream.frames_received for stream in opened[1:]))
        third = await streams.enter_async_context(stranger(room))
        await eventually(lambda: len(room.sfu._plane._streams._streams) == 3)
        fourth = await streams.enter_async_context(stranger(room))
        await eventually(lambda: fourth.is_closed)
        assert not third.is_closed
        assert room.counters["tcp_refused"] == 2


def test_an_ipv6_network_counts_as_one_source() -> None:
    assert source_of("2001:db8::1") == source_of("2001:db8::ffff:1")
    assert source_of("2001:db8::1") != source_of("2001:db8:0:1::1")
    assert source_of("fe80::1%eth0") == source_of("fe80::2%eth1")
    assert source_of("::ffff:192.0.2.1") != source_of("::ffff:192.0.2.2")
    assert source_of("192.0.2.1") == "192.0.2.1"


# --- the sockets -------------------------------------------------------------------------


async def test_the_port_is_the_same_and_must_be_free_for_both() -> None:
    plane = DataPlane(LOOPBACK)
    plane.open()
    port = plane.port
    with socket.create_connection(("127.0.0.1", port)):
        pass
    plane.close()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        again = DataPlane(replace(LOOPBACK, port=port))
        with pytest.raises(OSError, match=errno_text(errno.EADDRINUSE)):
            again.open()
    again.open()
    again.close()


def errno_text(number: int) -> str:
    return f"Errno {number}"


async def test_without_a_free_descriptor_it_waits_and_accepts_later() -> None:
    async with classroom() as room:
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        pending = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(2)]
        highest = max(each.fileno() for each in pending)
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, limit[1]))
        try:
            for each in pending:
                each.setblocking(False)
                each.connect_ex(("127.0.0.1", room.sfu.port))
            await eventually(lambda: room.counters.get("tcp_accept_failed"))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limit)
        await eventually(lambda: len(room.sfu._plane._streams._streams) == 2)
        for each in pending:
            each.close()


class Collector:
    """A FrameTaker that writes down what it is given."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.counts: dict[str, int] = {}

    def receive_check(self, frame: bytes, address: StreamAddress) -> bool:
        self.frames.append(frame)
        return True

    def receive_frame(self, frame: memoryview, address: StreamAddress) -> None:
        self.frames.append(bytes(frame))

    def stream_closed(self, address: StreamAddress) -> None:
        self.frames.append(b"closed")

    def count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1


def pieces(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    for size in sizes:
        yield data[:size]
        data = data[size:]
    yield data


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    datagrams=st.lists(st.binary(min_size=0, max_size=2048), max_size=12),
    sizes=st.lists(st.integers(1, 4000), max_size=12),
)
def test_frames_are_found_wherever_the_stream_is_cut(
    datagrams: list[bytes], sizes: list[int]
) -> None:
    async def run() -> None:
        taker = Collector()
        listener = StreamListener(taker, TcpLimits())
        listener.open("127.0.0.1", 0)
        with socket.create_connection(listener._sockets[0].getsockname()) as sender:
            sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            frames = [b"\x00 a check", *datagrams]
            for piece in pieces(b"".join(map(framed, frames)), sizes):
                sender.sendall(piece)
                await asyncio.sleep(0)
            await eventually(lambda: len(taker.frames) == len(frames))
            assert taker.frames == frames
        await eventually(lambda: taker.frames[-1] == b"closed")
        listener.close()
        assert taker.counts == {}

    asyncio.run(run())
