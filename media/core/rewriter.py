"""One outgoing stream made of many incoming ones: numbers that never jump."""

from typing import NamedTuple

from media.core.seqnum import delta32

# What two sender reports say of each other's streams is not believed if arrivals tell a
# story this much different: one of them is of another machine, or of a clock set since.
_PLAUSIBLE_S = 2.0


class Picture(NamedTuple):
    """The VP8 numbers that must stay continuous (RFC 7741 section 4.2)."""

    picture_id: int
    tl0picidx: int


class RtpRewriter:
    """Map sequence numbers, timestamps and VP8 picture ids into one continuous stream.

    While a stream flows, mapping is adding a constant, which is all the per-packet work a
    data plane has to know. `begin` chooses the constants so that the first packet of a run
    follows the last of the run before; `end` remembers where that was.
    """

    __slots__ = (
        "_clock_rate",
        "_exact_shift",
        "_last_at",
        "_last_picture",
        "_last_timestamp",
        "_next_seq",
        "first_ext",
        "picture_shift",
        "seq_shift",
        "timestamp_shift",
        "tl0_shift",
    )

    def __init__(self, *, clock_rate: int, first_seq: int) -> None:
        """`first_seq` should lie below 32 768.

        A receiver that loses the first packets across a wrap guesses the SRTP rollover
        counter wrong (RFC 3711 section 3.3.1).
        """
        self._clock_rate = clock_rate
        self._next_seq = first_seq
        self._last_timestamp: int | None = None
        self._last_at = 0.0
        #: What `timestamp_shift` would be if timestamps could go back.
        self._exact_shift = 0
        self._last_picture: Picture | None = None
        self.first_ext = 0
        self.seq_shift = 0
        self.timestamp_shift = 0
        self.picture_shift = 0
        self.tl0_shift = 0

    def begin(
        self,
        ext_seq: int,
        timestamp: int,
        *,
        now: float,
        ticks_to_last: int | None,
        picture: Picture | None = None,
    ) -> None:
        """Start a run with the packet `ext_seq`; earlier packets do not belong to it.

        `ticks_to_last`: what to add to `timestamp` to have it on the clock of the run before;
        0 if it is the same stream, None if unknown. Then the time that passed at the server
        stands in. Outgoing timestamps never go back, and never stand still.
        """
        self.first_ext = ext_seq
        self.seq_shift = self._next_seq - ext_seq
        if self._last_timestamp is not None:
            self._set_timestamp_shift(self._last_timestamp, timestamp, now, ticks_to_last)
        if picture is not None and self._last_picture is not None:
            self.picture_shift = (self._last_picture.picture_id + 1 - picture.picture_id) & 0x7FFF
            self.tl0_shift = (self._last_picture.tl0picidx + 1 - picture.tl0picidx) & 0xFF

    def _set_timestamp_shift(
        self, last: int, timestamp: int, now: float, ticks_to_last: int | None
    ) -> None:
        """Choose the shift; a picture captured before the last one sent comes one tick after it.

        That tick is not carried into the next run: many switches do not add up to a drift.
        """
        elapsed_ticks = max(1, round((now - self._last_at) * self._clock_rate))
        by_arrival = last + elapsed_ticks - timestamp
        if ticks_to_last is None:
            self._exact_shift = by_arrival
        else:
            exact = self._exact_shift + ticks_to_last
            difference = delta32(timestamp + exact, last)
            is_plausible = abs(difference - elapsed_ticks) <= _PLAUSIBLE_S * self._clock_rate
            self._exact_shift = exact if ticks_to_last == 0 or is_plausible else by_arrival
        ahead = delta32(timestamp + self._exact_shift, last)
        self.timestamp_shift = self._exact_shift if ahead > 0 else last + 1 - timestamp

    def end(
        self, highest_ext: int, timestamp: int, *, at: float, picture: Picture | None = None
    ) -> None:
        """End the run; `highest_ext` and what follows describe its newest packet, incoming."""
        self._next_seq = highest_ext + self.seq_shift + 1
        self._last_timestamp = timestamp + self.timestamp_shift
        self._last_at = at
        if picture is not None:
            self._last_picture = self.map_picture(picture)

    def map_picture(self, picture: Picture) -> Picture:
        """Return the outgoing numbers of an incoming picture."""
        return Picture(
            (picture.picture_id + self.picture_shift) & 0x7FFF,
            (picture.tl0picidx + self.tl0_shift) & 0xFF,
        )
