"""A decoder's view of an outgoing stream that is made of many layers."""

import random
from dataclasses import dataclass
from itertools import groupby, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.core import rtp, vp8
from media.core.codecs import H264, VP8, Codec
from media.core.seqnum import Unwrapper16, delta32
from tests.media.core.lesson import CAMERA, Lesson, layered
from tests.media.core.simulcast_source import Line, SimulcastSource, Tag, tag_of

CLEAN = Line()
BAD = Line(loss=0.05, late=0.1)
MUTE = Line(loss=0.02, late=0.05, has_reports=False)


@dataclass(frozen=True)
class Seen:
    """A packet as the subscriber gets it, and what it was: `number` is that of its encoding."""

    seq: int
    timestamp: int
    payload: bytes
    tag: Tag
    number: int

    @property
    def run(self) -> tuple[int, int]:
        """Return what all packets of one run share: the layer, and the constant added."""
        return self.tag.layer, self.seq - self.number


class Site:
    """One subscriber, and all that is true of what it gets."""

    def __init__(self, codec: Codec, line: Line, *, seed: int) -> None:
        self.codec = codec
        self.line = line
        self.lesson = Lesson()
        self.lesson.publish("teacher", *layered("teacher", codec))
        self.lesson.allow({CAMERA: ["site"]})
        self.down = self.lesson.subscribe("site").sections[0]
        self.source = SimulcastSource(self.lesson, codec, line, seed=seed)
        self.held_at: list[float] = []

    def live_through(self, rng: random.Random, *, switches: int) -> None:
        """Change targets, pause layers and hold back, at random moments."""
        for _ in range(switches):
            if rng.random() < 0.2:
                self.source.live = set(rng.choice([*[(0, 1, 2)] * 3, (0, 1), (0,), (1, 2), (0, 2)]))
            if rng.random() < 0.05:
                self.lesson.target("site", None)
                self.held_at.append(self.lesson.now)
            else:
                other = [layer for layer in range(3) if layer != self.down.preferred_layer]
                self.lesson.target("site", rng.choice(other))
            self.source.run(rng.uniform(0.05, 1.0))

    def received(self) -> list[Seen]:
        """Return the packets, in the order of their sequence numbers."""
        unwrapper = Unwrapper16()
        seen = []
        for link, packet in self.lesson.sent:
            if link != "site down" or 192 <= packet[1] < 224:
                continue
            _, _, seq, timestamp, _, start, end, _ = rtp.parse(packet, len(packet))
            tag = tag_of(packet[start:end])
            number = self.source.sent_as[tag.layer, tag.frame, tag.part]
            seen.append(Seen(unwrapper.unwrap(seq), timestamp, packet[start:end], tag, number))
        return sorted(seen, key=lambda one: one.seq)

    def check(self) -> int:
        """Fail if a decoder would see a gap that is none; return how many runs it saw."""
        seen = self.received()
        runs = [list(run) for _, run in groupby(seen, key=lambda one: one.run)]
        assert len({one.seq for one in seen}) == len(seen), "no number comes twice"
        self._check_numbers(runs)
        self._check_times(seen, runs)
        if self.codec is VP8:
            self._check_pictures(runs)
        return len(runs)

    def _check_numbers(self, runs: list[list[Seen]]) -> None:
        """None is left out but of packets that did not come while their run went on."""
        for run in runs:
            assert run[0].tag.is_key, "every run begins with a keyframe"
        for run, following in pairwise([*runs, []]):
            ended_at = self._ended_at(run[-1], following)
            came = {one.number for one in run}
            for number in range(run[0].number, run[-1].number):
                arrived = self.source.arrived_at.get((run[0].tag.layer, number & 0xFFFF))
                assert number in came or arrived is None or arrived >= ended_at
            if following:
                assert following[0].seq == run[-1].seq + 1

    def _ended_at(self, last: Seen, following: list[Seen]) -> float:
        """Return when a run ended: when another began, or it was held back."""
        began_at = self._arrived(following[0]) if following else float("inf")
        held_at = (held_at for held_at in self.held_at if held_at > self._arrived(last))
        return min([began_at, *held_at])

    def _arrived(self, one: Seen) -> float:
        return self.source.arrived_at[one.tag.layer, one.number & 0xFFFF]

    def _check_times(self, seen: list[Seen], runs: list[list[Seen]]) -> None:
        """Timestamps grow from picture to picture, and as the pictures were taken."""
        pictures = [next(group) for _, group in groupby(seen, key=lambda one: one.timestamp)]
        assert len(pictures) == len({(one.run, one.tag.frame) for one in seen})
        for one, after in pairwise(pictures):
            assert delta32(after.timestamp, one.timestamp) > 0
        # Where the line lost a keyframe's first packet, the run that begins with it is shown after
        # what was newer; without the sender's reports each switch keeps a little of its jitter.
        allowed_s = 1.0 if self.line.has_reports else 1.0 + 0.05 * len(runs)
        assert max(map(abs, delays_s(pictures))) < (0.001 if self.line is CLEAN else allowed_s)

    def _check_pictures(self, runs: list[list[Seen]]) -> None:
        """Picture ids and TL0PICIDX go on from run to run, and within one as they were sent."""
        for run, following in pairwise(runs):
            last, first = (vp8.parse_descriptor(one.payload) for one in (run[-1], following[0]))
            assert first.picture_id == ((last.picture_id or 0) + 1) & 0x7FFF
            assert first.tl0picidx == ((last.tl0picidx or 0) + 1) & 0xFF
        for run in runs:
            first = vp8.parse_descriptor(run[0].payload)
            for one in run:
                sent = self.source.ids[one.tag.layer, one.tag.frame]
                base = self.source.ids[run[0].tag.layer, run[0].tag.frame]
                now = vp8.parse_descriptor(one.payload)
                assert (now.picture_id or 0) - (first.picture_id or 0) & 0x7FFF == (
                    sent[0] - base[0]
                ) & 0x7FFF
                assert (now.tl0picidx or 0) - (first.tl0picidx or 0) & 0xFF == (
                    sent[1] - base[1]
                ) & 0xFF


def delays_s(pictures: list[Seen]) -> list[float]:
    """Return by how much each picture's timestamp is behind or ahead of when it was taken."""
    elapsed_ticks = 0
    delays = [0.0]
    for one, after in pairwise(pictures):
        elapsed_ticks += delta32(after.timestamp, one.timestamp)
        taken_s = after.tag.captured_s - pictures[0].tag.captured_s
        delays.append(elapsed_ticks / 90_000 - taken_s)
    return delays


@pytest.mark.parametrize(
    ("line", "runs"), [(CLEAN, 100), (BAD, 1000), (MUTE, 100)], ids=["clean", "bad", "mute"]
)
@pytest.mark.parametrize("codec", [H264, VP8], ids=lambda codec: codec.name)
def test_a_decoder_sees_no_gap_over_a_thousand_switches(
    codec: Codec, line: Line, runs: int
) -> None:
    site = Site(codec, line, seed=1)
    site.live_through(random.Random(2), switches=runs * 2)
    assert site.check() > runs


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    codec=st.sampled_from([H264, VP8]),
    loss=st.floats(0, 0.2),
    late=st.floats(0, 0.3),
    has_reports=st.booleans(),
)
def test_a_decoder_sees_no_gap(
    seed: int, codec: Codec, loss: float, late: float, *, has_reports: bool
) -> None:
    site = Site(codec, Line(loss, late, has_reports=has_reports), seed=seed)
    site.live_through(random.Random(seed), switches=15)
    site.check()


@pytest.mark.parametrize("codec", [H264, VP8], ids=lambda codec: codec.name)
def test_after_any_life_everybody_gets_what_it_may_have_when_the_line_is_good(codec: Codec) -> None:
    rng = random.Random(3)
    for target in (0, 1, 2, 2, 1, 0):
        site = Site(codec, BAD, seed=rng.randrange(1000))
        site.live_through(rng, switches=10)
        site.source.live, site.source.line = {0, 1, 2}, CLEAN
        site.lesson.target("site", target)
        site.source.run(3.0)
        assert site.down.flows_in is not None
        assert (site.down.flows_in.layer, site.down.waits_in) == (target, None)
