"""What comes to the media plane from outside and is refused, dropped and counted."""

import random
import socket

import pytest

from media.core import rtcp, rtp
from media.core.ids import PeerId
from media.interface import NegotiationRefused
from tests.media.checks import check
from tests.media.classroom import (
    CAMERA,
    H264_DELTA,
    ROOM,
    TEACHER,
    Classroom,
    classroom,
    eventually,
    received,
    watched,
)


async def refusal(room: Classroom, offer: str) -> str:
    with pytest.raises(NegotiationRefused) as refused:
        await room.sfu.publish(ROOM, TEACHER, offer=offer, sources={"0": CAMERA})
    return refused.value.code


async def test_a_refused_offer_leaves_the_running_connection_alone() -> None:
    async with classroom() as room:
        teacher, site = await watched(room)
        assert await refusal(room, "nonsense") == "sdp_malformed"
        teacher.send_rtp("0", H264_DELTA)
        await eventually(lambda: received(site) == 2)


async def test_an_answer_must_fit_the_offer_that_waits_for_it() -> None:
    async with classroom() as room:
        await room.publish("teacher", [(CAMERA, ("h264",))])
        room.allow(("teacher", CAMERA, ["site"]))

        async def refused(answer: str, revision: int = 1, name: str = "site") -> str:
            with pytest.raises(NegotiationRefused) as caught:
                await room.sfu.accept_answer(ROOM, PeerId(name), revision=revision, answer=answer)
            return caught.value.code

        assert await refused("x", name="nobody") == "no_such_peer"
        site = room.new_peer()
        room.sfu.subscribe(ROOM, PeerId("site"))
        await eventually(lambda: room.ledger.offers)
        answer = await site.answer(room.ledger.offers[0][2])
        assert await refused(answer, revision=2) == "stale_answer"
        assert await refused("nonsense") == "sdp_malformed"
        undecided = answer.replace("a=setup:active", "a=setup:actpass")
        assert await refused(undecided) == "sdp_malformed"
        await room.sfu.accept_answer(ROOM, PeerId("site"), revision=1, answer=answer)
        await site.connected()
        assert await refused(answer) == "stale_answer"
        await room.publish("other", [(CAMERA, ("h264",))])
        room.allow(("teacher", CAMERA, ["site"]), ("other", CAMERA, ["site"]))
        await eventually(lambda: len(room.ledger.offers) == 2)
        stranger = await room.new_peer().answer(room.ledger.offers[1][2])
        assert await refused(stranger, revision=2) == "sdp_malformed"


async def test_a_seat_that_cannot_decode_the_codec_is_counted() -> None:
    async with classroom() as room:
        await room.publish("teacher", [(CAMERA, ("h264",))])
        room.allow(("teacher", CAMERA, ["site"]))
        site = room.new_peer()
        room.sfu.subscribe(ROOM, PeerId("site"))
        await room.answer("site", site, codecs=("vp8",))
        await site.connected()
        await eventually(lambda: room.counters["codec_refused"] == 1)


async def test_whatever_datagrams_come_the_room_goes_on() -> None:
    rng = random.Random(11)
    async with classroom() as room:
        teacher, site = await watched(room)
        outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        target = ("127.0.0.1", room.sfu.port)
        with outside:
            outside.sendto(b"", target)
            outside.sendto(check("nobody", "guess"), target)
            for _ in range(300):
                outside.sendto(rng.randbytes(rng.randrange(1, 200)), target)
                teacher.send_raw(rng.randbytes(rng.randrange(1, 200)))
            outside.setblocking(False)
            for _ in range(20):
                lying = rtp.build(b"\xff", payload_type=1, marker=0, seq=1, timestamp=1, ssrc=1)
                teacher.send_plain_rtp(b"\xa0" + lying[1:])  # padding longer than the packet
                teacher.send_plain_rtcp(b"\x80\xc9\x00\x01\x00\x00\x00\x01\xff")
            teacher.send_rtp("0", H264_DELTA)
            await eventually(lambda: received(site) == 2)
            await eventually(lambda: room.counters["malformed_rtcp"] == 20)
            with pytest.raises(BlockingIOError):
                outside.recv(2000)  # a stranger is not answered
        counters = room.counters
        assert counters["stun_unknown_ufrag"] >= 1
        assert counters["malformed_stun"] >= 1
        assert counters["malformed_rtp"] + counters["replayed"] >= 20
        assert counters["errors"] == 0


async def test_rtcp_without_end_is_not_read_without_end() -> None:
    async with classroom() as room:
        _, site = await watched(room)
        for _ in range(450):
            site.send_rtcp(rtcp.ReceiverReport(site.ssrc, ()))
        await eventually(lambda: room.counters.get("rtcp_refused", 0) >= 50)


async def test_long_rtcp_is_read_less_often() -> None:
    async with classroom() as room:
        _, site = await watched(room)
        [reception] = site.receptions.values()
        wanted = rtcp.Nack(site.ssrc, reception.ssrc, tuple(range(0, 20 * 300, 20))).to_bytes()
        connection = room.sfu._rooms[ROOM]._subscribing[PeerId("site")]
        for _ in range(100):
            connection.receive_rtcp(wanted, now=1000.0)
        assert room.counters["rtcp_refused"] == 100 - 25_000 // len(wanted)
        connection.receive_rtcp(wanted, now=1001.0)
        assert room.counters["rtcp_refused"] == 100 - 25_000 // len(wanted)


async def test_a_guessed_password_is_not_answered() -> None:
    async with classroom() as room:
        await watched(room)
        ufrag = next(iter(room.sfu._plane._by_ufrag))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside:
            outside.sendto(check(ufrag, "guess"), ("127.0.0.1", room.sfu.port))
            outside.setblocking(False)
            await eventually(lambda: room.counters.get("stun_unauthenticated") == 1)
            with pytest.raises(BlockingIOError):
                outside.recv(2000)


async def test_media_that_was_changed_or_sent_twice_is_dropped() -> None:
    async with classroom() as room:
        teacher, site = await watched(room)
        sent: list[bytes] = []
        forward = teacher._send_datagram
        teacher._send_datagram = lambda data: sent.append(bytes(data))  # type: ignore[method-assign] # a tap
        teacher.send_rtp("0", H264_DELTA)
        teacher.send_rtp("0", H264_DELTA)
        once, damaged = (packet for packet in sent if len(packet) > 1000)
        forward(once)
        forward(once)
        forward(damaged[:-1] + bytes((damaged[-1] ^ 1,)))
        await eventually(
            lambda: room.counters["replayed"] == 1 and room.counters["srtp_auth_failed"] == 1
        )
        await eventually(lambda: received(site) == 2)


async def test_media_before_the_handshake_and_from_subscribers_is_dropped() -> None:
    async with classroom() as room:
        _, site = await watched(room)
        site.send_plain_rtp(rtp.build(b"x", payload_type=96, marker=0, seq=1, timestamp=1, ssrc=1))
        await eventually(lambda: room.counters["dropped_not_granted"] == 1)
        early = room.new_peer()
        offer = await early.publish_offer([("0", ("h264",))])
        answer = await room.sfu.publish(ROOM, PeerId("early"), offer=offer, sources={"0": CAMERA})
        await early.accept_publish_answer(answer)
        await eventually(lambda: early.ice.selected)
        early.send_raw(b"\x80" + bytes(40))
        await eventually(lambda: room.counters.get("media_before_keys") == 1)
