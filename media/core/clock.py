"""From RTP time to one clock for all tracks of a lesson.

Every track counts ticks from a random start. A publisher's sender reports tie the ticks of
each of its tracks to that publisher's NTP clock (RFC 3550 section 6.4.1), and when they
arrive ties that clock to ours. Tracks of one publisher share the second tie, so an error in
it moves picture and sound together and lips stay in step. Until a report has come, and for
publishers that send none, the smallest delay seen between ticks and arrival stands in.
"""

from collections import deque
from math import isfinite

from media.core.seqnum import delta32

_WINDOW_S = 30.0
_STEP_S = 1.0
_AGREEMENT_S = 0.25
_STEP_WITNESSES = 4
_ARRIVAL_BUCKET_S = 5.0
_PLAUSIBLE_S = 2.0
_JUMP_S = 10.0
_MAX_AHEAD_S = 1.0
_SLEW_WITH_REPORTS = 0.05
_SLEW_BY_ARRIVAL = 0.005
_NTP_UNIT = 1 << 32


class PublisherClock:
    """Tie one publisher's NTP clock to our monotonic clock; shared by all its tracks.

    The tie is the smallest `arrival - ntp` of the last 30 s: queues only ever add delay. A
    report more than a second off is not believed until four in a row agree with each other:
    then the publisher's clock was set, and `generation` counts up.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque()
        self._doubted: list[tuple[float, float]] = []
        self.generation = 0

    @property
    def offset_s(self) -> float:
        """Return what to add to NTP seconds to get ours; call only after a believed report."""
        return min(sample for _, sample in self._samples)

    def observe(self, *, ntp_s: float, arrival_s: float) -> bool:
        """Take the time in a sender report; return whether it is believed."""
        sample = arrival_s - ntp_s
        if self._samples and abs(sample - self.offset_s) > _STEP_S:
            if not self._was_set(arrival_s, sample):
                return False
            self._samples = deque(self._doubted)
            self.generation += 1
        else:
            self._samples.append((arrival_s, sample))
        self._doubted = []
        while self._samples[0][0] < arrival_s - _WINDOW_S:
            self._samples.popleft()
        return True

    def _was_set(self, arrival_s: float, sample: float) -> bool:
        """Return whether enough doubted reports in a row agree with this one."""
        if self._doubted and abs(sample - self._doubted[-1][1]) > _AGREEMENT_S:
            self._doubted = []
        self._doubted.append((arrival_s, sample))
        return len(self._doubted) >= _STEP_WITNESSES


class TrackClock:
    """Turn one track's RTP timestamps into seconds on our monotonic clock.

    Call `arrived` for every packet in the order of arrival, `sender_report` for every report,
    `time_of` for every frame in the order of media time. What `time_of` returns never goes
    back, and is never more than a second ahead of arrivals, whatever the ticks say.
    Corrections are slewed, by at most 5 % of elapsed media time when reports tell and 0.5 %
    when only arrivals do, so that neither picture nor sound is seen to jump.
    """

    def __init__(self, clock_rate: int, publisher: PublisherClock) -> None:
        self._rate = clock_rate
        self._publisher = publisher
        self._last_time_s = float("-inf")
        self._newest_arrival_s = float("-inf")
        self.new_stream()

    def new_stream(self) -> None:
        """Forget the ticks: what comes next has another SSRC, so another random start."""
        self._ticks: int | None = None
        self._report: tuple[float, float] | None = None
        self._report_generation = 0
        self._report_offset_s = 0.0
        self.new_run()

    def new_run(self) -> None:
        """Let the next frame take the best known time at once; call it where media paused.

        A publisher whose machine slept may not have counted on: what arrivals said is forgotten.
        """
        self._bucket_ends_s = float("-inf")
        self._lowest_s = self._lowest_before_s = float("inf")
        self._offset_s: float | None = None
        self._last_media_s = 0.0

    def arrived(self, rtp_time: int, arrival_s: float) -> bool:
        """Take a packet's timestamp (32 bits) and when it came; return whether it makes sense.

        False: ticks and arrivals have parted by more than 10 s, and nothing was taken. The
        publisher counts from another start now: finish what is open, then call `new_stream`.
        """
        if self._ticks is None:
            self._ticks = rtp_time
        ticks = self._extend(rtp_time)
        sample = arrival_s - ticks / self._rate
        known_s = self._arrival_offset_s()
        if isfinite(known_s) and abs(sample - known_s) > _JUMP_S:
            return False
        self._ticks = max(self._ticks, ticks)
        self._newest_arrival_s = max(self._newest_arrival_s, arrival_s)
        if arrival_s >= self._bucket_ends_s:
            stale = arrival_s >= self._bucket_ends_s + _ARRIVAL_BUCKET_S
            self._lowest_before_s = float("inf") if stale else self._lowest_s
            self._lowest_s = sample
            self._bucket_ends_s = arrival_s + _ARRIVAL_BUCKET_S
        elif sample < self._lowest_s:
            self._lowest_s = sample
        return True

    def sender_report(self, *, ntp_time: int, rtp_time: int, arrival_s: float) -> bool:
        """Take a sender report (64-bit NTP time); return whether it is used.

        It is refused before the track's first packet, when the publisher's clock is in doubt,
        and when it would move the track by more than 2 s from where arrivals put it.
        """
        ntp_s = ntp_time / _NTP_UNIT
        if not self._publisher.observe(ntp_s=ntp_s, arrival_s=arrival_s) or self._ticks is None:
            return False
        media_s = self._extend(rtp_time) / self._rate
        offset_s = ntp_s + self._publisher.offset_s - media_s
        if abs(offset_s - self._arrival_offset_s()) > _PLAUSIBLE_S:
            return False
        self._report = (ntp_s, media_s)
        self._report_generation = self._publisher.generation
        self._report_offset_s = offset_s
        return True

    def time_of(self, rtp_time: int) -> float:
        """Return when the media of `rtp_time` (32 bits) happened; a packet must have `arrived`."""
        media_s = self._extend(rtp_time) / self._rate
        target_s = self._target_offset_s()
        if self._offset_s is None:
            self._offset_s = max(target_s, self._last_time_s - media_s)
        else:
            slew = _SLEW_BY_ARRIVAL if self._report is None else _SLEW_WITH_REPORTS
            limit_s = slew * max(0.0, media_s - self._last_media_s)
            self._offset_s += min(limit_s, max(-limit_s, target_s - self._offset_s))
        self._last_media_s = max(media_s, self._last_media_s)
        time_s = min(media_s + self._offset_s, self._newest_arrival_s + _MAX_AHEAD_S)
        self._last_time_s = max(self._last_time_s, time_s)
        return self._last_time_s

    def _extend(self, rtp_time: int) -> int:
        """Return `rtp_time` as ticks that never wrap, next to the newest packet's."""
        assert self._ticks is not None, "time is asked of a track that has no packet"
        return self._ticks + delta32(rtp_time, self._ticks & 0xFFFF_FFFF)

    def _arrival_offset_s(self) -> float:
        return min(self._lowest_s, self._lowest_before_s)

    def _target_offset_s(self) -> float:
        """Return what should be added to media seconds, by the best evidence there is."""
        arrival_offset_s = self._arrival_offset_s()
        if self._report is None:
            return arrival_offset_s
        if self._report_generation == self._publisher.generation:
            ntp_s, media_s = self._report
            self._report_offset_s = ntp_s + self._publisher.offset_s - media_s
        is_stale = abs(self._report_offset_s - arrival_offset_s) > _PLAUSIBLE_S
        return arrival_offset_s if is_stale else self._report_offset_s
