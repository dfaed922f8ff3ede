"""The chapters of a recorded lesson: what went on for a while beside the lesson itself.

Said once: a replay lists them as they are, one over the other, and the file of a whole lesson has
them as players show them, one after the other and without a hole.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from app.attendance.seats import HUB
from app.attendance.timeline import Span
from app.recordings.models import RecordingClip
from media.recorder.composition import Chapter
from media.recorder.playlists import Lane
from media.recorder.timeline import Group

#: What is shared goes on over a gap as short as this: a clip begins where the format changes.
GOES_ON_MS: Final = 3_000
#: The teacher not seen for less than this is no chapter.
LEAST_HOLE_MS: Final = 5_000
#: Chapters of a file that begin so close to each other are one.
TOGETHER_MS: Final = 1_000


class ChapterKind(StrEnum):
    """STAGE: a classroom on stage. SCREEN, SECOND_CAMERA: shown by the teacher. HOLE: no picture.

    HOLE is of the teacher's camera; PAUSE: 一键暂停.
    """

    STAGE = "STAGE"
    SCREEN = "SCREEN"
    SECOND_CAMERA = "SECOND_CAMERA"
    PAUSE = "PAUSE"
    HOLE = "HOLE"


#: The users' words, in the file.
WORDS: Final[Mapping[ChapterKind, str]] = {
    ChapterKind.STAGE: "上台",
    ChapterKind.SCREEN: "共享屏幕",
    ChapterKind.SECOND_CAMERA: "第二画面",
    ChapterKind.PAUSE: "暂停",
    ChapterKind.HOLE: "没有老师的画面",
}
GOES_ON: Final = "讲课"
_SHARED: Final = {
    ChapterKind.SCREEN: Group.SCREEN,
    ChapterKind.SECOND_CAMERA: Group.SECOND_CAMERA,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """From when until when the teacher's camera, screen or second picture is there to see."""

    group: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Passage:
    """What went on from when until when. `name`: who was on stage, None: nobody has a name."""

    kind: ChapterKind
    from_ms: int
    to_ms: int
    name: str | None = None


def shown_in_clips(clips: Iterable[RecordingClip]) -> list[Shown]:
    """Return what of the teacher the clips of a replay show."""
    return [
        Shown(clip.group, clip.start_ms, clip.start_ms + clip.duration_ms)
        for clip in clips
        if clip.seat_id == HUB and clip.has_video
    ]


def shown_in_parts(lanes: Iterable[Lane]) -> list[Shown]:
    """Return what of the teacher the closed parts of a recording show."""
    shown = []
    for lane in lanes:
        if lane.peer_id != HUB or lane.video is None:
            continue
        for part in lane.tracks[lane.video]:
            if part.end_s is None:
                continue
            edges = [part.start_s, *(edge for gap in part.gaps for edge in gap), part.end_s]
            shown += [
                Shown(lane.group, round(begin * 1000), round(end * 1000))
                for begin, end in list(pairwise(edges))[::2]
            ]
    return shown


def chapters_of(
    shown: Iterable[Shown],
    stage: Iterable[Span],
    pauses: Iterable[Span],
    *,
    names: Mapping[str, str],
    length_ms: int,
) -> list[Passage]:
    """Return the chapters of a lesson in the order they begin in; `names` are those of the seats.

    What others than the teacher share is no chapter: it is seen while they are on stage.
    """
    shown = list(shown)
    found = [Passage(ChapterKind.PAUSE, span.from_ms, span.to_ms) for span in pauses]
    found += [
        Passage(ChapterKind.STAGE, span.from_ms, span.to_ms, names.get(span.seat_id or ""))
        for span in stage
    ]
    for kind, group in _SHARED.items():
        shared = [one for one in shown if one.group == group]
        found += [Passage(kind, *span) for span in _joined(shared, over_ms=GOES_ON_MS)]
    camera = [one for one in shown if one.group == Group.CAMERA]
    found += [
        Passage(ChapterKind.HOLE, begin, end)
        for begin, end in _between(_joined(camera, over_ms=0), length_ms)
        if end - begin >= LEAST_HOLE_MS
    ]
    return sorted(found, key=lambda one: (one.from_ms, one.to_ms, one.kind, one.name or ""))


def file_chapters(passages: Iterable[Passage], *, length_ms: int) -> tuple[Chapter, ...]:
    """Return the chapters of a lesson's file; none where nothing went on but the lesson.

    What goes on at once is one chapter with all its names; each lasts until the next begins.
    Titles are in the users' words.
    """
    passages = list(passages)
    if not passages:
        return ()
    edges = sorted({0, *(edge for one in passages for edge in (one.from_ms, one.to_ms))})
    parts: list[tuple[int, list[str]]] = []
    for at_ms in (edge for edge in edges if 0 <= edge < length_ms):
        going_on = [_title(one) for one in passages if one.from_ms <= at_ms < one.to_ms]
        titles = list(dict.fromkeys(going_on))
        is_close = bool(parts) and at_ms - parts[-1][0] < TOGETHER_MS
        since_ms = parts.pop()[0] if is_close else at_ms
        if not parts or parts[-1][1] != titles:  # else it was over at once
            parts.append((since_ms, titles))
    return tuple(Chapter(at_ms / 1000, " · ".join(titles) or GOES_ON) for at_ms, titles in parts)


def _title(one: Passage) -> str:
    word = WORDS[one.kind]
    return f"{word}: {one.name}" if one.name else word


def _joined(shown: Iterable[Shown], *, over_ms: int) -> list[tuple[int, int]]:
    """Return when any of these is there, over gaps of `over_ms`."""
    spans: list[tuple[int, int]] = []
    for begin, end in sorted((one.from_ms, one.to_ms) for one in shown):
        if spans and begin - spans[-1][1] <= over_ms:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((begin, end))
    return spans


def _between(spans: Iterable[tuple[int, int]], length_ms: int) -> list[tuple[int, int]]:
    """Return what none of the spans covers, from 0 to `length_ms`."""
    gaps, until = [], 0
    for begin, end in [*spans, (length_ms, length_ms)]:
        if begin > until:
            gaps.append((until, begin))
        until = max(until, end)
    return gaps
