"""Record a room: a thread of its own writes, the event loop only queues.

The thread wakes ten times a second, takes what was queued, and hands the interpreter back
after every few packets, so that it never keeps the forwarding loop waiting for long.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, assert_never

import av

from media.config import RecordingTarget
from media.core.clock import PublisherClock
from media.core.ids import Kind, PeerId, TrackKey
from media.interface import RecordingStatus
from media.recorder.folder import RecordingFolder
from media.recorder.manifest import ManifestDamaged
from media.recorder.recovery import recover
from media.recorder.status import StatusKeeper
from media.recorder.track import TrackRecorder, problem_code

_log = logging.getLogger(__name__)

_POLL_S = 0.1
_STATUS_S = 1.0
_PACKETS_PER_TURN = 16
"""After so many packets (about 0.1 ms) other threads may have the interpreter."""


@dataclass(frozen=True, slots=True)
class RecorderLimits:
    """Bounds of the queue between the event loop and the recorder's thread, and how often to sync.

    Above `video_queue_bytes` video is dropped until half of it is free again, and the files
    go on at the next key frame; audio is kept up to `audio_queue_bytes`.
    """

    video_queue_bytes: int = 16 * 1024 * 1024
    audio_queue_bytes: int = 20 * 1024 * 1024
    sync_interval_s: float = 0.5
    stall_s: float = 5.0


class _AddTrack(NamedTuple):
    track: TrackKey
    codec: str
    clock_rate: int


class _Write(NamedTuple):
    track: TrackKey
    packet: bytes
    arrival_s: float


class _Report(NamedTuple):
    track: TrackKey
    ntp_time: int
    rtp_time: int
    arrival_s: float


class _EndPart(NamedTuple):
    track: TrackKey
    is_removed: bool


_Command = _AddTrack | _Write | _Report | _EndPart


class RoomRecorder:
    """Record the tracks of a room into `target.folder`, without re-encoding.

    Every method but `close` returns at once and may be called from the event loop; none
    raises for a fault of the disk. `on_status` is called about once a second and at once on a
    fault, **from the recorder's thread or the caller's**: marshal it with
    `loop.call_soon_threadsafe`. Arrival times are `time.monotonic()` (`loop.time()`) seconds;
    `target.offset_s` is the lesson clock when this object is made.
    """

    def __init__(
        self,
        target: RecordingTarget,
        *,
        on_status: Callable[[RecordingStatus], None],
        limits: RecorderLimits | None = None,
    ) -> None:
        self._limits = limits or RecorderLimits()
        self._on_status = on_status
        self._lesson_minus_arrival_s = target.offset_s - time.monotonic()
        self._target = target
        self._folder = RecordingFolder(target)
        # Written by the event loop only.
        self._kinds: dict[TrackKey, Kind] = {}
        self._dropping: set[TrackKey] = set()
        self._bytes_in = 0
        self._stall_told_at_s = float("-inf")
        # Written by the thread only.
        self._bytes_out = 0
        self._tracks: dict[TrackKey, TrackRecorder] = {}
        self._publishers: dict[PeerId, PublisherClock] = {}
        self._status = StatusKeeper(stall_s=self._limits.stall_s)
        self._next_sync_s = self._next_status_s = self._alive_at_s = time.monotonic()
        # Shared; a deque's append and popleft are atomic.
        self._queue: deque[_Command] = deque()
        self._overloaded = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="room-recorder", daemon=True)
        self._thread.start()

    # What the event loop calls.

    def add_track(self, track: TrackKey, codec: str, clock_rate: int) -> None:
        """Record `track` from now on; `codec` is `"H264"`, `"VP8"` or `"opus"`.

        Adding a track again with another codec begins it anew. Raise ValueError for a codec
        that cannot be written.
        """
        if codec not in {"H264", "VP8", "opus"}:
            raise ValueError(f"the recorder cannot write {codec}")
        self._kinds[track] = track.source.kind
        self._queue.append(_AddTrack(track, codec, clock_rate))

    def write(self, track: TrackKey, packet: bytes, arrival_s: float) -> None:
        """Queue an RTP packet (header included, SRTP removed). Unknown tracks are ignored.

        When the disk cannot follow, the packet is dropped and the status says `overloaded`.
        """
        kind = self._kinds.get(track)
        if kind is None or not self._has_room(track, kind, arrival_s):
            return
        self._bytes_in += len(packet)
        self._queue.append(_Write(track, packet, arrival_s))

    def sender_report(
        self, track: TrackKey, ntp_time: int, rtp_time: int, arrival_s: float
    ) -> None:
        """Queue what a publisher's sender report says (`ntp_time`: 64 bits, RFC 3550 6.4.1)."""
        if track in self._kinds:
            self._queue.append(_Report(track, ntp_time, rtp_time, arrival_s))

    def pause(self, track: TrackKey) -> None:
        """Close the track's part: it may not be recorded for now. A later write begins another."""
        if track in self._kinds:
            self._queue.append(_EndPart(track, is_removed=False))

    def remove_track(self, track: TrackKey) -> None:
        """Close the track's part and forget the track."""
        if self._kinds.pop(track, None) is not None:
            self._dropping.discard(track)
            self._queue.append(_EndPart(track, is_removed=True))

    def close(self, timeout_s: float = 30.0) -> bool:
        """Write what is queued, close the files, complete the manifest; return whether it is done.

        Blocks: call it in a thread (`loop.run_in_executor`). False: the disk did not answer in
        time; the files are whole up to their last fragment and `recover` will close them.
        """
        self._closing.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive() and self._folder.is_settled

    def _has_room(self, track: TrackKey, kind: Kind, now: float) -> bool:
        """Return whether the queue takes a packet; remember and report when it does not."""
        queued = self._bytes_in - self._bytes_out
        if now - self._alive_at_s > self._limits.stall_s:
            self._tell_stall(now)
        if kind is Kind.AUDIO:
            has_room = queued < self._limits.audio_queue_bytes
        elif track in self._dropping:
            has_room = queued < self._limits.video_queue_bytes // 2
        else:
            has_room = queued < self._limits.video_queue_bytes
        if has_room:
            self._dropping.discard(track)
        else:
            self._dropping.add(track)
            self._overloaded.set()
        return has_room

    def _tell_stall(self, now: float) -> None:
        """Report a thread stuck in the kernel: it cannot report itself."""
        if now - self._stall_told_at_s > _STATUS_S:
            self._stall_told_at_s = now
            self._tell(self._status.stalled())

    def _tell(self, status: RecordingStatus) -> None:
        """Report; a listener that fails (its loop may be closed) must not end the recording."""
        try:
            self._on_status(status)
        except Exception:
            _log.exception("A recording's status could not be reported.")

    # The thread.

    def _run(self) -> None:
        try:
            self._prepare()
            while not self._closing.wait(_POLL_S):
                self._turn(time.monotonic())
            self._finish(time.monotonic())
        except Exception:
            _log.exception("The recorder of a room failed.")
            self._tell(self._status.failed())

    def _prepare(self) -> None:
        """Create the folder early, so that a read-only disk is seen before the first packet.

        What a run before this one left open is closed first: it can then be played meanwhile.
        """
        try:
            recover(self._target.folder, before_epoch=self._target.epoch)
        except (OSError, ManifestDamaged, av.FFmpegError):
            _log.exception("What an earlier run recorded of a room could not be closed.")
        try:
            self._folder.prepare()
        except OSError as error:
            self._status.problem_since(problem_code(error), time.monotonic())

    def _turn(self, now: float) -> None:
        self._alive_at_s = now
        self._drain()
        for track in self._tracks.values():
            track.tick(now)
        if now >= self._next_sync_s:
            self._next_sync_s = now + self._limits.sync_interval_s
            for track in self._tracks.values():
                track.sync()
            self._folder.settle()
        self._report(now)

    def _report(self, now: float) -> None:
        if self._overloaded.is_set():
            self._overloaded.clear()
            self._status.problem_since("overloaded", now)
        for track in self._tracks.values():
            self._status.observe(track, now)
        if self._status.has_news or now >= self._next_status_s:
            self._next_status_s = now + _STATUS_S
            self._tell(self._status.report(now))

    def _finish(self, now: float) -> None:
        """Close everything; the last status says what was stored."""
        self._drain()
        for track in self._tracks.values():
            track.end_part("stopped")
        self._folder.close_epoch(now + self._lesson_minus_arrival_s)
        self._report(now)
        self._tell(self._status.report(now))

    def _drain(self) -> None:
        """Take everything queued so far; what comes meanwhile waits for the next turn."""
        for count in range(1, len(self._queue) + 1):
            self._obey(self._queue.popleft())
            if count % _PACKETS_PER_TURN == 0:
                time.sleep(0)

    def _obey(self, command: _Command) -> None:
        match command:
            case _Write(track, packet, arrival_s):
                self._bytes_out += len(packet)
                if track in self._tracks:
                    self._tracks[track].packet(packet, arrival_s)
            case _Report(track, ntp_time, rtp_time, arrival_s):
                if track in self._tracks:
                    self._tracks[track].sender_report(
                        ntp_time=ntp_time, rtp_time=rtp_time, arrival_s=arrival_s
                    )
            case _AddTrack(track, codec, clock_rate):
                self._begin(track, codec, clock_rate)
            case _EndPart(track, is_removed):
                self._end(track, is_removed=is_removed)
            case _:
                assert_never(command)

    def _begin(self, track: TrackKey, codec: str, clock_rate: int) -> None:
        self._end(track, is_removed=True)
        publisher = self._publishers.setdefault(track.peer_id, PublisherClock())
        self._tracks[track] = TrackRecorder(
            track,
            codec,
            clock_rate=clock_rate,
            publisher=publisher,
            folder=self._folder,
            lesson_minus_arrival_s=self._lesson_minus_arrival_s,
        )
        self._status.began(track, time.monotonic())

    def _end(self, track: TrackKey, *, is_removed: bool) -> None:
        recorder = self._tracks.get(track)
        if recorder is None:
            return
        recorder.end_part("removed" if is_removed else "paused")
        self._status.observe(recorder, time.monotonic())
        self._status.ended(track)
        if is_removed:
            del self._tracks[track]
            if not any(other.peer_id == track.peer_id for other in self._tracks):
                del self._publishers[track.peer_id]  # who comes back may have another clock
