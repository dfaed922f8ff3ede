"""A room's recording as the driver sees it: which tracks are being written, and as what."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial

from media.config import RecordingTarget
from media.core.events import SenderClock
from media.core.ids import TrackKey
from media.core.layers import LayeredTrack
from media.interface import RecordingStatus
from media.recorder.room import RoomRecorder

log = logging.getLogger(__name__)


class RoomRecording:
    """Keep a recorder told of the tracks there are; packets pass through untouched.

    `on_status` is called on the event loop, though the recorder reports from its thread.
    """

    def __init__(
        self, target: RecordingTarget, *, on_status: Callable[[RecordingStatus], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        #: What is being written now, by track: the codec's name.
        self._codecs: dict[TrackKey, str] = {}
        self._recorder = RoomRecorder(target, on_status=partial(_marshal, self._loop, on_status))

    def follow(self, tracks: Mapping[TrackKey, LayeredTrack]) -> None:
        """Bring the recorder in line with which tracks are recorded now, and their codecs."""
        for track in [key for key in self._codecs if key not in tracks]:
            del self._codecs[track]
            self._recorder.remove_track(track)
        for track, layered in tracks.items():
            known = self._codecs.get(track)
            codec = layered.encodings[0].codec
            if layered.is_recorded and known != codec.name:
                self._codecs[track] = codec.name
                self._recorder.add_track(track, codec.name, codec.clock_rate)
            elif known is not None and not layered.is_recorded:
                del self._codecs[track]
                self._recorder.remove_track(track)

    def write(self, tape: list[tuple[TrackKey, bytes, float]]) -> None:
        """Hand packets over; the recorder queues them and never blocks."""
        for track, packet, arrival_s in tape:
            self._recorder.write(track, packet, arrival_s)

    def sender_report(self, event: SenderClock) -> None:
        """Hand over what ties a track's timestamps to its publisher's clock."""
        self._recorder.sender_report(event.track, event.ntp_time, event.rtp_time, event.at)

    async def close(self) -> None:
        """Write what is queued and close the files, off the loop."""
        done = await self._loop.run_in_executor(None, self._recorder.close)
        if not done:
            log.error("The recorder's disk did not answer in time; recovery will close the files.")


def _marshal(
    loop: asyncio.AbstractEventLoop,
    on_status: Callable[[RecordingStatus], None],
    status: RecordingStatus,
) -> None:
    """Report from the recorder's thread; its method, kept by the recorder, would keep both."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(on_status, status)
