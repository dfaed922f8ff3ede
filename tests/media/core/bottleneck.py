"""A narrow line without a network: a queue, a rate, a delay, losses, and a bulk download beside.

Time is a number. The sender asks the estimator under test what it may send, in layers or as
fast as allowed; the receiver answers with transport-wide feedback as a browser does.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass

from media.core.arrival_digest import ArrivalDigests
from media.core.bandwidth import TwccRecorder
from media.core.congestion import CongestionControl
from media.core.rtcp import TransportFeedback
from media.core.send_history import MASK, SendHistory

PACKET_BYTES = 1200
# What the line carries beside an RTP packet: SRTP's tag, UDP and IPv4.
OVERHEAD_BYTES = 44
TCP_BYTES = 1500


@dataclass
class Line:
    """What a teaching point has. Rates in kbit/s, times in seconds."""

    kbps: float = 4000
    queue_s: float = 0.3
    delay_s: float = 0.04
    loss: float = 0.0
    jitter_s: float = 0.0
    burst_loss_s: float = 0.0
    #: Gilbert's model: the chance that a packet begins a run of losses, and that one ends it.
    gilbert: tuple[float, float] | None = None
    #: How large the queue is in bytes; by default `queue_s` at the first rate.
    queue_bytes: float = 0.0
    #: A policer: what is above the rate is dropped and nothing waits, but for a burst of so many
    #: bytes (a token bucket).
    policer_bytes: float = 0.0

    def __post_init__(self) -> None:
        self.queue_bytes = self.queue_bytes or self.queue_s * self.kbps * 125


class Bulk:
    """A download: one TCP flow of Reno's kind, for ever, acknowledged packet by packet."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._window = 10.0
        self._threshold = 1e9
        self._in_flight = 0
        self._recovers_until = 0.0
        self.delivered_bytes = 0

    def start(self) -> None:
        while self._in_flight < int(self._window):
            self._in_flight += 1
            self._world.enter(TCP_BYTES, self._arrived, self._lost)

    def _arrived(self) -> None:
        self.delivered_bytes += TCP_BYTES
        self._world.after(self._world.line.delay_s, self._acknowledged)

    def _acknowledged(self) -> None:
        self._in_flight -= 1
        self._window += 1.0 if self._window < self._threshold else 1.0 / self._window
        self.start()

    def _lost(self) -> None:
        round_trip_s = 2 * self._world.line.delay_s + self._world.queue_s
        self._world.after(round_trip_s, self._noticed)

    def _noticed(self) -> None:
        self._in_flight -= 1
        if self._world.now >= self._recovers_until:
            self._window = self._threshold = max(2.0, self._window * 0.7)
            self._recovers_until = self._world.now + 2 * self._world.line.delay_s + 0.3
        self.start()


class World:
    """Events in order of time, and one queue everybody goes through."""

    def __init__(self, line: Line, *, seed: int = 1) -> None:
        self.line = line
        self.now = 0.0
        self.random = random.Random(seed)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self._free_at = 0.0
        self._bursting_until = 0.0
        self._is_in_run = False
        self._tokens = line.policer_bytes
        self._tokens_at = 0.0
        self.dropped = 0

    def at(self, time_s: float, action: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._events, (time_s, self._order, action))

    def after(self, delay_s: float, action: Callable[[], None]) -> None:
        self.at(self.now + delay_s, action)

    def run(self, until_s: float) -> None:
        while self._events and self._events[0][0] <= until_s:
            self.now, _, action = heapq.heappop(self._events)
            action()
        self.now = until_s

    @property
    def queue_s(self) -> float:
        return max(0.0, self._free_at - self.now)

    def set_rate(self, kbps: float) -> None:
        """Change the line's rate: what is queued drains at the new one."""
        self._free_at = self.now + self.queue_s * self.line.kbps / kbps
        self.line.kbps = kbps

    def _is_policed(self, size: int) -> bool:
        """Take a packet out of the bucket; True if there is not so much in it."""
        earned = (self.now - self._tokens_at) * self.line.kbps * 125
        self._tokens = min(self.line.policer_bytes, self._tokens + earned)
        self._tokens_at = self.now
        is_within = size <= self._tokens
        self._tokens -= size if is_within else 0
        return not is_within

    def set_policer(self, kbps: float, *, bucket_bytes: float) -> None:
        """Let the line drop what is above a rate, and queue nothing."""
        self.line.kbps, self.line.policer_bytes = kbps, bucket_bytes
        self._tokens, self._tokens_at = bucket_bytes, self.now

    def enter(
        self, size: int, arrived: Callable[[], None], lost: Callable[[], None] | None = None
    ) -> None:
        """Put a packet into the queue; the tail is dropped when it is full."""
        if self.line.policer_bytes:
            is_lost = self._is_policed(size)
        else:
            is_lost = self.queue_s * self.line.kbps * 125 + size > self.line.queue_bytes
        may_burst = self.line.burst_loss_s and self.now >= self._bursting_until
        if may_burst and self.random.random() < 0.002:
            self._bursting_until = self.now + self.line.burst_loss_s
        is_lost |= self.now < self._bursting_until
        if is_lost:
            self.dropped += 1
            if lost is not None:
                lost()
            return
        if self.line.policer_bytes:
            self._free_at = self.now
        else:
            self._free_at = max(self._free_at, self.now) + size / (self.line.kbps * 125)
        if self.line.gilbert is not None:
            begins, ends = self.line.gilbert
            chance = self.random.random()
            self._is_in_run = chance >= ends if self._is_in_run else chance < begins
        if self._is_in_run or self.random.random() < self.line.loss:
            return
        jitter_s = abs(self.random.gauss(0.0, self.line.jitter_s)) if self.line.jitter_s else 0.0
        self.at(self._free_at + self.line.delay_s + jitter_s, arrived)


class Site:
    """A subscriber behind a line: sends what `wish_kbps` and the estimate allow.

    `floor_kbps` is always sent (its sound); above it the sender is a smooth encoder, or has
    only the `steps_kbps` it is given.
    """

    def __init__(
        self,
        line: Line,
        *,
        wish_kbps: float = 10_000,
        floor_kbps: float = 40,
        steps_kbps: tuple[float, ...] = (),
        start_kbps: float = 1000,
        feedback_loss: float = 0.0,
        receiver_jump: tuple[float, float] | None = None,
        seed: int = 1,
    ) -> None:
        self.world = World(line, seed=seed)
        self.control = CongestionControl(SendHistory(), start_bps=start_kbps * 1000)
        self.control.history.use_extension(3)
        self._digests = ArrivalDigests(self.control.history)
        self.wish_kbps = wish_kbps
        self._floor_kbps = floor_kbps
        self._steps_kbps = steps_kbps
        self._feedback_loss = feedback_loss
        self._receiver_jump = receiver_jump
        self._recorder = TwccRecorder(1)
        self._debt_bytes = 0.0
        self._started_s = 0.0
        self.sent_bytes = self.received_bytes = 0
        #: (time, estimate in kbit/s, sent kbit/s so far) each 100 ms
        self.history: list[tuple[float, float]] = []
        self.worst_queue_s = 0.0
        self.silences: list[tuple[float, float]] = []
        self._heard_s = 0.0
        self.world.at(0.0, self._tick)
        self.world.at(0.0, self._speak)
        self.world.at(0.05, self._feed_back)

    def _number(self, size: int) -> int:
        history = self.control.history
        number = history.count
        history.sent_at_s[number & MASK] = self.world.now
        history.sizes[number & MASK] = size
        history.counter[0] = number + 1
        return number & 0xFFFF

    def _send(self, size: int, *, is_sound: bool = False) -> None:
        number = self._number(size)
        self.sent_bytes += size + OVERHEAD_BYTES
        self.world.enter(size + OVERHEAD_BYTES, lambda: self._arrived(number, size, is_sound))

    def _arrived(self, number: int, size: int, is_sound: bool) -> None:
        self.received_bytes += size + OVERHEAD_BYTES
        if is_sound:
            if self.world.now - self._heard_s > 0.2:
                self.silences.append((self._heard_s, self.world.now))
            self._heard_s = self.world.now
        self._recorder.received(number, self.world.now)

    @property
    def planned_kbps(self) -> float:
        """What the sender sends now, sound included."""
        allowed = self.control.estimate_bps / 1000
        wish = min(self.wish_kbps, allowed)
        if self._steps_kbps:
            wish = max((step for step in self._steps_kbps if step <= wish), default=0.0)
        return max(self._floor_kbps, wish)

    def _speak(self) -> None:
        """Twenty milliseconds of sound."""
        self._send(100, is_sound=True)
        self.world.after(0.02, self._speak)

    def _tick(self) -> None:
        """A picture 30 times a second, and every 5 ms what probing asks for."""
        step_s = 0.005
        tick = round(self.world.now / step_s)
        if tick % 7 == 0:
            self._debt_bytes += max(0.0, self.planned_kbps - self._floor_kbps) * 125 * 7 * step_s
            while self._debt_bytes > 0:
                self._send(PACKET_BYTES)
                self._debt_bytes -= PACKET_BYTES + OVERHEAD_BYTES
        self.control.want(min(self.wish_kbps * 1000, 12_000_000), self.world.now)
        for _ in range(self.control.probe_packets(self.world.now, 275)):
            self._send(275)
        if tick % 20 == 0:
            self.control.handle_time(self.world.now)
            self.history.append((self.world.now, self.control.estimate_bps / 1000))
        self.worst_queue_s = max(self.worst_queue_s, self.world.queue_s)
        self.world.at((tick + 1) * step_s, self._tick)

    def _feed_back(self) -> None:
        feedback = self._recorder.poll(self.world.now + 1.0, 1)
        if feedback is not None and self.world.random.random() >= self._feedback_loss:
            self.world.after(self.world.line.delay_s, lambda: self._fed_back(feedback))
        self.world.after(0.05, self._feed_back)

    def _fed_back(self, feedback: TransportFeedback) -> None:
        jump = self._receiver_jump
        if jump is not None and self.world.now >= jump[0]:
            steps = feedback.reference_time_64ms + round(jump[1] / 0.064)
            feedback = feedback._replace(reference_time_64ms=(steps + 2**23) % 2**24 - 2**23)
        digest = self._digests.take(feedback, self.world.now)
        if digest is not None:
            self.control.take(digest, self.world.now)

    # -- what came of it -----------------------------------------------------------

    def run(self, until_s: float) -> None:
        self.world.run(until_s)

    def estimates(self, start_s: float, end_s: float) -> list[float]:
        return [kbps for at, kbps in self.history if start_s <= at < end_s]

    def mean(self, start_s: float, end_s: float) -> float:
        seen = self.estimates(start_s, end_s)
        return sum(seen) / len(seen)

    def first_time(self, start_s: float, is_so: Callable[[float], bool]) -> float:
        """How long after `start_s` the estimate first fulfils a condition; inf if never."""
        return next(
            (at - start_s for at, kbps in self.history if at >= start_s and is_so(kbps)),
            float("inf"),
        )
