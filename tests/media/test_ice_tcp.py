"""Media over TCP on the same port number, to readers that may be too slow for it."""

import socket
from dataclasses import replace

import pytest

from bench.peer import LightPeer
from media.core.ids import PeerId, Source
from media.ice import StreamAddress
from tests.media.classroom import (
    BOTH,
    CAMERA,
    H264_DELTA,
    H264_KEYFRAME,
    LOOPBACK,
    MICROPHONE,
    ROOM,
    Classroom,
    classroom,
    eventually,
    received,
    with_tcp,
)

SOUND = bytes(80)


async def received_over_tcp(
    room: Classroom, *sources: Source, **options: object
) -> tuple[LightPeer, LightPeer]:
    """A teacher, and a site that receives these of its sources over TCP and has had a packet."""
    teacher = await room.publish("teacher", BOTH)
    room.allow(*(("teacher", source, ["site"]) for source in sources))
    site = await room.subscribe("site", over_tcp=True, **options)
    if CAMERA in sources:
        teacher.send_rtp("1", H264_KEYFRAME, timestamp_increment=3000)
    else:
        teacher.send_rtp("0", SOUND)
    await eventually(lambda: site.receptions)
    return teacher, site


async def test_a_lesson_goes_over_tcp_both_ways() -> None:
    async with classroom() as room:
        teacher = await room.publish("teacher", BOTH, peer=room.new_peer(over_tcp=True))
        room.allow(
            ("teacher", MICROPHONE, ["site", "other"]), ("teacher", CAMERA, ["site", "other"])
        )
        site = await room.subscribe("site", over_tcp=True)
        other = await room.subscribe("other")
        got: dict[str, list[bytes]] = {"site": [], "other": []}
        site.on_rtp = lambda packet: got["site"].append(bytes(packet.payload))
        other.on_rtp = lambda packet: got["other"].append(bytes(packet.payload))
        sent = [H264_KEYFRAME, H264_DELTA, bytes((0x41,)) + bytes(1150)]
        for payload in sent:
            teacher.send_rtp("0", SOUND)
            teacher.send_rtp("1", payload, timestamp_increment=3000)
        await eventually(lambda: len(got["site"]) >= 6 and len(got["other"]) >= 6)
        assert got["site"] == got["other"]
        assert sorted(got["site"]) == sorted([*sent, *[SOUND] * 3])
        assert room.counters["srtp_auth_failed"] == 0
        assert room.counters["errors"] == 0
        await eventually(lambda: room.ledger.links.get(PeerId("site")))


async def test_both_families_and_both_protocols_meet_in_one_room() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    both = replace(LOOPBACK, bind_host="::", announced_hosts=("::1", "127.0.0.1"))
    async with classroom(both) as room:
        teacher = await room.publish("teacher", BOTH, peer=room.new_peer(host="::1", over_tcp=True))
        names = ["udp4", "udp6", "tcp4", "tcp6"]
        room.allow(("teacher", MICROPHONE, names), ("teacher", CAMERA, names))
        sites = [
            await room.subscribe(
                name,
                host="::1" if name.endswith("6") else "127.0.0.1",
                over_tcp=name.startswith("tcp"),
            )
            for name in names
        ]
        teacher.send_rtp("0", SOUND)
        teacher.send_rtp("1", H264_KEYFRAME)
        for site in sites:
            await eventually(lambda: len(site.receptions) == 2)  # noqa: B023 - awaited at once
        assert room.counters["errors"] == 0


async def test_whoever_has_both_returns_to_udp() -> None:
    async with classroom() as room:
        teacher = await room.publish("teacher", BOTH)
        room.allow(("teacher", CAMERA, ["site"]))
        site = await room.subscribe("site", over_tcp=True)
        transport = room.sfu._rooms[ROOM].router.subscribers[PeerId("site")].link
        assert isinstance(transport.address, StreamAddress)  # type: ignore[attr-defined] # a Transport
        [stream] = site.tcp_streams
        site.take_udp()
        await eventually(lambda: not isinstance(transport.address, StreamAddress))  # type: ignore[attr-defined] # a Transport
        in_stream = stream.frames_received
        teacher.send_rtp("1", H264_KEYFRAME, timestamp_increment=3000)
        await eventually(lambda: site.receptions)
        assert stream.frames_received == in_stream
        assert room.counters["address_changes"] == 1


async def test_a_stream_ends_with_its_connection() -> None:
    async with classroom() as room:
        teacher = await room.publish("teacher", BOTH, peer=room.new_peer(over_tcp=True))
        [stream] = teacher.tcp_streams
        await room.sfu.remove_peer(ROOM, PeerId("teacher"))
        await eventually(lambda: stream.is_closed)
        assert not room.sfu._plane._streams._streams


async def test_a_peer_whose_stream_breaks_comes_back_on_another() -> None:
    async with classroom() as room:
        teacher, site = await received_over_tcp(room, CAMERA, MICROPHONE, consent_interval_s=0.1)
        site.tcp_streams[0].close()
        subscriber = room.sfu._rooms[ROOM].router.subscribers[PeerId("site")]
        await eventually(lambda: not subscriber.is_connected)
        await eventually(lambda: subscriber.is_connected)
        before = teacher.keyframe_requests["1"]
        await eventually(lambda: teacher.keyframe_requests["1"] >= max(before, 1))
        seen = received(site)
        teacher.send_rtp("1", H264_KEYFRAME, timestamp_increment=3000)
        await eventually(lambda: received(site) == seen + 1)


async def test_a_slow_reader_keeps_the_sound_and_begins_again_with_a_keyframe() -> None:
    async with classroom(with_tcp(queue_bytes=16 * 1024, stuck_s=30.0)) as room:
        teacher, site = await received_over_tcp(room, CAMERA, MICROPHONE)
        [stream] = site.tcp_streams
        stream._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stream.stop_reading()
        sounds = 0

        def fill() -> bool:
            nonlocal sounds
            for _ in range(4):  # slow enough not to be held to its rate
                teacher.send_rtp("1", H264_DELTA, timestamp_increment=3000)
            teacher.send_rtp("0", SOUND)
            sounds += 1
            return room.counters.get("tcp_pictures_dropped", 0) > 0

        await eventually(fill, within_s=20)
        subscriber = room.sfu._rooms[ROOM].router.subscribers[PeerId("site")]
        await eventually(lambda: subscriber.are_pictures_held)
        got: list[bytes] = []
        site.on_rtp = lambda packet: got.append(bytes(packet.payload))
        asked = teacher.keyframe_requests["1"]
        stream.read_on()
        await eventually(lambda: not subscriber.are_pictures_held, within_s=10)
        assert room.counters.get("rtp_over_rate", 0) == 0
        await eventually(lambda: got.count(SOUND) == sounds)
        late = b"\x41" + bytes(range(200))

        def go_on() -> bool:  # the line's estimate has suffered, and may hold the picture longer
            teacher.send_rtp("0", SOUND)
            teacher.send_rtp("1", late, timestamp_increment=3000)
            return teacher.keyframe_requests["1"] > asked

        await eventually(go_on, within_s=30)
        assert late not in got
        teacher.send_rtp("1", H264_KEYFRAME, timestamp_increment=3000)
        await eventually(lambda: H264_KEYFRAME in got)
        assert late not in got
        assert room.counters.get("tcp_too_slow", 0) == 0


async def test_whoever_takes_another_road_is_not_made_to_wait_for_pictures() -> None:
    async with classroom(with_tcp(queue_bytes=16 * 1024, stuck_s=30.0)) as room:
        teacher, site = await received_over_tcp(room, CAMERA, MICROPHONE)
        site.tcp_streams[0].stop_reading()
        connection = room.sfu._rooms[ROOM]._subscribing[PeerId("site")]

        def fill() -> bool:
            for payload in (H264_KEYFRAME, *[H264_DELTA] * 9):
                teacher.send_rtp("1", payload, timestamp_increment=3000)
            return connection.subscriber.are_pictures_held

        await eventually(fill, within_s=20)
        connection._held_until = float("inf")
        site.take_udp()
        await eventually(lambda: not connection.subscriber.are_pictures_held)


async def test_a_reader_that_has_stopped_is_given_up_and_others_are_not() -> None:
    async with classroom(with_tcp(queue_bytes=1 << 20, stuck_s=0.5)) as room:
        teacher = await room.publish("teacher", BOTH)
        room.allow(("teacher", CAMERA, ["site", "other"]))
        site = await room.subscribe("site", over_tcp=True)
        other = await room.subscribe("other", over_tcp=True)
        teacher.send_rtp("1", H264_KEYFRAME, timestamp_increment=3000)
        await eventually(lambda: site.receptions and other.receptions)
        site.tcp_streams[0].stop_reading()

        def fill() -> bool:
            for payload in (H264_KEYFRAME, *[H264_DELTA] * 19):
                teacher.send_rtp("1", payload, timestamp_increment=3000)
            return room.counters.get("tcp_too_slow", 0) == 1

        await eventually(fill, within_s=20)
        subscriber = room.sfu._rooms[ROOM].router.subscribers[PeerId("site")]
        await eventually(lambda: not subscriber.is_connected)
        taken = room.counters["packets_in"]
        await eventually(lambda: received(other) >= taken)


async def test_sound_alone_that_nobody_reads_ends_the_stream() -> None:
    async with classroom(with_tcp(queue_bytes=8 * 1024, stuck_s=60.0)) as room:
        teacher, site = await received_over_tcp(room, MICROPHONE)
        site.tcp_streams[0].stop_reading()

        def fill() -> bool:
            for _ in range(50):
                teacher.send_rtp("0", bytes(1000))
            return room.counters.get("tcp_too_slow", 0) == 1

        await eventually(fill, within_s=20)


async def test_what_waits_for_a_slow_reader_is_not_sent_once_it_is_forbidden() -> None:
    async with classroom(with_tcp(queue_bytes=32 * 1024, stuck_s=60.0)) as room:
        teacher, site = await received_over_tcp(room, MICROPHONE)
        [stream] = site.tcp_streams
        stream._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stream.stop_reading()
        [ours] = room.sfu._plane._streams._streams.values()
        unheard = b"\x07" * 1000

        def fill() -> bool:
            teacher.send_rtp("0", bytes(1000))
            return ours.blocked_since is not None

        await eventually(fill, within_s=20)
        for _ in range(3):
            teacher.send_rtp("0", unheard)
        await eventually(lambda: ours._queued_bytes > 3 * len(unheard))
        got: list[bytes] = []
        site.on_rtp = lambda packet: got.append(bytes(packet.payload))
        room.allow(("teacher", MICROPHONE, ["another"]))
        stream.read_on()
        await eventually(lambda: room.counters.get("tcp_forbidden_dropped", 0) >= 3)
        await eventually(lambda: ours.is_drained)
        room.allow(("teacher", MICROPHONE, ["site"]))

        def speak() -> bool:
            teacher.send_rtp("0", SOUND)
            return SOUND in got

        await eventually(speak)
        assert unheard not in got
