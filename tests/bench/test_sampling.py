"""Reading one packet of many: what the kernel lets through, and what is told of the rest."""

import socket

import pytest

from bench import sampling
from bench.arrivals import ArrivalReport
from bench.reception import Reception
from media.core import rtcp, rtp
from media.core.arrival_digest import ArrivalDigests
from media.core.delay_trend import LineUse
from media.core.send_history import SendHistory


def test_the_kernel_passes_samples_and_all_that_is_not_media() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)
        sampling.attach(receiver, 8)
        sender.connect(receiver.getsockname())
        others = [
            b"\x00\x01" + bytes(30),  # STUN
            b"\x16\xfe\xfd" + bytes(30),  # DTLS
            rtcp.ReceiverReport(1, ()).to_bytes(),
            rtcp.Nack(1, 2, (3,)).to_bytes(),
        ]
        for datagram in others:
            sender.send(datagram)
        for seq in range(64):
            packet = rtp.build(b"x", payload_type=96, marker=0, seq=seq, timestamp=1, ssrc=1)
            sender.send(packet)
        came = [receiver.recv(2000) for _ in range(4 + 64 // 8)]
        with pytest.raises(BlockingIOError):
            receiver.recv(2000)
    assert came[:4] == others
    assert [rtp.parse(one, len(one))[2] for one in came[4:]] == list(range(0, 64, 8))


def test_a_sample_stands_for_those_before_it_and_a_lost_one_is_missed() -> None:
    reception = Reception("0", 1, 90_000, 0.0, 100, 100, sampling=8)
    for sequence in (100, 104, 112, 120):
        assert reception.received(sequence, sequence, 10, 1.0)
    assert (reception.packets, reception.expected, reception.lost) == (21, 21, 0)
    reception.received(136, 136, 10, 1.1)
    assert (reception.packets, reception.expected, reception.lost) == (29, 37, 8)


def test_feedback_tells_what_lies_between_samples_as_arrived_with_the_second() -> None:
    report = ArrivalReport(1)
    report.sampling = 8
    report.arrived(65_530, 1_000_000_000)
    report.arrived(2, 1_002_000_000)
    feedback = report.take(2)
    assert feedback is not None
    assert feedback.base_seq == 65_530
    assert len(feedback.deltas) == 9
    assert None not in feedback.deltas
    assert feedback.deltas[1:] == (8, *[0] * 7)
    report.arrived(500, 1_004_000_000)  # a hole no sampling leaves
    feedback = report.take(2)
    assert feedback is not None
    assert feedback.deltas.count(None) > 400


def test_a_server_that_stops_and_catches_up_is_told_of_no_queue() -> None:
    """Nothing waits on this line: what the server sends, late or not, has come after 1 ms."""
    history = SendHistory()
    history.use_extension(1)
    digests, report = ArrivalDigests(history), ArrivalReport(1)
    report.sampling = 16
    stops = dict.fromkeys(range(300, 1500, 300), 0.045)
    due_s, clock_s = 10.0, 10.0
    queues, uses = [], set()
    for number in range(1500):
        due_s += 1 / 260
        clock_s = max(due_s, clock_s + stops.get(number, 0.0))
        history.sent(1200, clock_s)
        if number % 16 == 0:
            report.arrived(number, int((clock_s + 0.001) * 1e9))
            feedback = report.take(2)
            assert feedback is not None
            digest = digests.take(feedback, clock_s)
            if digest is not None:
                queues.append(digest.queue_s)
                uses.add(digest.use)
    assert uses == {LineUse.NORMAL}
    assert max(queues) < 0.002
