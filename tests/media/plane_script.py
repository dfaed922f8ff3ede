"""Steps for a rig of either plane: packets, losses and edits, and what came of them."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple
from unittest.mock import patch

from media.config import DataPlaneChoice
from media.core import red, rtp
from media.core.arrival_digest import Digest
from media.core.ids import PeerId, TrackKey
from media.core.repairs import Repairs
from media.core.steering import Steering
from tests.media.plane_rig import AUDIO, CAMERA, PUBLISHED, RED_TYPE, SECOND, Peer, Rig

TRACKS = (AUDIO, CAMERA, SECOND)
_COMPARED = (
    "packets_in",
    "packets_out",
    "duplicates",
    "dropped_not_granted",
    "nack_answered",
    "nack_missed",
    "resend_limited",
    "rtx_in",
    "rtx_out",
    "rtx_unasked",
    "red_out",
    "red_recovered",
    "protect_failed",
    "malformed_rtp",
    "malformed_rtcp",
)


def payload_of(track: TrackKey, seq: int, *, is_key: bool, size: int) -> bytes:
    """A payload of the track's codec, different for each number."""
    rest = seq.to_bytes(4, "big", signed=True) + bytes(size)
    if track == CAMERA:
        return (b"\x65" if is_key else b"\x41") + rest
    if track == SECOND:
        picture = (0x8000 | seq & 0x7FFF).to_bytes(2, "big")
        return b"\x90\xe0" + picture + bytes([seq & 0xFF, 0x20, 0 if is_key else 1]) + rest
    return b"\xf8" + rest  # 20 ms of Opus


def ticks_of(track: TrackKey) -> int:
    """How long a packet lasts: of sound just that long, or RED would look for what is missing."""
    return 960 if track == AUDIO else 3000


def packet_of(track: TrackKey, seq: int, payload: bytes) -> bytes:
    published = PUBLISHED[track]
    assert published.ssrc is not None
    return rtp.build(
        payload,
        payload_type=published.payload_type,
        marker=0,
        seq=seq,
        timestamp=seq * ticks_of(track),
        ssrc=published.ssrc,
    )


@dataclass
class Source:
    """What one track has sent, and left out: the next extended number is `next_seq`."""

    next_seq: int
    skipped: list[int] = field(default_factory=list)
    repairs: int = 60_000


class Script:
    """Play steps on a rig. All numbers come from the steps, so two rigs hear the same.

    With `has_red` each packet of sound carries the one before again, and padding may come
    between them, under sequence numbers of theirs: then a sound's number is not its place.
    """

    def __init__(self, rig: Rig, first_seq: int, *, has_red: bool) -> None:
        self._rig = rig
        self._has_red = has_red
        self._padding = 0
        #: How much padding was sent before each sound.
        self._padding_before: dict[int, int] = {}
        self._sources = {track: Source(first_seq) for track in TRACKS}
        self._keys = {track: set[int]() for track in TRACKS}
        self._sizes = {track: dict[int, int]() for track in TRACKS}

    def _packet(self, track: TrackKey, seq: int) -> tuple[int, int, bytes]:
        payload = payload_of(
            track, seq, is_key=seq in self._keys[track], size=self._sizes[track].get(seq, 40)
        )
        return seq & 0xFFFF, (seq * ticks_of(track)) & 0xFFFFFFFF, payload

    async def _media(self, track: TrackKey, seq: int) -> None:
        number, timestamp, payload = self._packet(track, seq)
        if track != AUDIO or not self._has_red:
            await self._rig.rtp(track, number, timestamp, payload)
            return
        before = red.Redundant(
            PUBLISHED[AUDIO].payload_type, ticks_of(AUDIO), self._packet(AUDIO, seq - 1)[2]
        )
        is_room = seq > 0 and len(before.payload) < 600 and len(payload) < 600
        wrapped = red.build(PUBLISHED[AUDIO].payload_type, payload, [before] if is_room else [])
        place = seq + self._padding_before.setdefault(seq, self._padding)
        await self._rig.rtp(AUDIO, place & 0xFFFF, timestamp, wrapped, payload_type=RED_TYPE)

    async def padding(self, *, is_lost: bool) -> None:
        """Probe the line as a browser does that publishes only sound."""
        if not self._has_red:
            return
        newest = self._sources[AUDIO].next_seq - 1
        self._padding += 1
        if not is_lost:
            place, timestamp = newest + self._padding, newest * ticks_of(AUDIO) & 0xFFFFFFFF
            await self._rig.padding(AUDIO, place & 0xFFFF, timestamp, RED_TYPE)

    async def send(self, track: TrackKey, *, is_key: bool, size: int, skip: int) -> None:
        source = self._sources[track]
        skipped = range(source.next_seq, source.next_seq + skip)
        source.skipped += skipped
        if track == AUDIO:
            self._padding_before |= dict.fromkeys(skipped, self._padding)
        seq = source.next_seq + skip
        source.next_seq = seq + 1
        self._sizes[track][seq] = size
        if is_key:
            self._keys[track].add(seq)
        await self._media(track, seq)

    async def late(self, track: TrackKey, which: int, *, as_repair: bool) -> None:
        source = self._sources[track]
        if not source.skipped:
            return
        seq = source.skipped.pop(which % len(source.skipped))
        if as_repair and track != AUDIO:
            source.repairs += 1
            number, timestamp, payload = self._packet(track, seq)
            await self._rig.repair(track, source.repairs & 0xFFFF, number, timestamp, payload)
        else:
            await self._media(track, seq)

    async def unasked_repair(self, track: TrackKey, back: int) -> None:
        """A browser sends what we have once more, to see what the line carries."""
        source = self._sources[track]
        if track == AUDIO:
            return
        source.repairs += 1
        number, timestamp, payload = self._packet(track, source.next_seq - back)
        await self._rig.repair(track, source.repairs & 0xFFFF, number, timestamp, payload)

    def _peer(self, which: int) -> Peer:
        return self._rig.peers[f"site{which}"]

    async def nack(self, which: int, track: TrackKey, back: tuple[int, ...]) -> None:
        await self._rig.nack(self._peer(which), track, back)

    async def answer(self, which: int, back: int, lost: tuple[int, ...], beside: int) -> None:
        """Let a site say which of the newest packets came, alone or beside other reports."""
        await self._rig.answer(self._peer(which), back, lost, beside)

    async def permit(self, which: int, track: TrackKey, *, is_allowed: bool) -> None:
        peers = self._rig.audience[track]
        (peers.add if is_allowed else peers.discard)(PeerId(f"site{which}"))
        self._rig.replan()

    async def renew(self, which: int, track: TrackKey, back: tuple[int, ...]) -> None:
        """Pause one subscriber, begin its next run, and let it ask for what lies before."""
        await self.permit(which, track, is_allowed=False)
        for _ in range(2):
            await self.send(track, is_key=False, size=30, skip=0)
        await self.permit(which, track, is_allowed=True)
        await self.send(track, is_key=True, size=50, skip=0)
        await self.nack(which, track, back)

    async def connect(self, which: int, *, is_connected: bool) -> None:
        subscriber = self._rig.router.subscribers[PeerId(f"site{which}")]
        self._rig.router.set_connected(subscriber, is_connected=is_connected, now=0.0)

    async def redundancy(self, which: int, level: int) -> None:
        down = self._rig.router.subscribers[PeerId(f"site{which}")].by_track[AUDIO]
        self._rig.router.tracks[AUDIO].set_redundancy(down, level)

    async def squeeze(self, which: int, *, is_limited: bool) -> None:
        """Leave no room for retransmissions, or all there is."""
        subscriber = self._rig.router.subscribers[PeerId(f"site{which}")]
        steering = subscriber.steering
        steering.budget_kbps = 0.0 if is_limited else None
        steering._limit_resends()
        if self._rig._room is not None:
            self._rig._room.limit_resends(subscriber.link, steering.resend_limit())

    async def far(self, which: int, *, is_far: bool) -> None:
        """Let the line be so long that what is under way stays it to the end, or short."""
        subscriber = self._rig.router.subscribers[PeerId(f"site{which}")]
        steering = subscriber.steering
        steering.repairs = Repairs()
        if is_far:
            steering.repairs.measured(80.0, 0.0)
            steering.repairs.settle()
        if self._rig._room is not None:
            self._rig._room.use_repairs(subscriber.link, steering.repairs.under_way_s)

    async def keep(self, seconds: float) -> None:
        """Keep packets as long as the round trips want: nothing but the newest, or everything."""
        for layered in self._rig.router.tracks.values():
            layered.keep_packets(seconds)

    async def move(self, which: int) -> None:
        self._rig.move(self._peer(which))


class Outcome(NamedTuple):
    """What each subscriber was sent, what was counted, and what feedback was digested into."""

    sent: dict[str, list[bytes]]
    counted: dict[str, int]
    digests: list[tuple[int, ...]]


async def run(
    choice: DataPlaneChoice,
    steps: list[tuple[Any, ...]],
    *,
    first_seq: int,
    lanes: int = 1,
    has_red: bool = False,
) -> Outcome:
    """Play the steps; return what came of them."""
    rig = Rig(choice, seed=7, lanes=lanes, has_red=has_red)
    digests = list[tuple[int, ...]]()

    def note(steering: Steering, digest: Digest, now: float) -> None:
        # Times differ from run to run, and with them what the trend says.
        digests.append(digest[:6])

    try:
        for number in range(3):
            rig.subscribe(
                f"site{number}",
                extension_id=(0, 5, 9)[number],
                has_rtx=number != 2,
                has_red=number == 1,
            )
        script = Script(rig, first_seq, has_red=has_red)
        with patch.object(Steering, "take", note):
            for step in steps:
                await (getattr(script, step[0]))(*step[1], **step[2])
        await rig.until(lambda: True)
        counted = rig.router.counters()
        if rig._room is not None:
            for name, value in rig._room.counters().items():
                counted[name] = counted.get(name, 0) + value
        assert not rig.errors
        sent = {name: list(peer.sealed) for name, peer in rig.peers.items() if name != "teacher"}
        return Outcome(sent, {name: counted.get(name, 0) for name in _COMPARED}, digests)
    finally:
        rig.close()
