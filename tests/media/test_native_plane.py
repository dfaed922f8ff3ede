"""The native plane beside the reference: the same packets in, the same bytes out."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from unittest.mock import patch

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from media.config import DataPlaneChoice
from media.core import red, rtp
from media.core.arrival_digest import Digest
from media.core.ids import PeerId, TrackKey
from media.core.steering import Steering
from tests.media.plane_rig import AUDIO, CAMERA, PUBLISHED, RED_TYPE, SECOND, Peer, Rig
from tests.needs import needs_native_plane

pytestmark = needs_native_plane

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


def number_of(packet: bytes) -> int:
    """The sequence number of a packet, which begins below 32 768 and wraps in no race."""
    return int.from_bytes(packet[2:4], "big")


def content_of(track: TrackKey, payload: bytes) -> int:
    """Which packet of the source it was."""
    at = {AUDIO: 1, CAMERA: 1, SECOND: 7}[track]
    return int.from_bytes(payload[at : at + 4], "big")


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


TRACK = st.sampled_from(TRACKS)
SITE = st.integers(0, 2)


def step(name: str, *arguments: st.SearchStrategy[Any], **options: st.SearchStrategy[Any]) -> Any:
    return st.tuples(st.just(name), st.tuples(*arguments), st.fixed_dictionaries(options))


SEND = step(
    "send",
    TRACK,
    is_key=st.booleans(),
    size=st.integers(0, 1100),
    skip=st.sampled_from([0, 0, 0, 0, 1, 2, 5]),
)
EDITS = st.one_of(
    step("permit", SITE, TRACK, is_allowed=st.booleans()),
    step("connect", SITE, is_connected=st.booleans()),
    step("move", SITE),
    step("keep", st.sampled_from([0.0, 60.0])),
    step("squeeze", SITE, is_limited=st.booleans()),
    step("redundancy", SITE, st.integers(0, 2)),
)
BACK = st.lists(st.integers(-2, 12), min_size=1, max_size=6).map(tuple)
OTHER = st.one_of(
    step("renew", SITE, TRACK, BACK),
    step("late", TRACK, st.integers(0, 20), as_repair=st.booleans()),
    step("unasked_repair", TRACK, st.integers(1, 4)),
    step("padding", is_lost=st.booleans()),
    step("nack", SITE, TRACK, BACK),
    step("answer", SITE, st.integers(0, 30), BACK, st.integers(0, 3)),
)
STEPS = st.lists(st.one_of(SEND, SEND, SEND, OTHER, EDITS), min_size=5, max_size=60)


_FOUR = [("send", (CAMERA,), {"is_key": number == 0, "size": 40, "skip": 0}) for number in range(4)]
_ASK: tuple[Any, ...] = ("nack", (0, CAMERA, (0, 1, 2)), {})


def _sound(skip: int) -> tuple[Any, ...]:
    return ("send", (AUDIO,), {"is_key": False, "size": 40, "skip": skip})


_PADDING: tuple[Any, ...] = ("padding", (), {"is_lost": False})
_LOST_PADDING: tuple[Any, ...] = ("padding", (), {"is_lost": True})
#: Sound of which two packets were lost, one before padding that came and one before it did not.
_LOSSY_SOUND = [
    _sound(0),
    _PADDING,
    _LOST_PADDING,
    _sound(0),
    _sound(1),
    _PADDING,
    _LOST_PADDING,
    _sound(1),
]


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    steps=STEPS,
    first_seq=st.sampled_from([0, 10, 32_760, 65_500, 65_534]),
    lanes=st.integers(1, 3),
    has_red=st.booleans(),
)
@example(
    steps=[*_FOUR, ("keep", (0.0,), {}), *_FOUR[1:], _ASK], first_seq=10, lanes=1, has_red=False
)
@example(
    steps=[*_FOUR, ("keep", (60.0,), {}), *_FOUR[1:], _ASK], first_seq=10, lanes=2, has_red=False
)
@example(steps=_LOSSY_SOUND, first_seq=65_534, lanes=1, has_red=True)
def test_the_same_packets_and_edits_give_the_same_bytes(
    steps: list[tuple[Any, ...]], first_seq: int, lanes: int, has_red: bool
) -> None:
    """Whichever lane the room is on, the first of which hands its packets to the others."""
    terms: dict[str, Any] = {"first_seq": first_seq, "has_red": has_red}
    reference = asyncio.run(run(DataPlaneChoice.REFERENCE, steps, **terms))
    native = asyncio.run(run(DataPlaneChoice.NATIVE, steps, **terms, lanes=lanes))
    assert native == reference


def test_sound_in_red_leaves_either_plane_whole_where_padding_hides_what_was_lost() -> None:
    terms: dict[str, Any] = {"first_seq": 65_534, "has_red": True}
    for plane in DataPlaneChoice.REFERENCE, DataPlaneChoice.NATIVE:
        sent, counted, _ = asyncio.run(run(plane, _LOSSY_SOUND, **terms))
        assert counted["red_recovered"] == 2
        assert {name: len(packets) for name, packets in sent.items()} == dict.fromkeys(sent, 6)


RACE = st.lists(
    st.one_of(
        st.tuples(st.just("burst"), st.integers(1, 12), st.booleans()),
        st.tuples(st.just("forbid"), SITE, st.just(False)),
        st.tuples(st.just("allow"), SITE, st.just(False)),
        st.tuples(st.just("work"), st.just(0), st.just(False)),
    ),
    min_size=5,
    max_size=40,
)


class Race:
    """Packets and edits that do not wait for each other."""

    def __init__(self, track: TrackKey) -> None:
        self.rig = Rig(DataPlaneChoice.NATIVE, seed=3)
        self._track = track
        self._seq = 65_520
        self._sent = 0
        for number in range(3):
            self.rig.subscribe(f"site{number}", extension_id=0, has_rtx=True, has_red=False)

    def burst(self, count: int, *, is_key: bool) -> None:
        for number in range(count):
            payload = payload_of(self._track, self._seq, is_key=is_key and not number, size=60)
            packet = packet_of(self._track, self._seq, payload)
            self.rig.teacher.send_rtp(packet)
            self._seq += 1
            self._sent += 1

    def forbid(self, which: int) -> None:
        """Take the track from a subscriber: what it has when the call returns is all it gets."""
        peer = self.rig.peers[f"site{which}"]
        self.rig.audience[self._track].discard(PeerId(peer.name))
        self.rig.replan()
        peer.read()
        self.allowed(which)

    def allowed(self, which: int) -> None:
        """Check that whoever may not have the track has been sent nothing more."""
        peer = self.rig.peers[f"site{which}"]
        before = len(peer.sealed)
        self.rig.work()
        peer.read()
        assert len(peer.sealed) == before

    def allow(self, which: int) -> None:
        self.rig.audience[self._track].add(PeerId(f"site{which}"))
        self.rig.replan()

    async def finish(self) -> dict[str, list[bytes]]:
        await self.rig.until(lambda: self.rig.router.packets_in == self._sent)
        return {name: peer.opened() for name, peer in self.rig.peers.items() if name != "teacher"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=RACE, track=TRACK)
def test_a_race_of_packets_and_edits_leaves_no_gap_and_sends_nothing_twice(
    steps: list[tuple[str, int, bool]], track: TrackKey
) -> None:
    async def race() -> dict[str, list[bytes]]:
        race = Race(track)
        try:
            for name, number, is_key in steps:
                match name:
                    case "burst":
                        race.burst(number, is_key=is_key)
                    case "forbid":
                        race.forbid(number)
                    case "allow":
                        race.allow(number)
                    case _:
                        race.rig.work()
            assert not race.rig.errors
            return await race.finish()
        finally:
            race.rig.close()

    for packets in asyncio.run(race()).values():
        by_number = sorted((number_of(packet), packet[12:]) for packet in packets)
        numbers = [number for number, _ in by_number]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
        contents = [content_of(track, payload) for _, payload in by_number]
        assert contents == sorted(set(contents))
