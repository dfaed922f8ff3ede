"""Connections of the media plane: how they begin, change, move, fall silent and are replaced."""

import asyncio
import contextlib
from dataclasses import replace

from bench.peer import LightPeer, PeerFailed
from media.core import rtcp
from media.core.ids import PeerId, TrackKey
from media.interface import Direction
from media.transport import Transport
from tests.media.classroom import (
    CAMERA,
    H264_DELTA,
    H264_KEYFRAME,
    LOOPBACK,
    MICROPHONE,
    ROOM,
    TEACHER,
    TEACHERS_CAMERA,
    Classroom,
    classroom,
    eventually,
    lost,
    received,
    watched,
)


async def test_tracks_gained_later_come_in_a_new_offer_and_disturb_nothing() -> None:
    async with classroom() as room:
        teacher, site = await watched(room)
        await room.publish("other", [(CAMERA, ("h264",))])
        room.allow(("teacher", CAMERA, ["site"]), ("other", CAMERA, ["site"]))
        await room.answer("site", site)
        teacher.send_rtp("0", H264_DELTA)
        await eventually(lambda: received(site) == 2)
        [first, second] = room.ledger.offers
        assert [offered.track.peer_id for offered in second[3]] == ["teacher", "other"]
        assert second[3][0] == first[3][0]


async def test_a_publisher_who_reconnects_continues_in_the_same_section() -> None:
    async with classroom() as room:
        teacher, site = await watched(room)
        teacher.vanish()
        again = await room.publish("teacher", [(CAMERA, ("h264",))])
        again.send_rtp("0", H264_KEYFRAME, marker=True)
        await eventually(lambda: received(site) == 2)
        assert len(room.ledger.offers) == 1
        assert len(site.receptions) == 1
        assert lost(site) == 0


async def test_a_track_may_be_added_to_a_running_publication() -> None:
    async with classroom() as room:
        teacher, site = await watched(room)
        offer = await teacher.publish_offer([("0", ("h264",)), ("1", ("opus",))])
        answer = await room.sfu.publish(
            ROOM, TEACHER, offer=offer, sources={"0": CAMERA, "1": MICROPHONE}
        )
        await teacher.accept_publish_answer(answer)
        room.allow(("teacher", CAMERA, ["site"]), ("teacher", MICROPHONE, ["site"]))
        await room.answer("site", site)
        teacher.send_rtp("0", H264_DELTA)
        teacher.send_rtp("1", b"sound")
        await eventually(lambda: received(site) == 3)


async def test_an_ice_restart_keeps_keys_and_streams() -> None:
    async with classroom() as room:
        teacher, site = await watched(room)
        offer = await teacher.publish_offer([("0", ("h264",))], restart_ice=True)
        answer = await room.sfu.publish(ROOM, TEACHER, offer=offer, sources={"0": CAMERA})
        await teacher.accept_publish_answer(answer)
        teacher.send_rtp("0", H264_DELTA)
        await eventually(lambda: received(site) == 2)
        connected = ("peer_connected", TEACHER, Direction.PUBLISH)
        assert room.ledger.facts.count(connected) == 1


async def test_a_publisher_behind_a_new_address_is_found_by_its_keys() -> None:
    async with classroom() as room:
        teacher, site = await watched(room)
        teacher.rebind()

        def speak() -> bool:
            teacher.send_rtp("0", H264_DELTA)
            return received(site) >= 2

        await eventually(speak)
        assert room.counters["address_changes"] == 1


async def test_a_subscriber_behind_a_new_address_gets_media_and_a_keyframe_there() -> None:
    async with classroom() as room:
        teacher, site = await watched(room)
        asked = room.counters["keyframe_requests"]
        site.rebind()

        def speak() -> bool:
            site.send_rtcp(rtcp.ReceiverReport(site.ssrc, ()))
            return room.counters["keyframe_requests"] > asked

        await eventually(speak)
        teacher.send_rtp("0", H264_KEYFRAME)
        await eventually(lambda: received(site) == 2)


async def test_the_server_may_be_the_one_to_begin_the_handshake() -> None:
    async with classroom() as room:
        await room.publish("teacher", [(CAMERA, ("h264",))])
        room.allow(("teacher", CAMERA, ["site"]))
        site = await room.subscribe("site", dtls_setup="passive")
        assert site.is_connected


async def test_a_wrong_certificate_is_not_spoken_to() -> None:
    async with classroom() as room:
        peer = room.new_peer()
        offer = await peer.publish_offer([("0", ("h264",))])
        line = next(one for one in offer.splitlines() if one.startswith("a=fingerprint"))
        forged = offer.replace(line, "a=fingerprint:sha-256 " + ":".join(["AB"] * 32))
        answer = await room.sfu.publish(ROOM, TEACHER, offer=forged, sources={"0": CAMERA})
        await peer.accept_publish_answer(answer)
        with contextlib.suppress(PeerFailed):  # its own side may be done before ours refuses
            await peer.connected(timeout_s=1.0)
        await eventually(lambda: room.counters.get("handshake_failed") == 1)
        assert room.ledger.facts == []


async def test_a_handshake_that_never_ends_is_given_up() -> None:
    config = replace(LOOPBACK, handshake_timeout_s=0.2)
    async with classroom(config) as room:
        peer = room.new_peer()
        offer = await peer.publish_offer([("0", ("h264",))])
        answer = await room.sfu.publish(ROOM, TEACHER, offer=offer, sources={"0": CAMERA})
        await peer.accept_publish_answer(answer)  # ICE begins, DTLS does not
        await eventually(lambda: room.counters.get("handshake_timeout") == 1)


async def renegotiated(room: Classroom, peer: LightPeer) -> None:
    """Add the microphone to a published camera, as a browser does while it still connects."""
    offer = await peer.publish_offer([("0", ("h264",)), ("1", ("opus",))])
    answer = await room.sfu.publish(
        ROOM, TEACHER, offer=offer, sources={"0": CAMERA, "1": MICROPHONE}
    )
    await peer.accept_publish_answer(answer)


async def published_camera(room: Classroom) -> LightPeer:
    """Offer a camera and take the answer; nothing has been sent over the wire yet."""
    peer = room.new_peer()
    offer = await peer.publish_offer([("0", ("h264",))])
    answer = await room.sfu.publish(ROOM, TEACHER, offer=offer, sources={"0": CAMERA})
    await peer.accept_publish_answer(answer)
    return peer


async def both_tracks_start(room: Classroom, peer: LightPeer) -> None:
    peer.send_rtp("0", H264_KEYFRAME, marker=True)
    peer.send_rtp("1", b"sound")
    started = [("track_started", TrackKey(TEACHER, source)) for source in (CAMERA, MICROPHONE)]
    await eventually(lambda: all(fact in room.ledger.facts for fact in started))
    connected = ("peer_connected", TEACHER, Direction.PUBLISH)
    assert room.ledger.facts.count(connected) == 1


async def test_a_track_may_be_added_before_the_first_check_has_come() -> None:
    async with classroom() as room:
        peer = room.new_peer()
        offer = await peer.publish_offer([("0", ("h264",))])
        answer = await room.sfu.publish(ROOM, TEACHER, offer=offer, sources={"0": CAMERA})
        more = await peer.publish_offer([("0", ("h264",)), ("1", ("opus",))])
        again = await room.sfu.publish(
            ROOM, TEACHER, offer=more, sources={"0": CAMERA, "1": MICROPHONE}
        )
        assert "a=ice-ufrag" in answer
        await peer.accept_publish_answer(again)
        await peer.connected()
        await both_tracks_start(room, peer)


async def test_a_track_may_be_added_between_the_first_check_and_the_handshake() -> None:
    async with classroom() as room:
        peer = await published_camera(room)
        transport = room.sfu._rooms[ROOM].router.publishers[TEACHER].link
        await eventually(lambda: transport.address is not None)  # type: ignore[attr-defined] # a Transport
        await renegotiated(room, peer)
        await peer.connected()
        await both_tracks_start(room, peer)


async def add_a_track_while_flights_are_lost(side: str, lost: int) -> None:
    async with classroom() as room:
        peer = await published_camera(room)
        transport = room.sfu._rooms[ROOM].router.publishers[TEACHER].link
        assert isinstance(transport, Transport)
        passed = transport._link._send_now if side == "ours" else transport.receive_dtls
        flights: list[bytes] = []

        def lossy(datagram: bytes) -> None:
            flights.append(datagram)
            if len(flights) - 1 != lost:
                passed(datagram)

        if side == "ours":
            transport._link._send_now = lossy
        else:
            transport.receive_dtls = lossy  # type: ignore[method-assign] # a line that loses
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(peer.connected())
            await eventually(lambda: flights)
            await renegotiated(room, peer)
        await eventually(lambda: transport.is_connected, within_s=10.0)
        await both_tracks_start(room, peer)
        assert len(flights) > lost


async def test_a_track_may_be_added_while_flights_of_the_handshake_are_lost() -> None:
    # Together, because OpenSSL waits a second before it repeats what was lost.
    await asyncio.gather(
        *(
            add_a_track_while_flights_are_lost(side, lost)
            for side in ("ours", "theirs")
            for lost in (0, 1)
        )
    )


async def test_a_peer_that_falls_silent_is_reported_and_reported_back() -> None:
    config = replace(LOOPBACK, silence_after_s=0.3)
    async with classroom(config) as room:
        teacher, _ = await watched(room)
        silent = ("peer_silent", TEACHER, Direction.PUBLISH)
        await eventually(lambda: silent in room.ledger.facts)
        assert ("track_stalled", TEACHERS_CAMERA) in room.ledger.facts
        teacher.send_rtp("0", H264_DELTA)
        await eventually(lambda: ("peer_heard", TEACHER, Direction.PUBLISH) in room.ledger.facts)
        assert ("track_resumed", TEACHERS_CAMERA) in room.ledger.facts


async def test_nothing_is_sent_to_one_who_no_longer_consents() -> None:
    config = replace(LOOPBACK, consent_timeout_s=0.5)
    async with classroom(config) as room:
        teacher = await room.publish("teacher", [(CAMERA, ("h264",))])
        room.allow(("teacher", CAMERA, ["site"]))
        site = await room.subscribe("site", consent_interval_s=60.0)
        teacher.send_rtp("0", H264_KEYFRAME)
        await eventually(lambda: received(site) == 1)
        router = room.sfu._rooms[ROOM].router
        await eventually(lambda: not router.subscribers[PeerId("site")].is_connected)
        before = received(site)
        for _ in range(5):
            teacher.send_rtp("0", H264_KEYFRAME)
        await asyncio.sleep(0.1)
        assert received(site) == before


async def test_a_peer_who_leaves_frees_its_place() -> None:
    async with classroom() as room:
        teacher, site = await watched(room)
        await room.sfu.remove_peer(ROOM, PeerId("site"))
        await eventually(lambda: not site.is_connected)
        await room.sfu.remove_peer(ROOM, TEACHER)
        await eventually(lambda: not teacher.is_connected)
        plane = room.sfu._plane
        assert plane._by_ufrag == {}
        assert plane._by_address == {}
        assert room.counters["forwarded_from:teacher"] == 1


async def test_coming_again_replaces_the_earlier_connection() -> None:
    async with classroom() as room:
        teacher, site = await watched(room)
        again = await room.subscribe("site")
        await eventually(lambda: not site.is_connected)
        teacher.send_rtp("0", H264_KEYFRAME)
        await eventually(lambda: received(again) == 1)
        assert len(room.sfu._plane._by_ufrag) == 2
