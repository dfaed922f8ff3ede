"""Files of captions: what is read of them, what is refused and in which line."""

import re
import string
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recordings.caption_text import (
    MOST_BYTES,
    MOST_CHARACTERS,
    MOST_CUES,
    MOST_LINES,
    TO_DO,
    CaptionsFaulty,
    Cue,
    Fault,
    FaultKind,
    read_captions,
    write_captions,
    written_captions,
)

LENGTH_MS = 60_000
CHINESE = "1\r\n00:00:01,000 --> 00:00:02,500\r\n今天我们来学习音乐\r\n"


def read(text: str | bytes) -> list[Cue]:
    content = text.encode() if isinstance(text, str) else text
    return read_captions(content, duration_ms=LENGTH_MS)


def one(words: str, *, as_srt: bool = False) -> str:
    """The text of one caption with these words."""
    times = "00:00:01,000 --> 00:00:02,000" if as_srt else "00:01.000 --> 00:02.000"
    (cue,) = read(f"{'' if as_srt else 'WEBVTT'}\n\n{times}\n{words}\n")
    return cue.text


def faults(text: str | bytes) -> list[Fault]:
    with pytest.raises(CaptionsFaulty) as refused:
        read(text)
    return list(refused.value.faults)


@pytest.mark.parametrize(
    "content",
    [
        CHINESE.encode(),
        CHINESE.encode("utf-8-sig"),
        CHINESE.encode("gb18030"),
        CHINESE.encode("utf-16"),
        CHINESE.replace("\r\n", "\n").encode(),
        CHINESE.replace("\r\n", "\r").encode("gb18030"),
        CHINESE.replace(",", ".").encode(),
        b"WEBVTT\n\n00:01.000 --> 00:02.500\n" + "今天我们来学习音乐".encode(),
        "WEBVTT - 音乐\nKind: captions\n\nname\n0:00:01.000 --> 0:00:02.500 line:0\n"
        "今天我们来学习音乐".encode("utf-8-sig"),
    ],
)
def test_captions_are_read_as_programs_write_them(content: bytes) -> None:
    assert read(content) == [Cue(1000, 2500, "今天我们来学习音乐")]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (CHINESE.replace("今天我们来学习音乐", "今天我們來學習音樂").encode("big5", "replace"), 3),
        ("WEBVTT\n\n00:01.000 --> 00:02.500\n今天\n".encode("gb18030"), 4),
        (CHINESE.encode("utf-16")[:-1], 1),
        ("1\n00:00:01,000 --> 00:00:02,500\ncafé".encode("latin-1"), 3),
        ("1\n00:00:01,000 --> 00:00:02,500\nབོད་སྐད་".encode("gb18030"), 3),
        (b"\x89PNG\r\n\x1a\n\0\0", 1),
    ],
)
def test_what_is_in_no_known_encoding_is_refused(content: bytes, line: int) -> None:
    assert Fault(line, FaultKind.ENCODING) in faults(content)


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("<b>大</b><i>斜</i><u>线</u>", "<b>大</b><i>斜</i><u>线</u>"),
        ("<v 李老师>好", "<v 李老师>好</v>"),
        ("<v.loud  李  老师 >好</v>", "<v 李 老师>好</v>"),
        ("<v>好</v>", "好"),
        ("<c.red>红</c> <lang en>red</lang> <00:01.500>late", "红 red late"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("<img src=x onerror=alert(1)>好", "好"),
        ("<b onclick=x>大", "<b>大</b>"),
        (
            "&lt;script&gt; &amp; &#10;&#10;00:03.000 --&gt;",
            "&lt;script&gt; &amp; 00:03.000 --&gt;",
        ),
        ("<v &lt;script&gt;>好", "<v &lt;script&gt;>好</v>"),
        ("<b>大<i>斜</b>后</i>", "<b>大<i>斜</i></b>后"),
        ("</b>好", "好"),
        ("<b>上\n下</b>", "<b>上\n下</b>"),
        ("上\n<c></c>\n<b>\n下</b>", "上<b>\n下</b>"),
        ("  上  \n \u3000", "上"),
        ("3 > 2", "3 &gt; 2"),
        ("a&#27;&#0;&#12;&NewLine;&#133;b", "a\ufffd …b"),
    ],
)
def test_of_mark_up_only_what_cannot_harm_is_kept(words: str, written: str) -> None:
    assert one(words) == written
    assert one(written) == written


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("<I>斜</I>{\\an8}上", "<i>斜</i>上"),
        ('<font color="red">红</font>', "红"),
        ("3 < 5 <script>", "3 &lt; 5 &lt;script&gt;"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("<v 李老师>好", "&lt;v 李老师&gt;好"),
        ("{好}", "{好}"),
    ],
)
def test_srt_has_little_mark_up_and_all_else_is_words(words: str, written: str) -> None:
    assert one(words, as_srt=True) == written


def test_notes_styles_and_captions_without_words_are_left_out() -> None:
    text = (
        "WEBVTT\n\nNOTE\nby 李老师\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:a\n\n"
        "00:03.000 --> 00:04.000\n<b></b>\n\n00:01.000 --> 00:02.000\n好\n\n"
        "00:05.000 --> 00:06.000\n"
    )
    assert read(text) == [Cue(1000, 2000, "好")]


def test_captions_are_in_order_may_overlap_and_end_with_the_recording() -> None:
    text = (
        "2\n00:00:50,000 --> 01:00:00,000\nb\n\n1\n00:00:01,000 --> 00:00:55,000\na\n"
        "\n\n\n3\n00:00:59,999 --> 00:01:00,000\nc"
    )
    assert read(text) == [
        Cue(1000, 55_000, "a"),
        Cue(50_000, 60_000, "b"),
        Cue(59_999, 60_000, "c"),
    ]


def srt(*blocks: str) -> str:
    return "\n\n".join(blocks)


GOOD = "1\n00:00:01,000 --> 00:00:02,000\n好"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [Fault(1, FaultKind.NO_CUES)]),
        ("WEBVTT", [Fault(1, FaultKind.NO_CUES)]),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n \n", [Fault(1, FaultKind.NO_CUES)]),
        ("WEBVTTX\n\n00:01.000 --> 00:02.000\n好", [Fault(1, FaultKind.HEADER)]),
        ("WEBVTT\n00:01.000 --> 00:02.000\n好", [Fault(2, FaultKind.HEADER)]),
        ("这是一篇作文\n第二行", [Fault(1, FaultKind.NO_TIMES)]),
        (srt(GOOD, "又一行"), [Fault(5, FaultKind.NO_TIMES)]),
        (srt(GOOD, "2\n好"), [Fault(5, FaultKind.NO_TIMES)]),
        (srt(GOOD, "2\n3\n00:00:01,000 --> 00:00:02,000\n好"), [Fault(5, FaultKind.NO_TIMES)]),
        (srt(GOOD, "2\n00:00:61,000 --> 00:00:62,000\n好"), [Fault(6, FaultKind.TIMES)]),
        (srt(GOOD, "2\n00:61:00,000 --> 00:62:00,000\n好"), [Fault(6, FaultKind.TIMES)]),
        (srt(GOOD, "2\n00:00:01 --> 00:00:02\n好"), [Fault(6, FaultKind.TIMES)]),
        (srt(GOOD, "2\n-1:00:01,000 --> 00:00:02,000\n好"), [Fault(6, FaultKind.TIMES)]),
        (srt(GOOD, "2\n00:00:01,000 --> 99999:00:02,000\n好"), [Fault(6, FaultKind.TIMES)]),
        (srt(GOOD, "2\n00:00:01,000 --> 00:00:02,000好"), [Fault(6, FaultKind.TIMES)]),
        ("WEBVTT\n\n00:01,000 --> 00:02,000\n好", [Fault(3, FaultKind.TIMES)]),
        (f"{GOOD}\n2\n00:00:03,000 --> 00:00:04,000\n好", [Fault(5, FaultKind.TIMES)]),
        (srt(GOOD, "00:00:02,000 --> 00:00:02,000\n好"), [Fault(5, FaultKind.ORDER)]),
        (srt(GOOD, "00:00:02,000 --> 00:00:01,999\n好"), [Fault(5, FaultKind.ORDER)]),
        (srt(GOOD, "00:01:00,000 --> 00:01:01,000\n好"), [Fault(5, FaultKind.BEYOND)]),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n好\n3 < 5", [Fault(5, FaultKind.TAG)]),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n<b好", [Fault(4, FaultKind.TAG)]),
        (srt(GOOD, "00:00:01,000 --> 00:00:02,000\n好\0"), [Fault(6, FaultKind.CONTROL)]),
        (srt("1\x07", GOOD), [Fault(1, FaultKind.NO_TIMES), Fault(1, FaultKind.CONTROL)]),
        (
            srt("00:00:02,000 --> 00:00:01,000\n好", GOOD, "00:02:00,000 --> 00:02:01,000\n好"),
            [Fault(1, FaultKind.ORDER), Fault(8, FaultKind.BEYOND)],
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, found: list[Fault]) -> None:
    assert set(faults(text)) == set(found)


def test_every_fault_says_what_to_do() -> None:
    assert set(TO_DO) == set(FaultKind)


def test_a_caption_has_no_more_than_can_be_read() -> None:
    assert len(one("字" * MOST_CHARACTERS)) == MOST_CHARACTERS
    assert one("\n".join("字" * MOST_LINES)).count("\n") == MOST_LINES - 1
    # Mark-up is no text to be read.
    assert one("<b>字</b>" * 100) == "<b>字</b>" * 100
    for words in ("字" * (MOST_CHARACTERS + 1), "字\n" * (MOST_LINES + 1), "<b>字</b>" * 1000):
        text = f"{GOOD}\n\n00:00:01,000 --> 00:00:02,000\n{words}"
        assert faults(text) == [Fault(6, FaultKind.TOO_LONG)]


def test_there_are_no_more_captions_than_a_lesson_has() -> None:
    assert len(read(srt(*[GOOD] * MOST_CUES))) == MOST_CUES
    assert faults(srt(*[GOOD] * (MOST_CUES + 1))) == [Fault(1, FaultKind.TOO_MANY)]


@pytest.mark.parametrize("piece", ["<", "<b", "<v ", "<font ", "{\\", "&", "&#", "-", " ", "\n"])
@pytest.mark.parametrize("header", ["WEBVTT\n\n", ""])
def test_a_file_of_the_largest_size_is_read_in_a_time_that_grows_with_it(
    header: str, piece: str
) -> None:
    """Whatever it is made of: what is searched again from every place is bounded first."""

    def cost(size: int) -> float:
        block = "00:00:01.000 --> 00:00:02.000\n" + piece * (1900 // len(piece)) + "x\n\n"
        content = (header + block * (size // len(block))).encode()
        began = time.process_time()
        with suppress(CaptionsFaulty):
            read(content)
        return time.process_time() - began

    small = min(cost(MOST_BYTES // 16) for _ in range(3))
    large = cost(MOST_BYTES)
    assert large < 16 * 6 * small + 0.5, (small, large)


WORDS = st.text(
    st.one_of(
        st.sampled_from("<>&/bivu.; \t-#:\\{}"),
        st.sampled_from(string.ascii_letters),
        st.characters(exclude_categories=["Cc", "Cs"]),
    ),
    max_size=60,
)


@given(
    st.lists(
        st.tuples(st.integers(0, LENGTH_MS - 1), st.integers(1, 5_000), WORDS, WORDS), max_size=5
    ),
    st.booleans(),
)
def test_what_was_read_is_written_and_read_as_the_same(
    captions: list[tuple[int, int, str, str]], as_srt: bool
) -> None:
    stamped = [
        (start // 1000, start % 1000, (start + length) // 1000, (start + length) % 1000, a, b)
        for start, length, a, b in captions
    ]
    body = "\n\n".join(
        f"00:{s // 60:02}:{s % 60:02}.{ms:03} --> 00:{e // 60:02}:{e % 60:02}.{ems:03}\n{a}\n{b}"
        for s, ms, e, ems, a, b in stamped
    )
    try:
        cues = read(body if as_srt else f"WEBVTT\n\n{body}")
    except CaptionsFaulty:
        return
    text = write_captions(cues)
    assert read(text) == list(written_captions(text)) == cues
    assert not re.search(r"(?!\n)[\x00-\x1f\x7f-\x9f]", text)
    assert all(line.strip() for cue in cues for line in cue.text.split("\n"))
