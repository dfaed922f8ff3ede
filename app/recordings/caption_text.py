"""Captions as people bring them (WebVTT, SRT), read strictly and written as one plain WebVTT.

What is kept of a file are its times and its words, with `<b>`, `<i>`, `<u>` and who speaks (`<v>`);
every other mark-up is taken off, and what could be read as some is escaped. So nothing of it can be
a script wherever it is shown. Places on the picture, styles and notes are dropped: our player has a
place for captions. Sources: WebVTT (W3C, section 4); SRT has no standard, this is what programs
write.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from typing import Final

MOST_BYTES: Final = 1024 * 1024
MOST_CUES: Final = 5_000
MOST_CHARACTERS: Final = 500
"""Of one caption, without its mark-up: more than anybody reads at once."""
MOST_LINES: Final = 8
MOST_SHOWN_FAULTS: Final = 20
_MOST_RAW: Final = 4 * MOST_CHARACTERS
"""Of one caption as it was written: what is searched for mark-up is bounded first."""
_KEPT_TAGS: Final = frozenset({"b", "i", "u", "v"})
_LEAST_COMMON: Final = 0.9
"""This share of a GB18030 file's characters is of GB 2312, or it was written in something else."""


class FaultKind(StrEnum):
    """What can be wrong with a file of captions; the page has a sentence for each."""

    ENCODING = "encoding"
    HEADER = "header"
    NO_TIMES = "no-times"
    TIMES = "times"
    ORDER = "order"
    BEYOND = "beyond"
    TOO_LONG = "too-long"
    TAG = "tag"
    CONTROL = "control"
    NO_CUES = "no-cues"
    TOO_MANY = "too-many"


TO_DO: Final = {
    FaultKind.ENCODING: "The file is no text in UTF-8, nor SRT in GB18030: save it as UTF-8.",
    FaultKind.HEADER: "After WEBVTT a blank line must follow.",
    FaultKind.NO_TIMES: "There are no times above this text. A blank line ends a caption: remove "
    "it, or write the times.",
    FaultKind.TIMES: "The times cannot be read. Write them as 00:01:02.500 --> 00:01:04.000, with "
    "a blank line before the caption.",
    FaultKind.ORDER: "The caption ends before it begins: correct its times.",
    FaultKind.BEYOND: "The caption begins after the end of the recording: is it another lesson's?",
    FaultKind.TOO_LONG: f"The caption has more than {MOST_CHARACTERS} characters or {MOST_LINES} "
    "lines: split it.",
    FaultKind.TAG: "A < is not closed by a >. If it is meant as it stands, write &lt;.",
    FaultKind.CONTROL: "The line has a character that cannot be shown: remove it.",
    FaultKind.NO_CUES: "There is no caption in the file. Bring WebVTT (.vtt) or SubRip (.srt).",
    FaultKind.TOO_MANY: f"There are more than {MOST_CUES} captions.",
}


@dataclass(frozen=True, slots=True)
class Cue:
    """Words to be shown from when to when, in ms of the lesson. `text`: WebVTT cue text."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in which line, counted from 1."""

    line: int
    problem: FaultKind


class CaptionsFaulty(Exception):
    """The file is not taken; `faults` in the order of their lines, at least one."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


def read_captions(content: bytes, *, duration_ms: int) -> list[Cue]:
    """Return the captions of a file by their beginning. Raise CaptionsFaulty.

    What ends after the recording ends with it; what has no words is left out.
    """
    text = _decoded(content)
    lines = re.split(r"\r\n|\n|\r", text)
    is_vtt = text.startswith("WEBVTT")
    faults = list(_control_faults(lines))
    cues: list[Cue] = []
    first = _after_header(lines, faults) if is_vtt else 0
    for number, block in _blocks(lines, first):
        if is_vtt and _is_no_cue(block[0]):
            continue
        try:
            cue = _cue(number, block, is_vtt=is_vtt, duration_ms=duration_ms)
        except _At as fault:
            faults.append(Fault(fault.line, fault.problem))
            continue
        if cue is not None:
            cues.append(cue)
    if not cues and not faults:
        faults.append(Fault(1, FaultKind.NO_CUES))
    if len(cues) > MOST_CUES:
        faults.append(Fault(1, FaultKind.TOO_MANY))
    if faults:
        raise CaptionsFaulty(sorted(faults, key=lambda fault: fault.line))
    return sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms))


def write_captions(cues: Iterable[Cue], *, header: str = "") -> str:
    """Return captions as WebVTT. `header`: a line that goes with its first."""
    head = f"WEBVTT\n{header}\n" if header else "WEBVTT\n"
    return "".join([head, *(f"\n{_times(cue)}\n{cue.text}\n" for cue in cues)])


def written_captions(text: str) -> Iterator[Cue]:
    """Yield the captions of what `write_captions` wrote."""
    for block in text.split("\n\n")[1:]:
        times, _, words = block.rstrip("\n").partition("\n")
        start, _, end = times.partition(" --> ")
        yield Cue(_ms_written(start), _ms_written(end), words)


def stamp(ms: int) -> str:
    """Return a moment as WebVTT writes it."""
    seconds, thousandths = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{thousandths:03}"


class _At(Exception):
    """A fault in a line, while a caption is read."""

    def __init__(self, line: int, problem: FaultKind) -> None:
        super().__init__(line, problem)
        self.line, self.problem = line, problem


def _times(cue: Cue) -> str:
    return f"{stamp(cue.start_ms)} --> {stamp(cue.end_ms)}"


def _ms_written(text: str) -> int:
    hours, minutes, rest = text.split(":")
    seconds, thousandths = rest.split(".")
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(thousandths)


def _decoded(content: bytes) -> str:
    """Decode strictly: UTF-8, UTF-16 with its mark, or what can only be Chinese SRT in GB18030."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            raise CaptionsFaulty([Fault(1, FaultKind.ENCODING)]) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong = CaptionsFaulty(
            [Fault(content.count(b"\n", 0, error.start) + 1, FaultKind.ENCODING)]
        )
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        raise wrong from None
    # WebVTT is UTF-8 by its standard. And GB18030 takes nearly any bytes: what was written in
    # Big5 comes out as characters nobody uses.
    beyond_ascii = [character for character in text if character > "\x7f"]
    common = sum(_is_common(character) for character in beyond_ascii)
    if text.startswith("WEBVTT") or common < _LEAST_COMMON * len(beyond_ascii):
        raise wrong
    return text


def _is_common(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _control_faults(lines: Sequence[str]) -> Iterator[Fault]:
    for number, line in enumerate(lines, start=1):
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", line):
            yield Fault(number, FaultKind.CONTROL)


def _after_header(lines: Sequence[str], faults: list[Fault]) -> int:
    """Return the index of the first line that may belong to a caption."""
    if not re.fullmatch(r"WEBVTT([ \t].*)?", lines[0]):
        faults.append(Fault(1, FaultKind.HEADER))
    for index, line in enumerate(lines):
        if not line.strip():
            return index
        if "-->" in line:
            faults.append(Fault(index + 1, FaultKind.HEADER))
            return index
    return len(lines)


def _blocks(lines: Sequence[str], first: int) -> Iterator[tuple[int, list[str]]]:
    """Yield what stands between blank lines, with the number of its first line."""
    block: list[str] = []
    for number, line in enumerate([*lines[first:], ""], start=first + 1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _is_no_cue(line: str) -> bool:
    """Return whether a block that begins so is a note, a style or a region (4.1)."""
    return re.match(r"(NOTE([ \t]|$)|(STYLE|REGION)[ \t]*$)", line) is not None


_TIME = r"(?:([0-9]{1,4}):)?([0-5][0-9]):([0-5][0-9])[.,]([0-9]{3})"
_TIMES = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}(?:[ \t].*)?")
_VTT_TIMES = re.compile(_TIMES.pattern.replace("[.,]", r"\."))


def _cue(number: int, block: list[str], *, is_vtt: bool, duration_ms: int) -> Cue | None:
    """Read one caption, or nothing where there are no words. Raise _At."""
    # The name of a caption, or its number in SRT, stands above its times.
    above = 0 if "-->" in block[0] else 1
    if above >= len(block) or "-->" not in block[above]:
        raise _At(number, FaultKind.NO_TIMES)
    number += above
    found = (_VTT_TIMES if is_vtt else _TIMES).fullmatch(block[above])
    if found is None:
        raise _At(number, FaultKind.TIMES)
    start_ms, end_ms = _ms_of(found.groups()[:4]), _ms_of(found.groups()[4:])
    if end_ms <= start_ms:
        raise _At(number, FaultKind.ORDER)
    if start_ms >= duration_ms:
        raise _At(number, FaultKind.BEYOND)
    text = _words(number + 1, block[above + 1 :], is_vtt=is_vtt)
    return Cue(start_ms, min(end_ms, duration_ms), text) if text else None


def _words(number: int, lines: list[str], *, is_vtt: bool) -> str:
    """Read the lines below the times; nothing where there are no words. Raise _At."""
    for below, line in enumerate(lines, start=number):
        if "-->" in line:
            raise _At(below, FaultKind.TIMES)
    if len(lines) > MOST_LINES or sum(map(len, lines)) > _MOST_RAW:
        raise _At(number, FaultKind.TOO_LONG)
    text = _Words()
    for below, line in enumerate(lines, start=number):
        text.begin_line()
        try:
            (_read_vtt if is_vtt else _read_srt)(line.strip(), text)
        except _Unclosed:
            raise _At(below, FaultKind.TAG) from None
    if text.characters > MOST_CHARACTERS:
        raise _At(number, FaultKind.TOO_LONG)
    return text.written() if text.characters else ""


def _ms_of(groups: Sequence[str | None]) -> int:
    hours, minutes, seconds, thousandths = (int(group or 0) for group in groups)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths


class _Unclosed(Exception):
    """A tag begins and does not end."""


class _Words:
    """Cue text as it is written down: every line has words, every tag that opens is closed."""

    def __init__(self) -> None:
        self.characters = 0
        self._pieces: list[str] = []
        self._open: list[str] = []
        self._line_has_words = False
        self._breaks = False

    def begin_line(self) -> None:
        """Have what follows stand below what there is."""
        self._breaks = self._breaks or self._line_has_words
        self._line_has_words = False

    def add(self, text: str) -> None:
        """Add words: blanks among them, also line breaks from references, become one."""
        text = re.sub(r"\s+", " ", text)
        if text in {"", " "} and not self._line_has_words:
            return
        if self._breaks:
            self._pieces.append("\n")
            self._breaks = False
        self._line_has_words = True
        self.characters += len(text)
        self._pieces.append(_escaped(text))

    def open(self, tag: str, speaker: str) -> None:
        """Begin a tag that is kept; `speaker` of a `v`, which is none without."""
        speaker = re.sub(r"\s+", " ", speaker).strip()
        if tag == "v" and not speaker:
            return
        self._open.append(tag)
        self._pieces.append(f"<v {_escaped(speaker)}>" if tag == "v" else f"<{tag}>")

    def close(self, tag: str) -> None:
        """End a tag with those within it; nothing if it is not open."""
        while tag in self._open:
            inner = self._open.pop()
            self._pieces.append(f"</{inner}>")
            if inner == tag:
                return

    def written(self) -> str:
        """Return it all, with what is still open closed."""
        while self._open:
            self.close(self._open[-1])
        return "".join(self._pieces)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _read_vtt(line: str, words: _Words) -> None:
    """Read WebVTT cue text (4.2.2). Raise _Unclosed."""
    at = 0
    for found in re.finditer(r"<(/?)([^.\s<>]*)(?:\.[^\s<>]*)?(?:\s([^<>]*))?>", line):
        _add_plain(line[at : found.start()], words)
        at = found.end()
        tag = found[2].lower()
        if tag in _KEPT_TAGS:
            if found[1]:
                words.close(tag)
            else:
                words.open(tag, unescape(found[3] or ""))
    _add_plain(line[at:], words)


def _add_plain(text: str, words: _Words) -> None:
    if "<" in text:
        raise _Unclosed
    words.add(unescape(text))


def _read_srt(line: str, words: _Words) -> None:
    r"""Read SRT: `b`, `i` and `u` are kept, `font` and `{\an8}` taken off, all else is words."""
    at = 0
    for found in re.finditer(r"<(/?)([biu])>|</?font\b[^<>]*>|\{\\[^{}]*\}", line, re.IGNORECASE):
        words.add(line[at : found.start()])
        at = found.end()
        if found[2] is not None:
            if found[1]:
                words.close(found[2].lower())
            else:
                words.open(found[2].lower(), "")
    words.add(line[at:])
