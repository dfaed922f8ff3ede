"""What a replay is made of: clips on the lesson clock, and how parts become clips.

Imports no av: whoever serves a replay reads `index.json` through here.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

from media.core.ids import Kind, PeerId, Source
from media.recorder.manifest import PartRecord

INDEX_NAME = "index.json"
VERSION = 2

HOLD_S = 5.0
"""A hole up to this long stays inside a clip: the picture holds, the sound is silent."""
LEAD_S = 2.0
"""Sound this much before or after its picture shares the picture's clip."""

SEAM_S = 0.05
"""Parts this close together are one: where one was cut, the next goes on."""
MIN_CLIP_S = 0.1
"""Sound shorter than this beside a picture's clip is not worth a file."""
PASSING_S = 0.5
"""A picture this short, with another format right behind it, was only passed through."""


class Group(StrEnum):
    """Tracks of one peer that are seen and heard as one."""

    CAMERA = "camera"
    SCREEN = "screen"
    SECOND_CAMERA = "second_camera"


GROUP_OF = {
    Source.CAMERA: Group.CAMERA,
    Source.MICROPHONE: Group.CAMERA,
    Source.SCREEN: Group.SCREEN,
    Source.SECOND_CAMERA: Group.SECOND_CAMERA,
}


@dataclass(frozen=True, slots=True)
class Clip:
    """One playable file: show it from `start_s` of the lesson on, for `duration_s`.

    Time 0 in the file is `start_s` on the lesson clock, for picture and sound alike. `gaps`
    are (start_s, end_s) on the lesson clock where picture or sound is missing inside it.
    """

    peer_id: PeerId
    group: Group
    file: str
    mime: str
    start_s: float
    duration_s: float
    has_audio: bool
    has_video: bool
    gaps: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part that could not be used: what of whom is missing, from when to when of the lesson."""

    file: str
    peer_id: PeerId
    group: Group
    kind: Kind
    start_s: float
    end_s: float

    @classmethod
    def of(cls, part: PartRecord) -> "Unreadable":
        """Describe a closed part."""
        group, kind = GROUP_OF[part.source], part.source.kind
        return cls(part.file, part.peer_id, group, kind, part.start_s, _end(part))


@dataclass(frozen=True, slots=True)
class ReplayIndex:
    """All clips of a lesson; `gaps` are times within its length that no clip covers.

    `unreadable` are the parts that could not be used; what they held is a gap.
    """

    duration_s: float
    clips: tuple[Clip, ...]
    gaps: tuple[tuple[float, float], ...]
    unreadable: tuple[Unreadable, ...] = ()

    def to_json(self) -> str:
        """Return the text of `index.json`."""
        return json.dumps({"version": VERSION, **asdict(self)}, ensure_ascii=False, indent=1)


def read_index(folder: Path) -> ReplayIndex:
    """Return the index `build_replay` wrote; raise OSError, KeyError or ValueError."""
    raw = json.loads((folder / INDEX_NAME).read_text(encoding="utf-8"))
    clips = tuple(
        Clip(
            PeerId(clip["peer_id"]),
            Group(clip["group"]),
            clip["file"],
            clip["mime"],
            float(clip["start_s"]),
            float(clip["duration_s"]),
            bool(clip["has_audio"]),
            bool(clip["has_video"]),
            _spans(clip["gaps"]),
        )
        for clip in raw["clips"]
    )
    unreadable = tuple(
        Unreadable(
            part["file"],
            PeerId(part["peer_id"]),
            Group(part["group"]),
            Kind(part["kind"]),
            float(part["start_s"]),
            float(part["end_s"]),
        )
        for part in raw["unreadable"]
    )
    return ReplayIndex(float(raw["duration_s"]), clips, _spans(raw["gaps"]), unreadable)


def _spans(raw: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    return tuple((float(start), float(end)) for start, end in raw)


@dataclass(frozen=True, slots=True)
class ClipPlan:
    """A clip to be made: `video` parts share one format; `start_s`..`end_s` bounds its sound."""

    peer_id: PeerId
    group: Group
    start_s: float
    end_s: float
    video: tuple[PartRecord, ...]
    audio: tuple[PartRecord, ...]


def plan_clips(parts: Iterable[PartRecord]) -> list[ClipPlan]:
    """Return the clips to make of closed parts, by peer, group and time."""
    groups: dict[tuple[PeerId, Group], list[PartRecord]] = {}
    for part in parts:
        if part.bytes and part.end_s is not None and part.end_s > part.start_s:
            groups.setdefault((part.peer_id, GROUP_OF[part.source]), []).append(part)
    plans: list[ClipPlan] = []
    for (peer_id, group), members in groups.items():
        plans += _plan_group(peer_id, group, sorted(members, key=lambda part: part.start_s))
    return sorted(plans, key=lambda plan: (plan.start_s, plan.peer_id, plan.group))


def _end(part: PartRecord) -> float:
    assert part.end_s is not None, "only closed parts are planned"
    return part.end_s


def _plan_group(peer_id: PeerId, group: Group, parts: list[PartRecord]) -> Iterator[ClipPlan]:
    audio = [part for part in parts if part.source.kind is Kind.AUDIO]
    stretches = list(_stretches(audio))
    video = [part for part in parts if part.source.kind is Kind.VIDEO]
    runs = list(_runs(_without_passing(video)))
    free_from_s = float("-inf")  # sound before this belongs to an earlier clip
    for index, run in enumerate(runs):
        limit_s = runs[index + 1][0].start_s if index + 1 < len(runs) else float("inf")
        start_s, end_s = run[0].start_s, min(max(_end(part) for part in run), limit_s)
        if limit_s - end_s <= HOLD_S:
            end_s = limit_s  # a size change takes a moment: no scrap of sound of its own
        for begins_s, ends_s in stretches:
            if start_s - LEAD_S <= begins_s < start_s < ends_s:
                start_s = max(begins_s, free_from_s)
            if end_s - LEAD_S <= ends_s <= end_s + LEAD_S and begins_s < end_s:
                end_s = min(max(end_s, ends_s), limit_s)
        yield from _sound_only(peer_id, group, audio, free_from_s, start_s)
        heard = tuple(part for part in audio if part.start_s < end_s and _end(part) > start_s)
        yield ClipPlan(peer_id, group, start_s, end_s, tuple(run), heard)
        free_from_s = end_s
    yield from _sound_only(peer_id, group, audio, free_from_s, float("inf"))


def _stretches(audio: list[PartRecord]) -> Iterator[tuple[float, float]]:
    """Yield from when to when there is sound, wherever it was cut."""
    begins_s = ends_s = float("-inf")
    for part in audio:
        if part.start_s - ends_s > SEAM_S:
            if ends_s > begins_s:
                yield begins_s, ends_s
            begins_s = part.start_s
        ends_s = max(ends_s, _end(part))
    if ends_s > begins_s:
        yield begins_s, ends_s


def _without_passing(video: list[PartRecord]) -> list[PartRecord]:
    """Leave out formats that were only passed through on the way to another.

    A browser begins with a small picture and grows it within 0.2 s: a clip for each size would
    make a player change files three times in its first moment.
    """
    kept: list[PartRecord] = []
    for part in reversed(video):
        is_passing = (
            bool(kept)
            and kept[-1].parameters != part.parameters
            and kept[-1].epoch == part.epoch
            and _end(part) - part.start_s < PASSING_S
            and kept[-1].start_s - _end(part) < PASSING_S
        )
        if not is_passing or any(_goes_on(before, part) for before in video):
            kept.append(part)
    return kept[::-1]


def _goes_on(before: PartRecord, part: PartRecord) -> bool:
    """Return whether `part` is the end of what `before` began."""
    return (
        before.parameters == part.parameters
        and before.epoch == part.epoch
        and before.start_s < part.start_s
        and part.start_s - _end(before) <= SEAM_S
    )


def _runs(video: list[PartRecord]) -> Iterator[list[PartRecord]]:
    """Yield video parts that one file can hold: same format and epoch, and no long hole."""
    run: list[PartRecord] = []
    for part in video:
        fits = (
            run
            and run[-1].parameters == part.parameters
            and run[-1].epoch == part.epoch
            and part.start_s - _end(run[-1]) <= HOLD_S
        )
        if run and not fits:
            yield run
            run = []
        run.append(part)
    if run:
        yield run


def _sound_only(
    peer_id: PeerId, group: Group, audio: list[PartRecord], from_s: float, until_s: float
) -> Iterator[ClipPlan]:
    """Yield clips for the sound between two times, split at long holes."""
    pieces: list[PartRecord] = []
    for part in audio:
        if part.start_s >= until_s or _end(part) <= from_s:
            continue
        if pieces and part.start_s - _end(pieces[-1]) > HOLD_S:
            yield _sound_clip(peer_id, group, pieces, from_s, until_s)
            pieces = []
        pieces.append(part)
    if pieces and min(_end(pieces[-1]), until_s) - max(pieces[0].start_s, from_s) > MIN_CLIP_S:
        yield _sound_clip(peer_id, group, pieces, from_s, until_s)


def _sound_clip(
    peer_id: PeerId, group: Group, pieces: list[PartRecord], from_s: float, until_s: float
) -> ClipPlan:
    start_s = max(pieces[0].start_s, from_s)
    end_s = min(max(_end(part) for part in pieces), until_s)
    return ClipPlan(peer_id, group, start_s, end_s, (), tuple(pieces))


def holes(spans: Iterable[tuple[float, float]], *, until_s: float) -> list[tuple[float, float]]:
    """Return the times from 0 to `until_s` that none of `spans` covers."""
    out = []
    at_s = 0.0
    for start_s, end_s in sorted(spans):
        if start_s > at_s:
            out.append((at_s, start_s))
        at_s = max(at_s, end_s)
    if until_s > at_s:
        out.append((at_s, until_s))
    return out


def missing_between(
    parts: tuple[PartRecord, ...], *, start_s: float, end_s: float
) -> list[tuple[float, float]]:
    """Return where, from `start_s` to `end_s`, one track's parts have no media."""
    if not parts:
        return []
    found = [gap for part in parts for gap in part.gaps]
    found += [(_end(before), after.start_s) for before, after in pairwise(parts)]
    found += [(start_s, parts[0].start_s), (_end(parts[-1]), end_s)]
    clipped = [(max(start_s, begin), min(end_s, end)) for begin, end in found]
    return sorted((begin, end) for begin, end in clipped if end - begin > SEAM_S)
