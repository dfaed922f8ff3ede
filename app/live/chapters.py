"""The chapters of a lesson's file, as players show them: one after the other, without a hole.

What happens at once is one chapter with all its names; each lasts until the next begins.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from app.attendance.seats import HUB
from app.attendance.timeline import Span
from app.recordings.models import RecordingClip
from media.recorder.composition import Chapter
from media.recorder.timeline import Group

#: What is shared goes on over a gap as short as this: a clip begins where the format changes.
GOES_ON_MS: Final = 3_000
#: Chapters that begin so close to each other are one.
TOGETHER_MS: Final = 1_000
ON_STAGE, PAUSED, GOES_ON = "上台", "暂停", "讲课"
SHARED: Final[Mapping[str, str]] = {Group.SCREEN: "共享屏幕", Group.SECOND_CAMERA: "第二画面"}


def chapters_of(
    clips: Iterable[RecordingClip],
    stage: Iterable[Span],
    pauses: Iterable[Span],
    *,
    names: Mapping[str, str],
    length_ms: int,
) -> tuple[Chapter, ...]:
    """Return the chapters of a lesson; none where nothing happened in it but the lesson.

    `names`: what people call each seat. Titles are in the users' words.
    """
    found = [(span.from_ms, span.to_ms, PAUSED) for span in pauses]
    for span in stage:
        name = names.get(span.seat_id or "")
        found.append((span.from_ms, span.to_ms, f"{ON_STAGE}: {name}" if name else ON_STAGE))
    clips = list(clips)
    for group, word in SHARED.items():
        found += [(begin, end, word) for begin, end in _shared(clips, group)]
    if not found:
        return ()
    return tuple(
        Chapter(at_ms / 1000, " · ".join(titles) or GOES_ON)
        for at_ms, titles in _cut(found, length_ms)
    )


def _cut(found: list[tuple[int, int, str]], length_ms: int) -> list[tuple[int, list[str]]]:
    """Return from when on what goes on; nothing: the lesson itself."""
    edges = sorted({0, *(edge for begin, end, _ in found for edge in (begin, end))})
    parts: list[tuple[int, list[str]]] = []
    for at_ms in (edge for edge in edges if 0 <= edge < length_ms):
        going_on = [title for begin, end, title in sorted(found) if begin <= at_ms < end]
        titles = list(dict.fromkeys(going_on))
        if parts and at_ms - parts[-1][0] < TOGETHER_MS:
            parts[-1] = (parts[-1][0], titles)
            if len(parts) > 1 and parts[-2][1] == titles:
                parts.pop()  # what was over at once is no chapter
        elif not parts or parts[-1][1] != titles:
            parts.append((at_ms, titles))
    return parts


def _shared(clips: Iterable[RecordingClip], group: str) -> list[tuple[int, int]]:
    """Return when the teacher shared a screen or a second picture."""
    spans: list[tuple[int, int]] = []
    shown = [
        (clip.start_ms, clip.start_ms + clip.duration_ms)
        for clip in clips
        if clip.seat_id == HUB and clip.group == group and clip.has_video
    ]
    for begin, end in sorted(shown):
        if spans and begin - spans[-1][1] <= GOES_ON_MS:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((begin, end))
    return spans
