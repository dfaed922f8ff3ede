"""The native plane beside the reference: the same packets in, the same bytes out."""

import asyncio
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from media.config import DataPlaneChoice
from media.core.ids import PeerId, TrackKey
from tests.media.plane_rig import AUDIO, CAMERA, SECOND, Rig
from tests.media.plane_script import TRACKS, packet_of, payload_of, run
from tests.needs import needs_native_plane

pytestmark = needs_native_plane


def number_of(packet: bytes) -> int:
    """The sequence number of a packet, which begins below 32 768 and wraps in no race."""
    return int.from_bytes(packet[2:4], "big")


def content_of(track: TrackKey, payload: bytes) -> int:
    """Which packet of the source it was."""
    at = {AUDIO: 1, CAMERA: 1, SECOND: 7}[track]
    return int.from_bytes(payload[at : at + 4], "big")


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
    step("far", SITE, is_far=st.booleans()),
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
#: A far site says what it lost, leaves something unsaid, asks, and answers on.
_LOST_FAR_AWAY = [
    *_FOUR,
    ("far", (1,), {"is_far": True}),
    *[("answer", (1, back, (1,), beside), {}) for back in (3, 3) for beside in (0, 1, 2)],
    *_FOUR[1:],
    *_FOUR[1:],
    ("answer", (1, 1, (), 0), {}),
    ("nack", (1, CAMERA, (0, 1, 2, 3)), {}),
    *[("answer", (1, 0, (), 0), {})] * 4,
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
@example(steps=_LOST_FAR_AWAY, first_seq=65_534, lanes=1, has_red=False)
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
