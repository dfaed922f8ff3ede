"""One published track in its encodings, and who gets which: layers, per subscriber.

Layer 0 is the smallest. A subscriber moves only at a keyframe of the encoding it moves to,
and flows on in the old one until then. One that cannot have what it may have, because the
publisher's own line does not carry it, gets the next lower one that lives.
"""

from collections.abc import Container, Iterable, Sequence

from media.core.downtrack import DownTrack
from media.core.ids import PeerId, Source, TrackKey
from media.core.keyframes import RequestPace
from media.core.outputs import Outputs
from media.core.uptrack import PublishedTrack, UpTrack

# An encoding that is silent this long while another one speaks has been paused by its
# publisher; it is looked at every 0.25 s, and believed the second time. A shared screen comes
# seldom, and its sharp encoding may rest for some seconds after a new page while the small one
# goes on; to ask for a keyframe then would make it worse.
_STALL_S = 0.5
_SCREEN_STALL_S = 2.5

#: How long nobody must have wanted an encoding before its publisher is told to pause it.
SHRINK_AFTER_S = 2.0


class LayeredTrack:
    """The encodings of a track, lowest first, and the down-tracks that may have it.

    Whoever changes what it depends on (the plan, a preference, what lives) calls the method
    for it; `wake` afterwards is the caller's.
    """

    def __init__(
        self, encodings: Sequence[PublishedTrack], *, outputs: Outputs, cache_s: float
    ) -> None:
        self.track: TrackKey = encodings[0].track
        self._outputs = outputs
        self._cache_s = cache_s
        self._pace = RequestPace()
        #: Never changed but replaced; a dictionary for its order, and to be found in at once.
        self._downs: dict[DownTrack, None] = {}
        self.is_recorded = False
        self.has_started = False
        #: Nothing has come yet, or not for some time: the next packet is news.
        self.is_quiet = True
        self._forwarded_before = 0
        self._duplicates_before = 0
        self._composed_before = 0
        self._build(encodings)

    def _build(self, encodings: Iterable[PublishedTrack]) -> None:
        self.up_tracks = tuple(
            UpTrack(one, outputs=self._outputs, cache_s=self._cache_s, pace=self._pace)
            for one in encodings
        )
        self._suspects: set[UpTrack] = set()
        self._begin_demand()

    def restart(self, encodings: Sequence[PublishedTrack]) -> None:
        """Begin anew with what another connection or negotiation brings; nobody has it after.

        The codec may be another: each subscriber must be connected again.
        """
        self.disconnect_everybody()
        if len(encodings) == len(self.up_tracks):
            for up, published in zip(self.up_tracks, encodings, strict=True):
                up.restart(published)
            self._begin_demand()
        else:
            self._forwarded_before, self._duplicates_before = self.forwarded, self.duplicates
            self._composed_before = self.composed
            for up in self.up_tracks:
                up.close()
            self._build(encodings)
            if self.is_recorded:
                self._aim_recording()

    @property
    def encodings(self) -> tuple[PublishedTrack, ...]:
        """Return what was negotiated, lowest first."""
        return tuple(up.published for up in self.up_tracks)

    @property
    def top_layer(self) -> int:
        """Return the number of the highest layer; 0 if there is one encoding."""
        return len(self.up_tracks) - 1

    @property
    def forwarded(self) -> int:
        """Return how many packets were handed to subscribers, of all of them together."""
        return self._forwarded_before + sum(up.forwarded for up in self.up_tracks)

    @property
    def duplicates(self) -> int:
        """Return how many packets came twice."""
        return self._duplicates_before + sum(up.duplicates for up in self.up_tracks)

    @property
    def composed(self) -> int:
        """Return how many packets carried earlier ones again."""
        return self._composed_before + sum(up.composed for up in self.up_tracks)

    # -- who may have it -------------------------------------------------------

    def connect(self, down: DownTrack) -> bool:
        """Let the track flow to `down`, from the next place where decoding can start.

        False if the subscriber cannot take the codec.
        """
        if down in self._downs:
            return True
        if not down.use_codec(self.up_tracks[0].codec):
            return False
        self._downs = {**self._downs, down: None}
        self._aim(down)
        return True

    def disconnect(self, down: DownTrack) -> None:
        """Stop the flow to `down` at once; no packet of it is sent after this."""
        self._detach(down)
        self._downs = {other: None for other in self._downs if other is not down}

    def has(self, down: DownTrack) -> bool:
        """Return whether `down` may have this track."""
        return down in self._downs

    def keep_only(self, allowed: Container[PeerId]) -> None:
        """Stop the flow to everybody who is not among these."""
        for down in self._downs:
            if down.subscriber_id not in allowed:
                self.disconnect(down)

    def keep_packets(self, max_age_s: float) -> None:
        """Keep packets of every encoding for this long, of later ones too."""
        self._cache_s = max_age_s
        for up in self.up_tracks:
            up.keep_packets(max_age_s)

    def disconnect_everybody(self) -> None:
        """Stop the flow to all subscribers at once."""
        for down in self._downs:
            self._detach(down)
        self._downs = {}

    def close(self) -> None:
        """Stop everything: the track is no more."""
        self.disconnect_everybody()
        for up in self.up_tracks:
            up.close()

    @property
    def is_granted(self) -> bool:
        """Return whether anybody may have this track now."""
        return bool(self._downs) or self.is_recorded

    def prefer(self, down: DownTrack, layer: int | None) -> None:
        """Let `down` have at most this layer; None: hold it back."""
        down.preferred_layer = layer
        if down in self._downs:
            self._aim(down)

    def set_redundancy(self, down: DownTrack, level: int) -> None:
        """Let every packet to `down` carry `level` earlier ones again, if it takes that."""
        (down.flows_in or self.up_tracks[0]).set_redundancy(down, level)

    def record(self, *, is_recorded: bool) -> None:
        """Hand the highest encoding that lives to the tape, or no more."""
        self.is_recorded = is_recorded
        if is_recorded:
            self._aim_recording()
            return
        for up in self.up_tracks:
            if up.is_recorded or up.awaits_recording:
                up.record(is_recorded=False)

    def _detach(self, down: DownTrack) -> None:
        if down.flows_in is not None:
            down.flows_in.stop_flowing(down)
        if down.waits_in is not None:
            down.waits_in.stop_waiting(down)

    # -- which encoding --------------------------------------------------------

    def reconsider(self) -> None:
        """Aim everybody anew: what lives has changed, or runs have begun."""
        for up in self.up_tracks:
            up.has_begun = False
        if self.top_layer:
            for down in self._downs:
                self._aim(down)
        if self.is_recorded:
            self._aim_recording()

    def _best(self, layer: int) -> UpTrack:
        """Return the highest encoding up to `layer` that lives; if none does, that one."""
        for up in reversed(self.up_tracks[: layer + 1]):
            if up.is_live:
                return up
        return self.up_tracks[min(layer, self.top_layer)]

    def _aim(self, down: DownTrack) -> None:
        """Let `down` flow, or wait, where it should."""
        if down.preferred_layer is None:
            self._detach(down)
            return
        aim = self._best(down.preferred_layer)
        if down.flows_in is None:
            aim = self._first_picture(down, aim)
        waits_in = down.waits_in
        if waits_in is not None and waits_in is not aim:
            waits_in.stop_waiting(down)
        if aim is not down.flows_in and aim is not waits_in:
            aim.await_keyframe(down)

    def _first_picture(self, down: DownTrack, aim: UpTrack) -> UpTrack:
        """Return where whoever sees nothing waits: in the smallest, its keyframe comes soonest.

        Who waits already does not move for it: that keyframe may be under way.
        """
        waits_in = down.waits_in
        if waits_in is not None and waits_in.is_live and waits_in.layer <= aim.layer:
            return waits_in
        return next((up for up in self.up_tracks[: aim.layer] if up.is_live), aim)

    def _aim_recording(self) -> None:
        """Record the highest encoding that lives; another than now from its keyframe on."""
        aim = self._best(self.top_layer)
        for up in self.up_tracks:
            if up is not aim and (up.awaits_recording or (up.is_recorded and aim.is_recorded)):
                up.record(is_recorded=False)
        if not (aim.is_recorded or aim.awaits_recording):
            another = any(up.is_recorded for up in self.up_tracks)
            aim.record(is_recorded=not another, awaits_recording=another)

    # -- what lives ------------------------------------------------------------

    def heard(self, up: UpTrack) -> None:
        """Note the first packet of an encoding, or the first after a pause."""
        up.is_live = True
        self._suspects.discard(up)
        self.reconsider()
        if up.waiting and up.needs_keyframes:
            up.keyframes.request()

    def find_stalled(self, now: float, silence_after_s: float) -> bool:
        """Look for encodings that have fallen silent; return whether the whole track just has.

        Call it every 0.25 s. When all are silent nobody is moved: there is nothing better.
        """
        if self.is_quiet:
            return False
        newest = max(up.last_arrival for up in self.up_tracks)
        if now - newest > silence_after_s:
            self.is_quiet = True
            self._suspects.clear()
            for up in self.up_tracks:
                up.is_live = False
            return True
        limit_s = _SCREEN_STALL_S if self.track.source is Source.SCREEN else _STALL_S
        silent = {up for up in self.up_tracks if up.is_live and newest - up.last_arrival > limit_s}
        stalled = silent & self._suspects
        self._suspects = silent - stalled
        for up in stalled:
            up.is_live = False
        if stalled:
            self.reconsider()
        return False

    # -- what is wanted --------------------------------------------------------

    def _begin_demand(self) -> None:
        """A publisher begins with all encodings, and is told so: what it heard before is void."""
        self._told: frozenset[int] = frozenset()
        self._shrink_at: float | None = None

    def wanted_layers(self) -> frozenset[int]:
        """Return the layers that somebody has, waits for or would have.

        The smallest always: with it whoever comes next sees something at once, and a camera
        nobody looks at is not taken for one that failed.
        """
        wanted = {0}
        for down in self._downs:
            if down.preferred_layer is not None:
                wanted.add(min(down.preferred_layer, self.top_layer))
            wanted.update(up.layer for up in (down.flows_in, down.waits_in) if up is not None)
        if self.is_recorded:
            wanted.add(self.top_layer)
            wanted.update(up.layer for up in self.up_tracks if up.is_recorded)
        return frozenset(wanted)

    def take_demand(self, now: float) -> frozenset[str] | None:
        """Return the rids that are wanted if the publisher must be told; otherwise None.

        More is told at once, less when nobody has wanted it for `SHRINK_AFTER_S`.
        """
        if not self.top_layer:
            return None
        wanted = self.wanted_layers()
        if not self._told:
            told = frozenset(up.layer for up in self.up_tracks)
        elif self._shrink_at is not None and now >= self._shrink_at:
            told = wanted
        else:
            told = self._told | wanted
        if wanted >= told:
            self._shrink_at = None
        elif self._shrink_at is None:
            self._shrink_at = now + SHRINK_AFTER_S
        if told == self._told:
            return None
        self._told = told
        return frozenset(up.published.rid for up in self.up_tracks if up.layer in told)
