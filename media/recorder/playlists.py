"""HLS playlists of a recording, from the first closed part on (RFC 8216). Imports no av.

Segments are the parts as they lie on the disk: a part's head is the initialization section
(4.3.2.5), the rest the segment, both named by byte ranges. Every playlist of a lane begins at
the same moment of the lesson and leaves no time out, so that sound and picture have one time
line and a place in the playlist is a place in the lesson. Where there is no media stands filler
(`media.recorder.filler`) or, for who places parts by their own times, a segment with EXT-X-GAP
(draft-pantos-hls-rfc8216bis section 4.4.4.7).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil

from media.core.ids import Kind, PeerId, Source
from media.recorder import filler
from media.recorder.manifest import CUT, EpochRecord, PartRecord
from media.recorder.timeline import GROUP_OF, SEAM_S, Group

MEDIA_TYPE = "application/vnd.apple.mpegurl"
TARGET_S = 10
"""What EXT-X-TARGETDURATION promises; who ignores requests for key frames makes it longer."""
_SOUND, _CAPTIONS = "sound", "captions"
CAPTIONS_S = 60
"""How long a segment of captions is: some hundred bytes a minute, so as few requests as may be."""
_TICKS_A_SECOND = 90_000
_FILLER = "filler"
"""Stands among the parameters of parts, which are hashes."""

Uri = Callable[[str], str]


class NoLane(Exception):
    """Nobody has sent anything that could be listed under this name."""


class NotInHls(Exception):
    """HLS cannot carry the picture: its codec has no place in it."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Tracks of one peer that are seen and heard as one. `from_s`: where its playlists begin."""

    peer_id: PeerId
    group: Group
    from_s: float
    tracks: dict[Source, tuple[PartRecord, ...]]

    @property
    def video(self) -> Source | None:
        """Return which track is the picture."""
        return next((source for source in self.tracks if source.kind is Kind.VIDEO), None)

    @property
    def until_s(self) -> float:
        """Return up to where on the lesson clock there is anything to play."""
        ends = (part.end_s for parts in self.tracks.values() for part in parts if part.end_s)
        return max(ends, default=self.from_s)

    @property
    def is_hls(self) -> bool:
        """Return whether HLS can carry it."""
        return all(
            part.codec in {"H264", "opus"} for parts in self.tracks.values() for part in parts
        )


def lanes_of(parts: Sequence[PartRecord]) -> list[Lane]:
    """Return what there is to see and hear, in the order it began."""
    grouped: dict[tuple[PeerId, Group], dict[Source, list[PartRecord]]] = {}
    for part in sorted(parts, key=lambda part: part.start_s):
        lane = grouped.setdefault((part.peer_id, GROUP_OF[part.source]), {})
        lane.setdefault(part.source, []).append(part)
    return [
        Lane(
            peer_id,
            group,
            min(members[0].start_s for members in tracks.values()),
            {source: tuple(members) for source, members in tracks.items()},
        )
        for (peer_id, group), tracks in grouped.items()
    ]


def find_lane(parts: Sequence[PartRecord], peer_id: str, group: str) -> Lane:
    """Return one lane; raise NoLane."""
    for lane in lanes_of([part for part in parts if part.peer_id == peer_id]):
        if lane.group == group:
            return lane
    raise NoLane


@dataclass(frozen=True, slots=True)
class Captions:
    """Captions of a lesson as a player offers them. `language`: BCP 47; `uri`: their playlist.

    No two of a lesson have one `name`.
    """

    name: str
    language: str
    uri: str


def master_playlist(
    lane: Lane, uri: Callable[[Source], str], captions: Sequence[Captions] = ()
) -> str:
    """Return the playlist that names the lane's picture, sound and captions; raise NotInHls.

    `uri` says where the playlist of a track is.
    """
    if not lane.is_hls:
        raise NotInHls
    video = lane.video
    sound = next((source for source in lane.tracks if source is not video), None)
    main = video or sound
    assert main is not None, "a lane has a track"
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    stream = [f"BANDWIDTH={sum(_peak_bps(members) for members in lane.tracks.values())}"]
    names = sorted({part.codec_name for members in lane.tracks.values() for part in members})
    stream.append(f'CODECS="{",".join(names)}"')
    if video:
        widest = max(lane.tracks[video], key=lambda part: part.width * part.height)
        stream.append(f"RESOLUTION={widest.width}x{widest.height}")
    if video and sound:
        lines.append(
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{_SOUND}",NAME="{_SOUND}",DEFAULT=YES,'
            f'AUTOSELECT=YES,URI="{uri(sound)}"'
        )
        stream.append(f'AUDIO="{_SOUND}"')
    for each in captions:
        # A quoted string has no way to hold a quotation mark (section 4.2).
        name = each.name.replace('"', "'")
        lines.append(
            f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="{_CAPTIONS}",NAME="{name}",'
            f'LANGUAGE="{each.language}",DEFAULT=NO,AUTOSELECT=YES,URI="{each.uri}"'
        )
    if captions:
        stream.append(f'SUBTITLES="{_CAPTIONS}"')
    return "\n".join([*lines, f"#EXT-X-STREAM-INF:{','.join(stream)}", uri(main), ""])


def _peak_bps(members: Sequence[PartRecord]) -> int:
    rates = (8 * part.bytes / _length_s(part) for part in members if part.bytes)
    return ceil(max(rates, default=1.0))


def _length_s(part: PartRecord) -> float:
    assert part.end_s is not None, "only closed parts are measured"
    return max(part.end_s - part.start_s, SEAM_S)


def media_playlist(
    lane: Lane,
    source: Source,
    *,
    epochs: Sequence[EpochRecord],
    is_over: bool,
    uri: Uri,
    fill: Uri | None = None,
) -> str:
    """Return one track's playlist. It only ever grows (EXT-X-PLAYLIST-TYPE:EVENT).

    `uri` says where a part's file is, `fill` where filler is: without it holes are gaps.
    `is_over`: nothing will be added any more. Raise NoLane if the lane has no such track,
    NotInHls if holes of it cannot be filled. VP8 is listed as well, for players that take WebM.
    """
    if source not in lane.tracks:
        raise NoLane
    if fill is not None and not lane.is_hls:
        raise NotInHls
    listed = {each: list(_entries(lane, each, is_over=is_over)) for each in lane.tracks}
    entries = listed[source]
    # One for all of a lane (RFC 8216 section 6.2.4).
    longest_s = max(
        (entry.end_s - entry.start_s for track in listed.values() for entry in track), default=0.0
    )
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{max(TARGET_S, round(longest_s))}",
        "#EXT-X-PLAYLIST-TYPE:EVENT",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    zeros = {epoch.epoch: epoch.zero_at for epoch in epochs}
    zero_at = next((at for at in zeros.values() if at is not None), None)
    breaks = _breaks(lane)
    shown: str | None = None
    for before, entry in pairwise([None, *entries]):
        assert entry is not None, "only the first has none before it"
        if before is not None:
            lines += [
                "#EXT-X-DISCONTINUITY"
                for at_s in breaks
                if before.start_s + SEAM_S < at_s <= entry.start_s + SEAM_S
            ]
        setup, head, named = _named(lane, source.kind, entry, uri, fill)
        if setup is not None and setup != shown:
            shown = setup
            lines.append(f"#EXT-X-MAP:{head}")
        lines += [*_times(entry, zero_at), *named]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if is_over else []), ""])


@dataclass(frozen=True, slots=True)
class CaptionsSegment:
    """A stretch of captions. `zero_s`: where on the lesson clock time 0 of the media lies."""

    from_s: float
    until_s: float
    zero_s: float

    @property
    def time_map(self) -> tuple[int, int]:
        """Return a moment of the lesson in ms, and when it is in the media, in ticks of 90 kHz."""
        local_s = max(self.zero_s, 0.0)
        return round(local_s * 1000), round((local_s - self.zero_s) * _TICKS_A_SECOND)


def caption_segments(lane: Lane) -> list[CaptionsSegment]:
    """Return in which stretches captions are told over a lane to which nothing will be added.

    From its beginning to its end, none longer than `CAPTIONS_S`, parted where time stamps begin
    anew.
    """
    parts = sorted(
        (part for members in lane.tracks.values() for part in members),
        key=lambda part: part.start_s,
    )
    zero_s = parts[0].zero_s
    segments: list[CaptionsSegment] = []
    for from_s, until_s in pairwise([lane.from_s, *_breaks(lane), lane.until_s]):
        if until_s - from_s <= SEAM_S:
            continue
        zero_s = next((p.zero_s for p in parts if p.start_s >= from_s), zero_s)
        count = ceil((until_s - from_s) / CAPTIONS_S)
        ends = [*(from_s + each * CAPTIONS_S for each in range(1, count)), until_s]
        for start_s, end_s in pairwise([from_s, *ends]):
            segments.append(CaptionsSegment(start_s, end_s, zero_s))
    return segments


def captions_playlist(lane: Lane, uri: Callable[[int], str]) -> str:
    """Return the playlist of captions over a lane to which nothing will be added.

    `uri` says where a segment is, counted from 0. It may be longer in its segments than the
    others (section 6.2.4).
    """
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{CAPTIONS_S}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
    ]
    before: CaptionsSegment | None = None
    for number, segment in enumerate(caption_segments(lane)):
        if before is not None and before.zero_s != segment.zero_s:
            lines.append("#EXT-X-DISCONTINUITY")
        length_s = round(segment.until_s, 6) - round(segment.from_s, 6)
        lines += [f"#EXTINF:{length_s:.6f},", uri(number)]
        before = segment
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


@dataclass(frozen=True, slots=True)
class _Entry:
    """From when to when a part is played, or nothing."""

    start_s: float
    end_s: float
    part: PartRecord | None


def _times(entry: _Entry, zero_at: datetime | None) -> Iterator[str]:
    if zero_at is not None:
        at = zero_at + timedelta(seconds=entry.start_s)
        yield f"#EXT-X-PROGRAM-DATE-TIME:{at.isoformat(timespec='milliseconds')}"
    # Each from the same rounded times: what is added up is right however many there are.
    yield f"#EXTINF:{round(entry.end_s, 6) - round(entry.start_s, 6):.6f},"


def _named(
    lane: Lane, kind: Kind, entry: _Entry, uri: Uri, fill: Uri | None
) -> tuple[str | None, str, list[str]]:
    """Return what sets a decoder up for an entry, in which head that is, and where the entry is."""
    part = entry.part
    if part is not None:
        assert part.bytes is not None, "only whole parts are listed"
        assert part.head_bytes is not None, "only parts whose head is known are listed"
        at, head = uri(part.file), part.head_bytes
        length = f"#EXT-X-BYTERANGE:{part.bytes - head}@{head}"
        return part.parameters, f'URI="{at}",BYTERANGE="{head}@0"', [length, at]
    if fill is None:
        return None, "", ["#EXT-X-GAP", uri("gap")]
    zero_s = _zero_at(lane, entry.start_s)
    name = filler.segment_name(kind, entry.start_s - zero_s, entry.end_s - zero_s)
    return _FILLER, f'URI="{fill(filler.head_name(kind))}"', [fill(name)]


def _entries(lane: Lane, source: Source, *, is_over: bool) -> Iterator[_Entry]:
    """Yield what is played from the lane's beginning to the track's end, with nothing left out.

    A track that has fallen silent is given gaps up to where the lane's other track has come.
    """
    at_s = lane.from_s
    members = lane.tracks[source]
    for part in members:
        if part.start_s - at_s > SEAM_S:
            yield from _gap(at_s, part.start_s)  # known before there is anything to list
            at_s = part.start_s
        if not part.bytes or part.head_bytes is None or part.end_s is None or part.end_s <= at_s:
            continue  # it is being written, holds nothing, or says nothing new
        yield _Entry(at_s, part.end_s, part)
        at_s = part.end_s
    last = members[-1]
    if is_over:
        yield from _gap(at_s, lane.until_s)
    elif last.is_closed and last.reason != CUT:
        # Only whole gaps: where the track goes on is later than anything that has come.
        yield from _gap(at_s, at_s + (lane.until_s - at_s) // TARGET_S * TARGET_S)


def _gap(from_s: float, until_s: float) -> Iterator[_Entry]:
    while until_s - from_s > TARGET_S + SEAM_S:
        yield _Entry(from_s, from_s + TARGET_S, None)
        from_s += TARGET_S
    if until_s - from_s > SEAM_S:
        yield _Entry(from_s, until_s, None)


def _zero_at(lane: Lane, at_s: float) -> float:
    """Return where on the lesson clock time 0 of what is played then lies."""
    parts = [part for members in lane.tracks.values() for part in members]
    before = [part for part in parts if part.start_s <= at_s + SEAM_S]
    return max(before, key=lambda part: part.start_s).zero_s


def _breaks(lane: Lane) -> list[float]:
    """Return where time stamps begin anew: all tracks of a lane say so at the same places."""
    return sorted(
        after.start_s
        for members in lane.tracks.values()
        for before, after in pairwise(members)
        if before.zero_s != after.zero_s
    )
