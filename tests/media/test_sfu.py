"""The whole media plane with real handshakes on loopback: what a room's people see."""

import asyncio
import contextlib
import gc
import random
import socket
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aioice import stun

from bench.peer import LightPeer, PeerFailed
from media.config import RecordingTarget
from media.core import rtcp, rtp
from media.core.ids import PeerId, RoomId, Source, TrackKey
from media.driver import RoomDriver
from media.interface import Direction, ForwardingPlan, LinkBudget, NegotiationRefused
from media.recorder.manifest import read_manifest
from media.transport import Transport
from tests.media.classroom import (
    H264_DELTA,
    H264_KEYFRAME,
    LOOPBACK,
    ROOM,
    VP8_KEYFRAME,
    Classroom,
    classroom,
    eventually,
)

CAMERA, MICROPHONE, SCREEN = Source.CAMERA, Source.MICROPHONE, Source.SCREEN
BOTH = [(MICROPHONE, ("opus",)), (CAMERA, ("h264",))]
TEACHER = PeerId("teacher")
TEACHERS_CAMERA = TrackKey(TEACHER, CAMERA)


def received(peer: LightPeer) -> int:
    return sum(reception.packets for reception in peer.receptions.values())


def lost(peer: LightPeer) -> int:
    return sum(reception.lost for reception in peer.receptions.values())


async def watched(room: Classroom, **options: object) -> tuple[LightPeer, LightPeer]:
    """A teacher's camera and one site that has its first keyframe."""
    teacher = await room.publish("teacher", [(CAMERA, ("h264",))])
    room.allow(("teacher", CAMERA, ["site"]))
    site = await room.subscribe("site", **options)
    teacher.send_rtp("0", H264_KEYFRAME, marker=True)
    await eventually(lambda: received(site) == 1)
    return teacher, site


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


# -- refusals ------------------------------------------------------------------------


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


# -- what comes from outside ------------------------------------------------------------


async def test_whatever_datagrams_come_the_room_goes_on() -> None:
    rng = random.Random(11)
    async with classroom() as room:
        teacher, site = await watched(room)
        outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        target = ("127.0.0.1", room.sfu.port)
        check = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        check.attributes["USERNAME"] = "nobody:here"
        check.add_message_integrity(b"guess")
        with outside:
            outside.sendto(b"", target)
            outside.sendto(bytes(check), target)
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


async def test_a_guessed_password_is_not_answered() -> None:
    async with classroom() as room:
        await watched(room)
        ufrag = next(iter(room.sfu._plane._by_ufrag))
        check = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        check.attributes["USERNAME"] = f"{ufrag}:theirs"
        check.add_message_integrity(b"guess")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside:
            outside.sendto(bytes(check), ("127.0.0.1", room.sfu.port))
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
