"""What is seen and heard when in the file of a whole lesson: the plan, the scenes, the places.

Pure. Imports no av: whoever wants a file made writes the plan, and `media.recorder.compose` reads
it in a process of its own. All times are seconds on the lesson clock, which is the file's.
"""

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

VERSION = 2
HOLD_S = 30.0
"""Who has no picture keeps the last one for this long, then gives up the place. A screen keeps it
only if another follows within this time: else it is no longer shared."""

WIDTH, HEIGHT = 1280, 720
COLUMN_WIDTH, COLUMN_HEIGHT = 256, 144
"""What is seen of people beside a screen: a column at its right, so that nothing is covered."""


class Role(StrEnum):
    """What a lane is to the lesson: CONTENT is read, the others are people."""

    LEAD = "lead"
    CONTENT = "content"
    GUEST = "guest"


class PlanDamaged(ValueError):
    """The text is no plan."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when."""

    from_s: float
    until_s: float


@dataclass(frozen=True, slots=True)
class PlannedClip:
    """A playable file whose time 0 is `start_s`. Files of one `lane` follow each other.

    It is seen and heard within `shown` only: a classroom while it is on stage.
    """

    file: str
    lane: str
    role: Role
    start_s: float
    duration_s: float
    has_audio: bool
    has_video: bool
    shown: tuple[Span, ...]

    @property
    def end_s(self) -> float:
        """Return when it is over."""
        return self.start_s + self.duration_s


@dataclass(frozen=True, slots=True)
class Chapter:
    """What a player calls the lesson from `at_s` on, until the next chapter."""

    at_s: float
    title: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A lesson of `duration_s`, the files it is made of, and its chapters in order of time."""

    duration_s: float
    clips: tuple[PlannedClip, ...]
    chapters: tuple[Chapter, ...] = ()

    def to_json(self) -> str:
        """Return the text `read_plan` reads."""
        return json.dumps({"version": VERSION, **asdict(self)}, ensure_ascii=False)

    def audible(self) -> dict[str, tuple[PlannedClip, ...]]:
        """Return the files that sound, by lane, in order of time."""
        return self._lanes(clip for clip in self.clips if clip.has_audio)

    def visible(self) -> dict[str, tuple[PlannedClip, ...]]:
        """Return the files with pictures, by lane, in order of time."""
        return self._lanes(clip for clip in self.clips if clip.has_video)

    def _lanes(self, clips: Iterable[PlannedClip]) -> dict[str, tuple[PlannedClip, ...]]:
        lanes: dict[str, tuple[PlannedClip, ...]] = {}
        for clip in sorted(clips, key=lambda each: (each.start_s, each.file)):
            lanes[clip.lane] = (*lanes.get(clip.lane, ()), clip)
        return lanes


def read_plan(text: str) -> Plan:
    """Return the plan `to_json` wrote. Raise PlanDamaged."""
    try:
        raw = json.loads(text)
        if raw["version"] != VERSION:
            raise PlanDamaged(f"a plan of version {raw['version']}, not {VERSION}")
        clips = tuple(
            PlannedClip(
                file=str(each["file"]),
                lane=str(each["lane"]),
                role=Role(each["role"]),
                start_s=float(each["start_s"]),
                duration_s=float(each["duration_s"]),
                has_audio=bool(each["has_audio"]),
                has_video=bool(each["has_video"]),
                shown=tuple(
                    Span(float(span["from_s"]), float(span["until_s"])) for span in each["shown"]
                ),
            )
            for each in raw["clips"]
        )
        chapters = tuple(
            Chapter(float(each["at_s"]), str(each["title"])) for each in raw["chapters"]
        )
        return Plan(float(raw["duration_s"]), clips, chapters)
    except PlanDamaged:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise PlanDamaged(f"no plan: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Cell:
    """Where in the picture a lane is shown, in pixels."""

    lane: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Scene:
    """A stretch in which the same lanes have the same places. None: nobody is seen."""

    span: Span
    cells: tuple[Cell, ...]


def scenes(plan: Plan) -> list[Scene]:
    """Return the scenes of the whole lesson, one after the other, without a hole."""
    roles = {clip.lane: clip.role for clip in plan.clips}
    seen = {lane: _seen(clips) for lane, clips in plan.visible().items()}
    edges = {0.0, plan.duration_s}
    for spans in seen.values():
        for span in spans:
            edges |= {min(max(0.0, edge), plan.duration_s) for edge in (span.from_s, span.until_s)}
    found: list[Scene] = []
    moments = sorted(edges)
    for begin, end in itertools.pairwise(moments):
        lanes = [lane for lane, spans in seen.items() if _covers(spans, begin)]
        cells = places(lanes, roles)
        if found and found[-1].cells == cells:
            found[-1] = Scene(Span(found[-1].span.from_s, end), cells)
        else:
            found.append(Scene(Span(begin, end), cells))
    return found


def _covers(spans: Iterable[Span], at_s: float) -> bool:
    return any(span.from_s <= at_s < span.until_s for span in spans)


def _seen(clips: Sequence[PlannedClip]) -> list[Span]:
    """Return when a lane has a picture, with what is held, within the times it is shown."""
    hold_s = 0.0 if clips[0].role is Role.CONTENT else HOLD_S
    held: list[Span] = []
    for clip in clips:
        if held and clip.start_s <= held[-1].until_s + HOLD_S:
            held[-1] = Span(held[-1].from_s, max(held[-1].until_s, clip.end_s))
        else:
            held.append(Span(clip.start_s, clip.end_s))
    shown = {span for clip in clips for span in clip.shown}
    both = (
        Span(max(a.from_s, b.from_s), min(a.until_s + hold_s, b.until_s))
        for a in held
        for b in sorted(shown, key=lambda span: span.from_s)
    )
    return [span for span in both if span.until_s > span.from_s]


def places(lanes: Iterable[str], roles: dict[str, Role]) -> tuple[Cell, ...]:
    """Return who is seen where. Content takes the large place, and people a column beside it."""
    content = sorted(lane for lane in lanes if roles[lane] is Role.CONTENT)
    people = sorted(
        (lane for lane in lanes if roles[lane] is not Role.CONTENT),
        key=lambda lane: (roles[lane] is not Role.LEAD, lane),
    )
    if not content:
        return _grid(people)
    width = WIDTH if not people and len(content) == 1 else WIDTH - COLUMN_WIDTH
    # One screen is read at a time: another joins the people beside it.
    beside = [*people, *content[1:]][: HEIGHT // COLUMN_HEIGHT]
    top = (HEIGHT - COLUMN_HEIGHT * len(beside)) // 2
    column = (
        Cell(lane, WIDTH - COLUMN_WIDTH, top + COLUMN_HEIGHT * row, COLUMN_WIDTH, COLUMN_HEIGHT)
        for row, lane in enumerate(beside)
    )
    return (Cell(content[0], 0, 0, width, HEIGHT), *column)


def _grid(lanes: Sequence[str]) -> tuple[Cell, ...]:
    """Return equal places for all, in rows; the last row is centred."""
    across = next(n for n in range(1, len(lanes) + 2) if n * n >= len(lanes))
    width, height = _even(WIDTH // max(1, across)), _even(HEIGHT // max(1, across))
    rows = [lanes[first : first + across] for first in range(0, len(lanes), across)]
    top = _even((HEIGHT - height * len(rows)) // 2)
    return tuple(
        Cell(
            lane,
            _even((WIDTH - width * len(row)) // 2) + width * column,
            top + height * number,
            width,
            height,
        )
        for number, row in enumerate(rows)
        for column, lane in enumerate(row)
    )


def _even(pixels: int) -> int:
    """Return a number of pixels that colour, at half the resolution, can follow."""
    return pixels - pixels % 2


def fitted(cell: Cell, width: int, height: int) -> Cell:
    """Return the part of a cell that a picture of this size fills, kept in proportion."""
    scale = min(cell.width / width, cell.height / height)
    fit_width = min(cell.width, max(2, _even(round(width * scale))))
    fit_height = min(cell.height, max(2, _even(round(height * scale))))
    return Cell(
        cell.lane,
        cell.x + _even((cell.width - fit_width) // 2),
        cell.y + _even((cell.height - fit_height) // 2),
        fit_width,
        fit_height,
    )
