"""The native plane's digests of feedback beside the core's: the same to the last bit."""

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CDLL, byref, c_uint8, c_uint64, string_at
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from media.core import rtcp
from media.core.arrival_digest import ArrivalDigests, Digest
from media.core.bandwidth import TwccRecorder
from media.core.delay_trend import LineUse
from media.core.errors import MalformedPacket
from media.core.rtcp import TransportFeedback
from media.core.send_history import SendHistory
from media.native_library import (
    DIGEST,
    DIGEST_OUT,
    HEARD,
    MESSAGE,
    RTCP,
    digest_of,
    load,
    srtp_api,
)
from tests.needs import needs_native_plane

pytestmark = needs_native_plane

EXTENSION = 3


class Native:
    """One transport of a plane whose lane sleeps, with a history of its own."""

    def __init__(self, library: CDLL, plane: int, room: int) -> None:
        self._library, self._plane = library, plane
        self.transport = library.transport_add(room, 1, 1_000_000, 1e12)
        self.history = SendHistory()
        self.history.use_extension(EXTENSION)
        history = self.history
        arrays = (
            history.sent_at_s,
            history.sizes,
            history.named,
            history.counter,
            history.attention,
        )
        at = [array.buffer_info()[0] for array in arrays]
        library.transport_number(self.transport, history.element, *at)

    def digest(self, message: TransportFeedback, now: float) -> Digest | None:
        """Digest what came among other RTCP."""
        packet = message.to_bytes()
        out = bytearray(DIGEST_OUT.size)
        into = (c_uint8 * len(out)).from_buffer(out)
        is_due = self._library.transport_digest(self.transport, packet, len(packet), now, into)
        return digest_of(out) if is_due else None

    def receive(self, datagram: bytes, now: float) -> list[tuple[int, bytes]]:
        """Let a datagram arrive; return (kind, content) of what is left for the core."""
        content = bytearray(datagram)
        into = (c_uint8 * max(1, len(content))).from_buffer(content or bytearray(1))
        self._library.transport_receive(self.transport, into, len(content), now)
        messages, offset, size = list[tuple[int, bytes]](), c_uint64(), c_uint64()
        start = self._library.plane_ring(self._plane, 0, 0, byref(size))
        while left := self._library.plane_messages(self._plane, 0, 0, byref(offset)):
            ring = string_at(start + offset.value, left)
            at = 0
            while at < left:
                message = MESSAGE.unpack_from(ring, at)
                body = ring[at + MESSAGE.size : at + MESSAGE.size + message[3]]
                if message[1]:
                    messages.append((message[1], body))
                    at += message[0]
                else:
                    at = left
            self._library.plane_read(self._plane, 0, 0, left)
        return messages


@contextmanager
def native() -> Iterator[Native]:
    library, api = load(), srtp_api()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        plane = library.plane_open(udp.fileno(), 1, byref(api))
        room = library.room_open(plane, 0)
        one = Native(library, plane, room)
        yield one
        library.transport_remove(one.transport)
        library.room_close(room)
        library.plane_close(plane)


class Pair:
    """Both, with the same packets sent, the same things asked, the same answers."""

    def __init__(self, other: Native, first: int) -> None:
        self._native = other
        self.history = SendHistory()
        self._histories = (self.history, other.history)
        for history in self._histories:
            history.use_extension(EXTENSION)
            history.counter[0] = first
        self._digests = ArrivalDigests(self.history)
        self._uses = set[LineUse]()
        self.told: list[Digest] = []

    def sent(self, size: int, now: float) -> int:
        numbers = [history.sent(size, now) for history in self._histories]
        return numbers[0]

    def ask(self, what: str) -> None:
        for history in self._histories:
            if what == "watch":
                history.watch()
            elif what == "until":
                history.watch_until_now()
            elif what == "no more":
                history.watch_no_more()
            else:
                history.attend(is_attentive=what == "attend")

    def answer(self, message: TransportFeedback, now: float) -> None:
        ours, theirs = self._digests.take(message, now), self._native.digest(message, now)
        assert ours == theirs
        assert self._native.history.sizes == self.history.sizes
        if ours is not None:
            self.told.append(ours)


ASK = st.sampled_from(["watch", "until", "no more", "attend", "rest"])
SAID = st.one_of(
    st.tuples(st.just("send"), st.integers(1, 60), st.floats(0, 0.2)),
    st.tuples(st.just("ask"), ASK, st.just(0.0)),
    st.tuples(
        st.just("answer"),
        st.tuples(
            st.integers(-20, 200),
            st.lists(
                st.none() | st.integers(0, 255) | st.integers(-0x8000, 0x7FFF),
                min_size=1,
                max_size=100,
            ),
            st.integers(-0x80_0000, 0x7F_FFFF),
        ),
        st.floats(0, 1.5),
    ),
)


@settings(max_examples=150, deadline=None)
@given(said=st.lists(SAID, max_size=60), first=st.sampled_from([0, 5, 0xFFF0, 0x1_FFF8, 2**33]))
def test_whatever_a_receiver_claims_both_make_the_same_of_it(
    said: list[tuple[str, Any, float]], first: int
) -> None:
    with native() as other:
        pair, now = Pair(other, first), 1000.0
        for what, value, elapsed_s in said:
            now += elapsed_s
            if what == "send":
                for number in range(value):
                    pair.sent(100 + number * 13, now + number / 1000)
            elif what == "ask":
                pair.ask(value)
            else:
                back, deltas, reference = value
                base = (pair.history.count - back) & 0xFFFF
                pair.answer(TransportFeedback(1, 2, base, 0, reference, tuple(deltas)), now)


class Road:
    """A line with a rate, a queue, losses and jitter, and a receiver that answers every 50 ms."""

    def __init__(self, pair: Pair, seed: int) -> None:
        self._pair = pair
        self._random = random.Random(seed)
        self._recorder = TwccRecorder(1)
        self.now, self._free_at, self._answer_at = 50.0, 50.0, 50.05
        self._coming: list[tuple[float, int]] = []

    def drive(self, seconds: float, kbps: float, loss: float, jitter_s: float) -> None:
        """Send 1 Mbit/s in pictures of five packets over a line of this rate."""
        until = self.now + seconds
        while self.now < until:
            for _ in range(5):
                self._send(kbps, loss, jitter_s)
            self.now += 0.04
            while self._answer_at < self.now:
                self._answer()

    def _send(self, kbps: float, loss: float, jitter_s: float) -> None:
        size = self._random.randrange(900, 1200)
        number = self._pair.sent(size, self.now)
        self._free_at = max(self._free_at, self.now) + size * 8 / 1000 / kbps
        if self._random.random() >= loss and self._free_at - self.now < 0.5:
            self._coming.append((self._free_at + self._random.uniform(0, jitter_s), number))

    def _answer(self) -> None:
        at, self._answer_at = self._answer_at, self._answer_at + 0.05
        came = sorted(one for one in self._coming if one[0] <= at)
        self._coming = [one for one in self._coming if one[0] > at]
        for arrived_s, number in came:
            self._recorder.received(number, arrived_s)
        message = self._recorder.poll(at + 1.0, 1)
        if message is not None:
            self._pair.answer(message, at + 0.03)


STRETCH = st.tuples(
    st.floats(0.2, 4.0),
    st.sampled_from([400.0, 900.0, 1100.0, 4000.0]),
    st.sampled_from([0.0, 0.0, 0.05, 1.0]),
    st.sampled_from([0.0, 0.002, 0.03]),
)


@settings(max_examples=40, deadline=None)
@given(
    stretches=st.lists(STRETCH, min_size=1, max_size=5),
    asked=st.lists(ASK, max_size=5),
    seed=st.integers(0, 99),
)
@example(stretches=[(3.0, 4000.0, 0.0, 0.0)], asked=["rest"], seed=1)
def test_on_lines_as_they_are_both_see_the_same_trend(
    stretches: list[tuple[float, float, float, float]], asked: list[str], seed: int
) -> None:
    with native() as other:
        pair = Pair(other, 0)
        road = Road(pair, seed)
        for number, stretch in enumerate(stretches):
            if number < len(asked):
                pair.ask(asked[number])
            road.drive(*stretch)


def test_a_line_too_narrow_and_wide_again_is_over_and_underused_for_both() -> None:
    """Of the differential tests: that they do reach every verdict, a cut, and what is calm."""
    with native() as other:
        pair = Pair(other, 0)
        road = Road(pair, 1)
        road.drive(5.0, 4000.0, 0.0, 0.0)
        pair.ask("rest")
        road.drive(5.0, 4000.0, 0.0, 0.0)
        road.drive(5.0, 800.0, 0.0, 0.0)
        pair.ask("watch")
        road.drive(5.0, 4000.0, 0.0, 0.0)
        road.drive(1.5, 4000.0, 1.0, 0.0)
        road.drive(2.0, 4000.0, 0.0, 0.0)
        assert {one.use for one in pair.told} == set(LineUse)
        assert any(one.is_after_cut for one in pair.told)
        assert max(one.feedbacks for one in pair.told) > 2
        assert any(one.probed for one in pair.told)


# -- datagrams ------------------------------------------------------------------------------


FEEDBACK = st.builds(
    lambda base, deltas: TransportFeedback(1, 2, base, 0, 7, tuple(deltas)),
    st.integers(0, 0xFFFF),
    st.lists(st.none() | st.integers(0, 300), min_size=1, max_size=40),
).map(lambda one: one.to_bytes())
OTHERS = st.sampled_from(
    [
        rtcp.ReceiverReport(5, ()).to_bytes(),
        rtcp.ReceiverReport(5, (rtcp.ReportBlock(1, 2, 3, 4, 5, 6, 7),)).to_bytes(),
        rtcp.Nack(5, 6, (1, 2, 30)).to_bytes(),
        rtcp.SourceDescription(((5, "site"),)).to_bytes(),
        b"\x81\xc9\x00\x01\x00\x00\x00\x05",  # a report of one block that has none
        b"\x8f\xcd\x00\x02" + bytes(8),
    ]
)


def padded(packet: bytes, padding: int) -> bytes:
    """Fill up a feedback packet as libwebrtc does."""
    size = len(packet) + padding
    size += -size % 4
    filled = packet + bytes(size - len(packet) - 1) + bytes([size - len(packet)])
    return bytes([packet[0] | 0x20]) + filled[1:2] + (size // 4 - 1).to_bytes(2) + filled[4:]


def garbled(packet: bytes, at: int, value: int) -> bytes:
    at %= len(packet) - 4
    return packet[: 4 + at] + bytes([value]) + packet[5 + at :]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            FEEDBACK,
            OTHERS,
            st.builds(padded, FEEDBACK, st.integers(1, 40)),
            st.builds(garbled, FEEDBACK, st.integers(0, 60), st.integers(0, 255)),
        ),
        min_size=1,
        max_size=4,
    )
)
@example([TransportFeedback(1, 2, 0, 0, 5, (None,) * 4097).to_bytes()] * 2)
@example([garbled(TransportFeedback(1, 2, 0, 0, 5, (1,)).to_bytes(), 11, 0)])
@example([padded(TransportFeedback(1, 2, 0, 0, 5, (1, 2, 3)).to_bytes(), 3)])
def test_no_feedback_is_digested_of_what_the_core_would_refuse(parts: list[bytes]) -> None:
    """And whatever else a datagram holds reaches the core, all of it or all but the feedback."""
    datagram = b"".join(parts)
    with native() as other:
        for _ in range(60):
            other.history.sent(1000, 1.0)
        left = other.receive(datagram, 2.0)
    told = [digest_of(content) for kind, content in left if kind == DIGEST]
    passed = b"".join(content for kind, content in left if kind == RTCP)
    try:
        packets = rtcp.parse(datagram)
    except MalformedPacket:
        assert told == []
        assert passed == datagram
        return
    assert not told or HEARD not in {kind for kind, _ in left}
    feedback = [one for one in packets if isinstance(one, TransportFeedback)]
    rest = [one for one in packets if not isinstance(one, TransportFeedback)]
    if passed == datagram:
        is_simple = all(isinstance(one, rtcp.ReceiverReport | rtcp.Nack) for one in rest)
        assert not (feedback and is_simple)
        return
    assert rtcp.parse(passed) == rest if passed else not rest
    history = SendHistory()
    for _ in range(60):
        history.sent(1000, 1.0)
    digests = ArrivalDigests(history)
    expected = [digests.take(one, 2.0) for one in feedback]
    assert told == [one for one in expected if one is not None]
