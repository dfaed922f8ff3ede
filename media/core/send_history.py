"""What a transport has sent lately, by transport-wide sequence number.

The data plane numbers every RTP packet of a subscribing transport, whatever its SSRC, and
notes when it left and how large it was; the receiver says when each number came
(draft-holmer-rmcat-transport-wide-cc-extensions-01).
"""

from array import array
from collections.abc import Iterable
from typing import NamedTuple

from media.core.repairs import MAX_UNSAID, Packet
from media.core.rtcp import TransportFeedback

#: How many packets are remembered, a power of two: four seconds of 1 000 packets a second.
CAPACITY = 4096
MASK = CAPACITY - 1
#: Of so many it is remembered which packet they were, a power of two: at least a second's.
NAMED = 1024
NAMED_MASK = NAMED - 1

#: No packet has this number.
NEVER = 2**63 - 1

# The format's units (section 3.1): 64 ms per step of the reference, 250 us per delta.
_REFERENCE_S = 0.064
_TICK_S = 0.00025


#: No number.
NOTHING = range(0)

#: A packet the receiver has: (number, sent_s, arrived_s, size_bytes), each time on its own
#: side's clock. A plain tuple: there is one per packet and subscriber.
Arrival = tuple[int, float, float, int]


class Feedback(NamedTuple):
    """What one feedback says that was not known: arrivals in order of number, and losses.

    `lost` counts packets passed over for the first time, less those that came after all.
    `newest` is the highest number spoken of. `passed_over` are the losses told of for the first
    time, `unsaid` the numbers before that no feedback has spoken of: theirs was lost.
    """

    arrivals: list[Arrival]
    lost: int
    newest: int
    passed_over: list[int]
    unsaid: range


class SendHistory:
    """A ring of the packets sent last. One per subscribing transport.

    This is all a data plane must do per packet, where `element` is not 0:
    write the header extension of `EXTENSION` with `element` and the low 16 bits of `count`;
    `sent_at_s[count & MASK] = now`, `sizes[count & MASK] = bytes of the RTP packet with the
    extension, before protection`; `named[count & NAMED_MASK] = SSRC << 16 | sequence number`;
    `counter[0] = count + 1`. All four are arrays of C's types, so that a plane in C writes them
    too; whoever reads takes `count` first.

    The extension is always the first and only one: profile 0xBEDE, one word, then
    `element`, number high, number low, zero (RFC 8285 section 4.2).
    """

    __slots__ = (
        "_reference",
        "_reference_steps",
        "_reported",
        "attention",
        "counter",
        "element",
        "named",
        "sent_at_s",
        "sizes",
    )

    def __init__(self) -> None:
        #: Identifier << 4 | 1 (two bytes of data), or 0 where packets carry no number.
        self.element = 0
        self.counter = array("Q", bytes(8))
        self.sent_at_s = array("d", bytes(8 * CAPACITY))
        #: Zero once acknowledged, so that nothing is taken for an arrival twice.
        self.sizes = array("H", bytes(2 * CAPACITY))
        self.named = array("Q", bytes(8 * NAMED))
        #: What is wanted of feedback, for whoever digests it: from which number on, and up to
        #: which, arrivals are looked at closely; 1: every feedback is told of, however calm.
        self.attention = array("q", (NEVER, NEVER, 1))
        #: Numbers below this were spoken of.
        self._reported = 0
        self._reference: int | None = None
        self._reference_steps = 0

    @property
    def count(self) -> int:
        """Return how many packets were numbered: the next one's number, unwrapped."""
        return self.counter[0]

    def use_extension(self, extension_id: int) -> None:
        """Number packets under this identifier of 1 to 14; 0: no more, none was agreed."""
        assert 0 <= extension_id <= 14, "an identifier of the one-byte form"
        self.element = extension_id << 4 | 1 if extension_id else 0

    def sent(self, size_bytes: int, now: float, *, ssrc: int = 0, seq: int = 0) -> int:
        """Note one packet; return its number in 16 bits. What a fan-out does by itself."""
        number = self.counter[0]
        self.counter[0] = number + 1
        self.sent_at_s[number & MASK] = now
        self.sizes[number & MASK] = size_bytes
        self.named[number & NAMED_MASK] = ssrc << 16 | seq
        return number & 0xFFFF

    def packets(self, numbers: Iterable[int]) -> list[Packet]:
        """Return which packets these numbers were, as far as that is remembered."""
        oldest = self.count - NAMED
        names = [self.named[number & NAMED_MASK] for number in numbers if number >= oldest]
        return [Packet(name >> 16, name & 0xFFFF) for name in names]

    def take(self, feedback: TransportFeedback) -> Feedback:
        """Match a feedback with what was sent; what was never sent, or long ago, is ignored.

        Feedback may come twice, late, out of order, or not at all: packets nothing was said of
        are not lost, for a receiver reports every number. Its clock is unwrapped.
        """
        arrivals: list[Arrival] = []
        passed_over: list[int] = []
        lost = 0
        sizes, sent_at_s, reported = self.sizes, self.sent_at_s, self._reported
        count = self.count
        newest_sent = count - 1
        first = newest_sent - ((newest_sent - feedback.base_seq) & 0xFFFF)
        oldest = max(0, count - CAPACITY)
        arrived_s = self._reference_s(feedback.reference_time_64ms)
        for number, delta in enumerate(feedback.deltas, first):
            if number > newest_sent:
                break
            if delta is None:
                if number >= reported and number >= oldest:
                    lost += 1
                    passed_over.append(number)
                continue
            arrived_s += delta * _TICK_S
            slot = number & MASK
            size = sizes[slot]
            if size and number >= oldest:
                sizes[slot] = 0
                lost -= number < reported
                arrivals.append((number, sent_at_s[slot], arrived_s, size))
        newest = min(first + len(feedback.deltas) - 1, newest_sent)
        self._reported = max(reported, newest + 1)
        is_gap = 0 < reported < first <= reported + MAX_UNSAID
        return Feedback(
            arrivals, lost, newest, passed_over, range(reported, first) if is_gap else NOTHING
        )

    def _reference_s(self, reference: int) -> float:
        """Return the reference time, unwrapped next to the one before (24 bits)."""
        if self._reference is None:
            self._reference = reference
        self._reference_steps += ((reference - self._reference + 0x80_0000) & 0xFF_FFFF) - 0x80_0000
        self._reference = reference
        return self._reference_steps * _REFERENCE_S

    def watch(self) -> int:
        """Look closely at what is sent from now on; return its first number."""
        first = self.count
        self.attention[1] = NEVER
        self.attention[0] = first
        return first

    def watch_until_now(self) -> int:
        """Look at nothing that is sent from now on; return the number it begins with."""
        self.attention[1] = end = self.count
        return end

    def watch_no_more(self) -> None:
        """Look closely at nothing."""
        self.attention[0] = NEVER

    def attend(self, *, is_attentive: bool) -> None:
        """Say whether every feedback is told of, or of a calm line only now and then."""
        self.attention[2] = is_attentive

    def bytes_between(self, first: int, end: int) -> int:
        """Return how many unacknowledged bytes were sent under the numbers `first` to `end` - 1."""
        count = self.count
        first = max(first, count - CAPACITY, 0)
        return sum(self.sizes[number & MASK] for number in range(first, min(end, count)))
