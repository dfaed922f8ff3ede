"""Coming back over another road: ICE restarts, moved addresses, and who may not move them."""

import asyncio
import re
import socket

import pytest

from bench.peer import LightPeer
from media.core import rtcp
from media.core.ids import PeerId
from media.interface import Direction, NegotiationRefused
from tests.media.checks import check
from tests.media.classroom import (
    H264_DELTA,
    ROOM,
    TEACHER,
    classroom,
    eventually,
    received,
    watched,
)

SITE = PeerId("site")


def credentials_of(sdp: str) -> set[str]:
    return set(re.findall(r"^a=ice-(?:ufrag|pwd):(\S+)", sdp, re.MULTILINE))


def origin_of(sdp: str) -> str:
    [session_id] = re.findall(r"^o=- (\d+) ", sdp, re.MULTILINE)
    return str(session_id)


def kind_of(datagram: bytes) -> str:
    """Tell STUN, RTP and RTCP apart (RFC 7983 section 7, RFC 5761 section 4)."""
    if datagram[0] < 4:
        return "stun"
    return "rtcp" if 192 <= datagram[1] < 224 else "rtp"


def recording_of(peer: LightPeer) -> list[bytes]:
    """Record, as somebody on the way could, every datagram the peer sends from now on."""
    recorded: list[bytes] = []
    wire = peer._wire
    send = wire._socket.sendto

    class Tapped:
        def __getattr__(self, name: str) -> object:
            return getattr(wire_socket, name)

        def sendto(self, data: bytes, address: tuple[str, int]) -> int:
            recorded.append(bytes(data))
            return send(data, address)

    wire_socket = wire._socket
    wire._socket = Tapped()  # type: ignore[assignment] # a socket but for what it writes down
    return recorded


async def test_a_subscriber_restarts_ice_and_keeps_keys_sections_and_streams() -> None:
    async with classroom() as room:
        teacher, site = await watched(room)
        first = room.ledger.offers[-1][2]
        room.sfu.restart_subscription(ROOM, SITE)
        second = await room.answer("site", site)
        assert credentials_of(second).isdisjoint(credentials_of(first))
        assert origin_of(second) == origin_of(first)
        before = site.ice.answers_received
        await eventually(lambda: site.ice.answers_received > before)
        teacher.send_rtp("0", H264_DELTA)
        await eventually(lambda: received(site) == 2)
        connected = ("peer_connected", SITE, Direction.SUBSCRIBE)
        assert room.ledger.facts.count(connected) == 1


async def test_a_restart_waits_for_no_answer_that_was_lost_with_the_line() -> None:
    async with classroom() as room:
        _teacher, site = await watched(room)
        room.sfu.restart_subscription(ROOM, SITE)
        await eventually(lambda: len(room.ledger.offers) == 2)
        _, lost, sdp, _ = room.ledger.offers[-1]
        room.sfu.restart_subscription(ROOM, SITE)
        await eventually(lambda: len(room.ledger.offers) == 3)
        with pytest.raises(NegotiationRefused, match=f"no answer to {lost}"):
            await room.sfu.accept_answer(ROOM, SITE, revision=lost, answer=await site.answer(sdp))
        await room.answer("site", site)


async def test_a_restart_of_what_is_gone_begins_anew() -> None:
    async with classroom() as room:
        _teacher, site = await watched(room)
        first = room.ledger.offers[-1][2]
        await site.close()
        gone = ("peer_silent", SITE, Direction.SUBSCRIBE)
        await eventually(lambda: gone in room.ledger.facts)
        room.sfu.restart_subscription(ROOM, SITE)
        second = await room.answer("site", again := room.new_peer())
        await again.connected()
        assert origin_of(second) != origin_of(first)
        room.sfu.restart_subscription(ROOM, PeerId("stranger"))  # nobody's: made anew, no tracks
        assert room.counters["errors"] == 0


async def test_a_stranger_moves_nobody_whatever_it_sends() -> None:
    """Forged and recorded STUN, SRTP and SRTCP from another address (fault matrix, roaming)."""
    async with classroom() as room:
        teacher, site = await watched(room)
        recorded = recording_of(teacher)
        teacher.send_rtp("0", H264_DELTA)
        teacher.send_rtcp(rtcp.ReceiverReport(teacher.ssrc, ()))
        teacher._wire.ice.check_soon(0.0)
        teacher._wire._on_timer()
        await eventually(lambda: {kind_of(one) for one in recorded} >= {"stun", "rtp", "rtcp"})
        await eventually(lambda: received(site) == 2)
        driver = room.sfu._rooms[ROOM]
        home = driver._publishing[TEACHER].transport.address
        ufrag = driver._publishing[TEACHER].transport.credentials.ufrag
        forged = [check(ufrag, "not the password", nominates=True)]
        forged += [one[:-4] + b"\0\0\0\1" for one in recorded if kind_of(one) != "stun"]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.1", 0))
            await asyncio.sleep(0.2)  # the teacher is quiet: only then is a stranger listened to
            for datagram in [*recorded, *forged]:
                stranger.sendto(datagram, ("127.0.0.1", room.sfu.port))
            await eventually(lambda: room.counters.get("stun_replayed", 0) >= 1)
            await eventually(lambda: room.counters["stun_unauthenticated"] >= 2)
            await eventually(lambda: room.counters["unknown_address"] >= 4)
        assert driver._publishing[TEACHER].transport.address == home
        assert room.counters.get("address_changes", 0) == 0
        teacher.send_rtp("0", H264_DELTA)
        await eventually(lambda: received(site) == 3)
