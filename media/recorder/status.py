"""What the recording light knows: how much of the lesson has reached the disk, and why not."""

from dataclasses import replace

from media.core.ids import TrackKey
from media.interface import RecordingStatus
from media.recorder.folder import OpenPart
from media.recorder.track import TrackRecorder

_PROBLEM_HOLDS_S = 5.0
"""A fault is shown at least this long after it was last seen, so that it can be seen at all."""


class StatusKeeper:
    """Add up what has reached the disk, and remember faults. Used from the recorder's thread."""

    def __init__(self, *, stall_s: float) -> None:
        self._stall_s = stall_s
        self._stored_s = 0.0
        self._covered_until_s = float("-inf")
        self._bytes_closed = 0
        self._open_bytes: dict[TrackKey, int] = {}
        self._due_since_s: dict[TrackKey, float] = {}
        self._progress_at_s = float("-inf")
        self._problem: tuple[str, float] | None = None
        self._track_problems: dict[TrackKey, str] = {}
        self.has_news = False
        self._last = RecordingStatus(0.0, 0, is_healthy=True)

    def began(self, track: TrackKey, now: float) -> None:
        """Expect bytes of `track` from now on."""
        self._due_since_s[track] = now

    def ended(self, track: TrackKey) -> None:
        """Expect no more bytes of `track`."""
        self._due_since_s.pop(track, None)
        self._track_problems.pop(track, None)

    def problem_since(self, problem: str, now: float) -> None:
        """Remember a fault that belongs to no track."""
        if self._problem is None or self._problem[0] != problem:
            self.has_news = True
        self._problem = problem, now

    def observe(self, recorder: TrackRecorder, now: float) -> None:
        """Take what a track has stored since the last call, and its fault if it has one."""
        track = recorder.track
        for finished in recorder.take_finished():
            self._bytes_closed += finished.writer.synced_bytes
            self._cover(finished, now)
        part = recorder.part
        before = self._open_bytes.get(track, 0)
        self._open_bytes[track] = 0
        if part is not None:
            self._open_bytes[track] = part.writer.synced_bytes
            self._cover(part, now)
            if recorder.last_packet_s is not None:
                self._due_since_s.setdefault(track, recorder.last_packet_s)
        if self._open_bytes[track] > before:
            recorder.problem = None
            self._track_problems.pop(track, None)
        elif recorder.problem and self._track_problems.get(track) != recorder.problem:
            self._track_problems[track] = recorder.problem
            self.has_news = True

    def _cover(self, part: OpenPart, now: float) -> None:
        """Count the seconds of the lesson that nobody had stored before."""
        start_s = max(part.record.start_s, self._covered_until_s)
        end_s = part.record.start_s + part.writer.synced_s
        if end_s > start_s:
            self._stored_s += end_s - start_s
            self._covered_until_s = end_s
            self._progress_at_s = now

    def report(self, now: float) -> RecordingStatus:
        """Return the status at `now`."""
        self.has_news = False
        problem = self._problem_at(now)
        self._last = RecordingStatus(
            stored_s=self._stored_s,
            bytes_stored=self._bytes_closed + sum(self._open_bytes.values()),
            is_healthy=problem is None,
            problem=problem,
        )
        return self._last

    def stalled(self) -> RecordingStatus:
        """Return the status while the disk keeps the recorder's thread waiting; any thread."""
        return replace(self._last, is_healthy=False, problem="overloaded")

    def failed(self) -> RecordingStatus:
        """Return the status after a bug ended the recorder's thread."""
        return replace(self._last, is_healthy=False, problem="io_error")

    def _problem_at(self, now: float) -> str | None:
        if self._track_problems:
            return next(iter(self._track_problems.values()))
        if self._problem and now - self._problem[1] < _PROBLEM_HOLDS_S:
            return self._problem[0]
        self._problem = None
        if self._due_since_s:
            waiting_since_s = max(self._progress_at_s, min(self._due_since_s.values()))
            if now - waiting_since_s > self._stall_s:
                return "no_media"
        return None
