"""Two light peers talk to each other: every part of the handshake and of the media path is real."""

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport
from OpenSSL import SSL

from bench.outgoing import OutgoingStream
from bench.peer import LightPeer, PeerFailed, ReceivedPacket, read_extension
from bench.session_description import UnusableDescription
from media.core import rtcp

SECTIONS = [("0", ("opus",)), ("1", ("h264", "vp8"))]


@asynccontextmanager
async def connected_pair(
    *, sender_setup: str = "active", **receiver_options: object
) -> AsyncIterator[tuple[LightPeer, LightPeer]]:
    sender = LightPeer(rng=random.Random(1))
    receiver = LightPeer(rng=random.Random(2), dtls_setup=sender_setup, **receiver_options)  # type: ignore[arg-type]  # passed through
    answer = await receiver.answer(await sender.publish_offer(SECTIONS))
    await sender.accept_publish_answer(answer)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(sender.connected())
            group.create_task(receiver.connected())
        yield sender, receiver
    finally:
        await sender.close()
        await receiver.close()


async def settle(peer: LightPeer, packets: int) -> None:
    await peer.until(lambda: peer.counts["rtp_received"] >= packets)


@pytest.mark.parametrize("setup", ["active", "passive"])
async def test_packets_arrive_in_either_dtls_role(setup: str) -> None:
    got: list[tuple[str, int, bytes, bool]] = []

    def keep(packet: ReceivedPacket) -> None:
        got.append((packet.mid, packet.timestamp, bytes(packet.payload), packet.marker))

    async with connected_pair(sender_setup=setup, on_rtp=keep) as (sender, receiver):
        sender.send_rtp("0", b"sound", timestamp_increment=960)
        sender.send_rtp("1", b"picture", marker=True, timestamp_increment=3000)
        await settle(receiver, 2)
        times = [sender.streams[mid].timestamp for mid in ("0", "1")]
    assert got == [("0", times[0], b"sound", False), ("1", times[1], b"picture", True)]


async def test_arrival_is_the_kernels_wall_clock() -> None:
    arrivals: list[int] = []
    async with connected_pair(on_rtp=lambda p: arrivals.append(p.arrival_ns)) as (sender, receiver):
        before = time.clock_gettime_ns(time.CLOCK_REALTIME)
        sender.send_rtp("0", b"x")
        after = time.clock_gettime_ns(time.CLOCK_REALTIME)
        await settle(receiver, 1)
    # Loopback delivers inside `sendto`; only our own process could be later.
    assert before <= arrivals[0] <= after


async def test_lost_packets_are_asked_for_and_repaired_by_rtx() -> None:
    async with connected_pair(repairs_loss=True) as (sender, receiver):
        sender.send_rtp("1", bytes(100), timestamp_increment=3000)
        sender.send_loss = 0.2
        for _ in range(299):
            sender.send_rtp("1", bytes(100), timestamp_increment=3000)
        sender.send_loss = 0.0
        sender.send_rtp("1", bytes(100), timestamp_increment=3000)
        await settle(receiver, 100)
        reception = receiver.reception_of("1")
        assert reception is not None
        await receiver.until(lambda: reception.expected == 301 and reception.lost == 0)
        assert reception.packets == 301
        assert reception.repaired == sender.streams["1"].retransmissions > 0


async def test_a_loss_nobody_repairs_is_counted_and_reported() -> None:
    async with connected_pair() as (sender, receiver):
        sender.answers_nack = False
        sender.send_rtp("1", bytes(100))
        sender.send_loss = 1.0
        sender.send_rtp("1", bytes(100))
        sender.send_loss = 0.0
        sender.send_rtp("1", bytes(100))
        await settle(receiver, 2)
        reception = receiver.reception_of("1")
        assert reception is not None
        assert (reception.expected, reception.packets, reception.lost) == (3, 2, 1)
        ssrc = sender.streams["1"].ssrc
        await sender.until(lambda: ssrc in sender.reports_about)
        assert sender.reports_about[ssrc].cumulative_lost == 1


async def test_sender_reports_come_and_the_picture_can_be_asked_for() -> None:
    wanted: list[str] = []
    async with connected_pair() as (sender, receiver):
        sender.on_keyframe_request = wanted.append
        sender.send_rtp("1", bytes(100), timestamp_increment=3000)
        ssrc = sender.streams["1"].ssrc
        await receiver.until(lambda: ssrc in receiver.sender_reports)
        receiver.send_pli(ssrc)
        receiver.send_rtcp(rtcp.Fir(1, ((ssrc, 0),)))
        await sender.until(lambda: len(wanted) == 2)
        assert sender.keyframe_requests["1"] == 2
        assert receiver.sender_reports[ssrc].packet_count == 1


async def test_media_goes_on_from_a_new_port_after_rebinding() -> None:
    async with connected_pair() as (sender, receiver):
        old = sender.ice.ufrag
        address = sender.rebind()
        sender.send_rtp("0", b"still here")
        await settle(receiver, 1)
        assert address[1] != 0
        assert sender.ice.ufrag == old


async def test_later_sections_join_the_same_transport() -> None:
    async with connected_pair() as (sender, receiver):
        offer = await sender.publish_offer([*SECTIONS, ("2", ("vp8",))])
        await sender.accept_publish_answer(await receiver.answer(offer))
        await sender.connected()
        sender.send_rtp("2", b"more")
        await settle(receiver, 1)
        assert receiver.reception_of("2") is not None


async def test_a_close_is_heard_by_the_other_side() -> None:
    async with connected_pair() as (sender, receiver):
        await sender.close()
        await receiver.until(lambda: receiver.dtls_state == "closed")
        assert not receiver.is_connected
        assert receiver.counts["Bye"] == 1


async def test_a_wrong_fingerprint_fails_the_handshake() -> None:
    sender, receiver = LightPeer(rng=random.Random(1)), LightPeer(rng=random.Random(2))
    other = RTCCertificate.generateCertificate().getFingerprints()[0].value
    offer = await sender.publish_offer(SECTIONS)
    genuine = re.search(r"sha-256 (\S+)", offer)
    assert genuine
    answer = await receiver.answer(offer.replace(genuine[1], other))
    await sender.accept_publish_answer(answer)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(sender.connected())
            with pytest.raises(PeerFailed, match="failed"):
                await receiver.connected()
    finally:
        await sender.close()
        await receiver.close()


async def test_a_server_that_is_not_there_is_said_to_be_missing() -> None:
    sender, receiver = LightPeer(), LightPeer()
    answer = await receiver.answer(await sender.publish_offer(SECTIONS))
    receiver.vanish()
    await sender.accept_publish_answer(answer)
    with pytest.raises(PeerFailed, match="ICE did not complete"):
        await sender.connected(timeout_s=0.3)
    sender.vanish()


async def test_a_handshake_that_openssl_gives_up_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """So it does where a busy machine answers no flight in time."""

    async def give_up(*_: object) -> None:
        raise SSL.WantReadError

    monkeypatch.setattr(RTCDtlsTransport, "start", give_up)
    sender, receiver = LightPeer(), LightPeer()
    answer = await receiver.answer(await sender.publish_offer(SECTIONS))
    await sender.accept_publish_answer(answer)
    for peer in sender, receiver:
        with pytest.raises(PeerFailed, match="DTLS failed: WantReadError"):
            await peer.connected()
        peer.vanish()


async def test_an_answer_that_takes_no_codec_publishes_nothing() -> None:
    sender, receiver = LightPeer(), LightPeer()
    offer = await sender.publish_offer(SECTIONS)
    await sender.accept_publish_answer(await receiver.answer(offer, codecs=["opus"]))
    assert set(sender.streams) == {"0"}
    assert sender.rejected_mids == {"1"}
    with pytest.raises(UnusableDescription):
        await sender.accept_publish_answer("v=0\r\n")
    sender.vanish()
    receiver.vanish()


async def test_a_packet_may_be_answered_from_its_own_callback() -> None:
    seen: list[bytes] = []

    def answer_then_read(packet: ReceivedPacket) -> None:
        receiver.send_pli(packet.ssrc)
        seen.append(bytes(packet.payload))

    async with connected_pair(on_rtp=answer_then_read) as (sender, receiver):
        sender.send_rtp("1", b"the picture", timestamp_increment=3000)
        await settle(receiver, 1)
        await sender.until(lambda: sender.keyframe_requests["1"] == 1)
    assert seen == [b"the picture"]


async def test_raw_bytes_and_forged_media_are_counted_not_believed() -> None:
    async with connected_pair() as (sender, receiver):
        sender.send_raw(b"\x90" + bytes(40))
        sender.send_raw(b"\x80\xc9" + bytes(40))
        sender.send_raw(b"\xff" + bytes(40))
        await receiver.until(lambda: receiver.counts["unknown_datagrams"] == 1)
        assert (receiver.counts["srtp_refused"], receiver.counts["srtcp_refused"]) == (1, 1)
        assert receiver.receptions == {}


async def test_a_receiver_tells_the_truth_about_every_arrival() -> None:
    async with connected_pair(repairs_loss=True) as (sender, receiver):
        sender.send_loss = 0.1
        for _ in range(200):
            sender.send_rtp("1", bytes(100), timestamp_increment=3000)
        sender.send_loss = 0.0
        sender.send_rtp("1", bytes(100), timestamp_increment=3000)
        ledger = sender.transport_feedback
        await sender.until(lambda: ledger.reported_lost > 0 and ledger.acknowledged > 180)
        assert ledger.false_acknowledgements == 0
        assert receiver.counts["transport_feedback_sent"] == ledger.reports


async def test_a_receiver_without_transport_cc_answers_none() -> None:
    async with connected_pair(transport_cc=False) as (sender, receiver):
        sender.send_rtp("1", bytes(100), timestamp_increment=3000)
        await receiver.until(lambda: receiver.reception_of("1"))
        assert sender.streams["1"].transport_cc_id is None
        assert receiver.counts["without_transport_cc"] == 0
        assert receiver.counts["transport_feedback_sent"] == 0


def written(stream: OutgoingStream, *, again: int | None = None) -> memoryview:
    buffer = memoryview(bytearray(1500))
    if again is None:
        length = stream.write(
            buffer, b"x", marker=True, timestamp_increment=0, transport_sequence=7
        )
    else:
        found = stream.write_again(buffer, again, transport_sequence=8)
        assert found is not None
        length = found
    return buffer[:length]


def test_every_encoding_says_which_it_is_also_in_its_repairs() -> None:
    stream = OutgoingStream(
        mid="1", codec="h264", clock_rate=90_000, ssrc=5, payload_type=102, sequence=9,
        timestamp=0, rtx_ssrc=6, rtx_payload_type=103, mid_extension_id=4, transport_cc_id=3,
        rid="h", rid_extension_id=10, repaired_rid_extension_id=11,
    )  # fmt: skip
    first, repair = written(stream), written(stream, again=9)
    assert [read_extension(first, number) for number in (4, 3, 10, 11)] == [
        b"1", b"\x00\x07", b"h", None,
    ]  # fmt: skip
    assert read_extension(repair, 10) is None
    assert read_extension(repair, 11) == b"h"
