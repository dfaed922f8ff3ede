"""What Prometheus may know of the rooms that are open now."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.recordings.room_left import Left


class RoomCollector(Collector):
    """Reads every open room's counters when asked; a room that closed is no longer listed.

    `read` returns the counters of each open room (`media.interface.SfuPort.counters`). It is
    called on the event loop, because `/metrics` is answered there.
    """

    def __init__(
        self,
        read: Callable[[], Mapping[str, Mapping[str, int]]],
        data_plane: Callable[[], str],
        room: Callable[[], Mapping[str, Left]],
    ) -> None:
        self._read = read
        self._data_plane = data_plane
        self._room = room

    def collect(self) -> Iterable[Metric]:
        """Yield how many rooms are open, what each has counted, and the tasks that run."""
        rooms = self._read()
        yield GaugeMetricFamily("classrooms_rooms", "Rooms open in this process.", len(rooms))
        yield GaugeMetricFamily(
            "classrooms_tasks", "Tasks on the event loop.", len(asyncio.all_tasks())
        )
        plane = GaugeMetricFamily(
            "classrooms_data_plane", "The data plane that forwards: 1.", labels=("plane",)
        )
        plane.add_metric((self._data_plane(),), 1)
        yield plane
        free = GaugeMetricFamily(
            "classrooms_recordings_free_bytes", "Room left for recordings.", labels=("place",)
        )
        for place, left in self._room().items():
            free.add_metric((place,), left.free)
        yield free
        counted = CounterMetricFamily(
            "classrooms_room_media",
            "Packets, requests and refusals of an open room; docs/media.md names them.",
            labels=("room", "counter"),
        )
        for room_id, counters in rooms.items():
            for name, value in counters.items():
                counted.add_metric((room_id, name), value)
        yield counted
