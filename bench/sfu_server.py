"""Our media plane alone, as a process that can be pinned and measured.

`python -m bench.sfu_server ADDRESS` has its media socket at ADDRESS, an IP literal. It
prints one JSON line with its `control_port` and `media_port`, then takes JSON lines from one
loopback TCP connection and ends when that closes:

    -> {"id": 1, "method": "publish", "arguments": {...}}
    <- {"id": 1, "result": ...}            or  {"id": 1, "error": "code: detail"}
    <- {"event": "subscriber_offer", ...}  facts of `SfuListener`, as they come

Methods and arguments are those of `media.interface.SfuPort`; a plan's audience is a list
of `[peer_id, source, [peer_id, ...]]`. Nothing here is on the packet path.
"""

import argparse
import asyncio
import dataclasses
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from media.config import DataPlaneChoice, RecordingTarget, SfuConfig
from media.core.ids import PeerId, RoomId, Source, TrackKey
from media.interface import (
    Direction,
    ForwardingPlan,
    LinkReport,
    NegotiationRefused,
    OfferedTrack,
    RecordingStatus,
)
from media.sfu import Sfu

Json = dict[str, Any]

# Requests of an API take some milliseconds each.
_BUSY_PERIOD_S = 0.005


class EventWriter:
    """An `SfuListener` that writes every fact as a JSON line."""

    def __init__(self) -> None:
        self.write: Callable[[Json], None] = lambda _: None

    def subscriber_offer(
        self,
        room_id: RoomId,
        peer_id: PeerId,
        *,
        revision: int,
        sdp: str,
        tracks: tuple[OfferedTrack, ...],
    ) -> None:
        self.write(
            {
                "event": "subscriber_offer",
                "room_id": room_id,
                "peer_id": peer_id,
                "revision": revision,
                "sdp": sdp,
                "tracks": [[offered.mid, *offered.track] for offered in tracks],
            }
        )

    def _peer(self, event: str, room_id: RoomId, peer_id: PeerId, direction: Direction) -> None:
        self.write({"event": event, "room_id": room_id, "peer_id": peer_id, "direction": direction})

    def peer_connected(self, room_id: RoomId, peer_id: PeerId, direction: Direction) -> None:
        self._peer("peer_connected", room_id, peer_id, direction)

    def peer_silent(self, room_id: RoomId, peer_id: PeerId, direction: Direction) -> None:
        self._peer("peer_silent", room_id, peer_id, direction)

    def peer_heard(self, room_id: RoomId, peer_id: PeerId, direction: Direction) -> None:
        self._peer("peer_heard", room_id, peer_id, direction)

    def _track(self, event: str, room_id: RoomId, track: TrackKey) -> None:
        self.write({"event": event, "room_id": room_id, "track": list(track)})

    def track_started(self, room_id: RoomId, track: TrackKey) -> None:
        self._track("track_started", room_id, track)

    def track_stalled(self, room_id: RoomId, track: TrackKey) -> None:
        self._track("track_stalled", room_id, track)

    def track_resumed(self, room_id: RoomId, track: TrackKey) -> None:
        self._track("track_resumed", room_id, track)

    def layers_wanted(
        self, room_id: RoomId, peer_id: PeerId, source: Source, rids: frozenset[str]
    ) -> None:
        self.write(
            {
                "event": "layers_wanted",
                "room_id": room_id,
                "peer_id": peer_id,
                "source": source,
                "rids": sorted(rids),
            }
        )

    def echo_detected(self, room_id: RoomId, peer_id: PeerId) -> None:
        self.write({"event": "echo_detected", "room_id": room_id, "peer_id": peer_id})

    def echo_cleared(self, room_id: RoomId, peer_id: PeerId) -> None:
        self.write({"event": "echo_cleared", "room_id": room_id, "peer_id": peer_id})

    def link_report(self, room_id: RoomId, peer_id: PeerId, report: LinkReport) -> None:
        self.write(
            {
                "event": "link_report",
                "room_id": room_id,
                "peer_id": peer_id,
                "report": dataclasses.asdict(report),
            }
        )

    def recording_status(self, room_id: RoomId, status: RecordingStatus) -> None:
        self.write(
            {
                "event": "recording_status",
                "room_id": room_id,
                "status": dataclasses.asdict(status),
            }
        )


def _plan(audience: list[list[Any]], recorded: list[list[str]]) -> ForwardingPlan:
    return ForwardingPlan(
        audience={
            TrackKey(PeerId(peer), Source(source)): frozenset(map(PeerId, peers))
            for peer, source, peers in audience
        },
        recorded=frozenset(TrackKey(PeerId(peer), Source(source)) for peer, source in recorded),
    )


def _sources(sources: Mapping[str, str]) -> dict[str, Source]:
    return {mid: Source(source) for mid, source in sources.items()}


async def _call(sfu: Sfu, method: str, arguments: Json) -> Any:  # JSON
    room_id = RoomId(arguments.pop("room_id"))
    match method:
        case "set_plan":
            return sfu.set_plan(room_id, _plan(**arguments))
        case "publish":
            arguments["sources"] = _sources(arguments["sources"])
            return await sfu.publish(room_id, **arguments)
        case "start_recording":
            folder = Path(arguments["folder"])
            return sfu.start_recording(room_id, RecordingTarget(folder, epoch=1, offset_s=0.0))
        case "open_room" | "subscribe" | "counters":
            return getattr(sfu, method)(room_id, **arguments)
        case "accept_answer" | "remove_peer" | "close_room" | "stop_recording":
            return await getattr(sfu, method)(room_id, **arguments)
    raise ValueError(f"no such method: {method}")


async def _serve(
    sfu: Sfu, events: EventWriter, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    def write(message: Json) -> None:
        if not writer.is_closing():
            writer.write(json.dumps(message).encode() + b"\n")

    events.write = write
    while line := await reader.readline():
        request = json.loads(line)
        try:
            result = await _call(sfu, request["method"], request["arguments"])
        except NegotiationRefused as refused:
            write({"id": request["id"], "error": f"{refused.code}: {refused.detail}"})
        else:
            write({"id": request["id"], "result": result})


async def keep_busy(share: float) -> None:
    """Do other work on the event loop for this share of time, some milliseconds each."""
    while True:
        until = time.perf_counter() + share * _BUSY_PERIOD_S
        while time.perf_counter() < until:
            sum(range(100))
        await asyncio.sleep((1 - share) * _BUSY_PERIOD_S)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.sfu_server")
    parser.add_argument("host", help="IP literal of the media socket")
    parser.add_argument("--plane", choices=list(DataPlaneChoice), default=DataPlaneChoice.AUTO)
    parser.add_argument("--busy", type=float, default=0.0, help="share of other work, 0 to 0.95")
    return parser.parse_args()


async def main(options: argparse.Namespace) -> None:
    """Run with the media socket at `host` until the control connection closes."""
    host = options.host
    events = EventWriter()
    config = SfuConfig(
        bind_host=host,
        port=0,
        announced_hosts=(host,),
        data_plane=DataPlaneChoice(options.plane),
    )
    sfu = Sfu(config, events)
    await sfu.start()
    done = asyncio.Event()

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _serve(sfu, events, reader, writer)
        except ConnectionError:
            pass  # the load went away while we were writing: the same as closing
        finally:
            events.write = lambda _: None
            writer.close()
            done.set()

    server = await asyncio.start_server(on_connection, "127.0.0.1", 0, limit=1 << 20)
    ports = {"control_port": server.sockets[0].getsockname()[1], "media_port": sfu.port}
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    busy = asyncio.create_task(keep_busy(options.busy)) if options.busy else None  # noqa: TID251
    await done.wait()
    if busy is not None:
        busy.cancel()
    server.close()
    await sfu.close()


if __name__ == "__main__":
    asyncio.run(main(parse_arguments()))
