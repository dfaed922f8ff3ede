"""One track of a recording: from packets to parts. Lives on the recorder's thread.

A part is cut at the first place after `CUT_S` where another may begin: sound at any packet, a
picture at a key frame. Its publisher is asked for one often (`SfuConfig.recording_keyframe_s`).
"""

import errno
import logging
from collections import deque
from typing import NamedTuple

import av

from media.core import rtp
from media.core.clock import PublisherClock, TrackClock
from media.core.errors import MalformedPacket
from media.core.ids import TrackKey
from media.core.jitter_buffer import Frame, Gap, JitterBuffer
from media.recorder.folder import OpenPart, RecordingFolder
from media.recorder.manifest import CUT
from media.recorder.samples import Sample, make_samples

_log = logging.getLogger(__name__)

REPAIR_WAIT_S = 0.7
"""How long a hole may wait for a NACK's answer: one round trip by satellite and a little."""
IDLE_S = 3.0
"""A track that is silent this long is paused: its part is closed, so that nothing is at risk.
A browser that shares a still screen sends a frame a second, which is not silence."""
RETRY_S = 3.0
"""After a fault a new part is tried this often."""
CUT_S, _EARLY_S = 6.0, 0.01
"""A part is this long before it is cut: what is being written can be played that much later."""
PARTS_PER_WINDOW, PARTS_WINDOW_S = 8, 20.0
"""No more parts of one track begin in so many seconds, those that go on where one was cut apart;
a browser finding its size makes three."""
_MOST_HELD_BYTES = 16 * 1024 * 1024
"""What may not be on the disk is held, to be written elsewhere; above this it is not."""
_MOVES = 3
_OF_THE_DISK = OSError, av.FFmpegError
_SAME_S = 1e-6
_MIN_GAP_S = 0.005
_FIRST_DURATION_S = 1 / 30
_MAX_DURATION_S = 1.0


class _Held(NamedTuple):
    """A sample as a part took it."""

    sample: Sample
    at_s: float
    duration_s: float

    def write_into(self, part: OpenPart) -> None:
        """Add it to a part; raise OSError or av.FFmpegError."""
        part.writer.write(
            self.sample.data,
            at_s=self.at_s - part.record.start_s,
            duration_s=self.duration_s,
            is_keyframe=self.sample.is_keyframe,
        )


class TrackRecorder:
    """Order a track's packets, put them on the lesson clock, and write them into parts.

    No method raises for bad media or a bad disk: bad packets are counted, and a fault closes
    the part, sets `problem` and lets the track try again after `RETRY_S`.
    """

    def __init__(
        self,
        track: TrackKey,
        codec: str,
        *,
        clock_rate: int,
        publisher: PublisherClock,
        folder: RecordingFolder,
        lesson_minus_arrival_s: float,
    ) -> None:
        self.track = track
        self._codec = codec
        self._folder = folder
        self._lesson_minus_arrival_s = lesson_minus_arrival_s
        self._clock = TrackClock(clock_rate, publisher)
        self._ssrc: int | None = None
        self._begin_stream()
        self._part: OpenPart | None = None
        self._finished: list[OpenPart] = []
        #: What the part has taken that may not be on the disk; None: too much to hold.
        self._held: list[_Held] | None = []
        self._held_bytes = 0
        self._opened_s: deque[float] = deque(maxlen=PARTS_PER_WINDOW)
        self._has_hole = False
        self._needs_keyframe = True
        self._last_s = self._end_s = float("-inf")
        self._retry_at_s = float("-inf")
        self.last_packet_s: float | None = None
        self.problem: str | None = None
        self.malformed = 0

    def _begin_stream(self) -> None:
        self._jitter = JitterBuffer(self._codec, max_wait_s=REPAIR_WAIT_S)
        self._samples = make_samples(self._codec)

    @property
    def part(self) -> OpenPart | None:
        """Return the part being written, if there is one."""
        return self._part

    def packet(self, packet: bytes, arrival_s: float) -> None:
        """Take an RTP packet, header included."""
        try:
            _, marker, seq, rtp_time, ssrc, start, end, _ = rtp.parse(packet, len(packet))
        except MalformedPacket:
            self.malformed += 1
            return
        if ssrc != self._ssrc:
            if self._ssrc is not None:
                self.end_part("new_stream")
                self._begin_stream()
                self._clock.new_stream()
            self._ssrc = ssrc
        self.last_packet_s = arrival_s
        if end > start and not self._clock.arrived(rtp_time, arrival_s):
            self.end_part("clock_jump")
            self._clock.new_stream()
            self._clock.arrived(rtp_time, arrival_s)
        self._jitter.insert(
            seq, rtp_time, marker=bool(marker), payload=packet[start:end], now=arrival_s
        )

    def sender_report(self, *, ntp_time: int, rtp_time: int, arrival_s: float) -> None:
        """Take what a sender report of this track says about time."""
        self._clock.sender_report(ntp_time=ntp_time, rtp_time=rtp_time, arrival_s=arrival_s)

    def tick(self, now: float) -> None:
        """Write what is due; close the part of a track that has fallen silent."""
        self._take(self._jitter.pop(now))
        if self._part and self.last_packet_s is not None and now - self.last_packet_s > IDLE_S:
            self.end_part("paused")

    def end_part(self, reason: str) -> None:
        """Write what waits and close the part; a later packet begins a new one."""
        self._take(self._jitter.flush())
        self._close(reason)
        self._needs_keyframe = True
        self._clock.new_run()

    def sync(self) -> None:
        """Wait until what the part has taken is on the disk; leave a disk that is nearly full."""
        if self._part is None:
            return
        try:
            self._part.writer.sync()
        except OSError as error:
            self._fail(error)
            return
        if self._folder.must_leave(self._part):
            self._fail(OSError(errno.ENOSPC, "the last of the disk is kept for sound"))
        else:
            self._let_go_of_what_is_safe(self._part)

    def _let_go_of_what_is_safe(self, part: OpenPart) -> None:
        if self._held:
            safe_s = part.record.start_s + part.writer.safe_s - _SAME_S
            self._hold([each for each in self._held if each.at_s >= safe_s])

    def _hold(self, held: "list[_Held]") -> None:
        self._held = held
        self._held_bytes = sum(len(each.sample.data) for each in held)

    def _take(self, items: list[Frame | Gap]) -> None:
        for item in items:
            if isinstance(item, Gap):
                self._has_hole = True
            else:
                self._take_frame(item)

    def _take_frame(self, frame: Frame) -> None:
        try:
            sample = self._samples.make(frame)
        except MalformedPacket:
            self.malformed += 1
            self._lose_frame()
            return
        at_s = self._clock.time_of(frame.rtp_time) + self._lesson_minus_arrival_s
        is_useless = self._needs_keyframe and not sample.is_keyframe
        if is_useless or frame.arrival_s < self._retry_at_s:
            self._lose_frame()
            return
        try:
            self._write(sample, at_s)
        except Exception as error:  # whatever a writer raises, the other tracks are recorded on
            self._fail(error)
            if self._part is None:
                self._retry_at_s = frame.arrival_s + RETRY_S

    def _lose_frame(self) -> None:
        """Leave a frame out: what follows cannot be decoded before the next key frame."""
        self._has_hole = True
        self._needs_keyframe = True

    def _write(self, sample: Sample, at_s: float) -> None:
        """Put a sample into the right part; raise OSError or av.FFmpegError."""
        is_cut = self._leave_part(sample, at_s)
        if self._part is None:
            if not sample.is_keyframe or not (is_cut or self._may_open(at_s)):
                self._lose_frame()
                return
            self._part = self._folder.open_part(self.track, sample.format, at_s)
            self._hold([])
        elif self._has_hole and at_s - self._end_s > _MIN_GAP_S:
            self._part.gaps.append((self._end_s, at_s))
        self._has_hole = self._needs_keyframe = False
        start_s = self._part.record.start_s
        if sample.duration_s is None:
            step_s = at_s - self._last_s if at_s > self._last_s > start_s else _FIRST_DURATION_S
            duration_s = min(step_s, _MAX_DURATION_S)
        else:
            duration_s = sample.duration_s
        self._last_s, self._end_s = at_s, at_s + duration_s
        held = _Held(sample, at_s, duration_s)
        if self._held is not None:
            self._held.append(held)
            self._held_bytes += len(sample.data)
            if self._held_bytes > _MOST_HELD_BYTES:
                self._held = None
        held.write_into(self._part)

    def _leave_part(self, sample: Sample, at_s: float) -> bool:
        """Close the part if `sample` belongs into another; return whether it goes on there."""
        part = self._part
        if part is None:
            return False
        if not self._has_hole:
            part.writer.extend(at_s - part.record.start_s)
            self._end_s = at_s
            if self._held:
                self._held[-1] = self._held[-1]._replace(duration_s=at_s - self._held[-1].at_s)
        if part.writer.format != sample.format:
            self._close("parameters_changed")
            if self._part is not None:  # moved because it could not be closed: it is whole now
                self._close("parameters_changed")
        elif sample.is_keyframe and at_s - part.record.start_s >= CUT_S - _EARLY_S:
            self._close(CUT)
            return self._part is None
        return False

    def _may_open(self, at_s: float) -> bool:
        """Return whether a part may begin now: a publisher gone mad must not wear out the disk."""
        opened_s = self._opened_s
        if len(opened_s) == PARTS_PER_WINDOW and at_s - opened_s[0] < PARTS_WINDOW_S:
            return False
        opened_s.append(at_s)
        return True

    def _close(self, reason: str) -> None:
        """Close the part, if one is open; on a fault keep what is whole."""
        part = self._part
        if part is None:
            return
        try:
            if reason == CUT:
                self._folder.cut_part(part)
            else:
                self._folder.close_part(part, reason)
        except _OF_THE_DISK as error:
            self._fail(error)
            return
        self._part = None
        self._finished.append(part)

    def _fail(self, error: Exception) -> None:
        """Give up the part because of `error`; the track goes on and tries again later."""
        self.problem = problem_code(error)
        _log.warning(
            "A part of a recording failed.",
            exc_info=None if isinstance(error, OSError) else error,
            extra={"problem": self.problem, "source": str(self.track.source), "error": str(error)},
        )
        part, self._part = self._part, None
        if part is None:
            self._lose_frame()
            return
        if isinstance(error, _OF_THE_DISK):
            self._part = self._move_on(part)
        if self._part is None:
            self._lose_frame()
        self._folder.give_up(part, self.problem, for_another=self._part)
        self._finished.append(part)

    def _move_on(self, part: OpenPart) -> OpenPart | None:
        """Go on in another part with all that may not be on the disk; None if that fails too."""
        if not self._held:
            return None
        for _ in range(_MOVES):
            if not self._may_open(self._held[-1].at_s):
                return None
            try:
                other = self._folder.open_part(
                    self.track, part.writer.format, self._held[0].at_s, instead_of=part
                )
            except _OF_THE_DISK:
                continue
            try:
                for each in self._held:
                    each.write_into(other)
                other.writer.sync()
            except _OF_THE_DISK:
                self._folder.discard(other)
                continue
            return other
        return None

    def take_finished(self) -> list[OpenPart]:
        """Return the parts closed since the last call: what they stored counts as well."""
        finished, self._finished = self._finished, []
        return finished


def problem_code(error: Exception) -> str:
    """Return the short code of `RecordingStatus.problem` for a fault of the disk or the muxer."""
    code = getattr(error, "errno", None)
    return "disk_full" if code in {errno.ENOSPC, errno.EDQUOT} else "io_error"
