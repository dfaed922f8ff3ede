"""Send again what a subscriber misses: what it asks for, and on a long line what it does not yet.

It comes from the caches of the up-tracks, within the budget of the subscriber's line; the publisher
is never troubled with it.
"""

from collections.abc import Iterable

from media.core import rtcp
from media.core.arrival_digest import Missed
from media.core.congestion import WIRE_OVERHEAD_BYTES
from media.core.downtrack import DownTrack
from media.core.repairs import Packet, Why
from media.core.subscriber import Subscriber
from media.core.tables import Tables

# A header and, of a retransmission, the number it had (RFC 4588 section 4).
_RTX_HEADER_BYTES = 14


def answer_nack(tables: Tables, subscriber: Subscriber, nack: rtcp.Nack, now: float) -> None:
    """Resend what is asked for, but not what is on its way already."""
    down = subscriber.by_ssrc.get(nack.media_ssrc)
    if down is None:
        return
    steering, repairs = subscriber.steering, subscriber.steering.repairs
    # One small packet may name a sequence number a thousand times.
    for seq in dict.fromkeys(nack.lost):
        asked = Packet(nack.media_ssrc, seq)
        if repairs.is_under_way(asked, now):
            continue
        again = _again(down, seq, now)
        if again is None:
            tables.count("nack_missed")
        elif steering.may_resend(len(again) + WIRE_OVERHEAD_BYTES, now):
            tables.outputs.outbox.append((down.link, again))
            tables.count("nack_answered")
            if down.rtx_payload_type is not None:
                repairs.sent(asked, Why.ASKED, now)
                tables.count("rtx_out")
        else:
            tables.count("resend_limited")


def _again(down: DownTrack, seq: int, now: float) -> bytes | None:
    """Return what a subscriber asks for, if it may ask for more now, and what it misses is kept."""
    if down.flows_in is None or not down.may_resend(now):
        return None
    found = down.flows_in.find_sent(down, seq)
    if found is None:
        down.resend_missed()
        return None
    return down.retransmission(*found)


def repair(tables: Tables, subscriber: Subscriber, missed: Missed | None, now: float) -> None:
    """Resend over a long line what a feedback says or leaves unsaid, and the copies due with it.

    None: the feedback said nothing new.
    """
    steering, repairs = subscriber.steering, subscriber.steering.repairs
    if missed is None or not repairs.under_way_s:
        return
    copies = repairs.take_owed(now)
    lost = steering.history.packets(missed.passed_over)
    unsaid = steering.history.packets(missed.unsaid)
    _repair(tables, subscriber, lost, Why.LOST, now)
    _repair(tables, subscriber, copies, Why.COPY, now)
    _repair(tables, subscriber, unsaid, Why.UNSAID, now)


def _repair(
    tables: Tables, subscriber: Subscriber, packets: Iterable[Packet], why: Why, now: float
) -> None:
    steering, repairs = subscriber.steering, subscriber.steering.repairs
    for packet in packets:
        down = subscriber.by_ssrc.get(packet.ssrc)
        if down is None or down.ssrc != packet.ssrc or down.rtx_payload_type is None:
            continue  # sound, or a retransmission itself
        if down.flows_in is None or not down.may_resend(now):
            continue
        if why is not Why.COPY and repairs.is_under_way(packet, now):
            continue
        found = down.flows_in.find_sent(down, packet.seq)
        if found is None:
            continue
        size_bytes = _RTX_HEADER_BYTES + len(found[1][2]) + WIRE_OVERHEAD_BYTES
        if steering.may_resend(size_bytes, now, why):
            tables.outputs.outbox.append((down.link, down.retransmission(*found)))
            tables.count("rtx_out")
            tables.count("rtx_unasked")
            if why is not Why.COPY:
                repairs.sent(packet, why, now)
