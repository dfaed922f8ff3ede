import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recordings.ranges import ByteRange, NotSatisfiable, choose_range

ETAG = '"abc"'


def choose(header: str | None, if_range: str | None = None, size: int = 100) -> ByteRange | None:
    return choose_range(header, if_range, etag=ETAG, size=size)


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=10-", 10, 99),
        ("bytes=0-0", 0, 0),
        ("bytes=99-99", 99, 99),
        ("bytes=90-999", 90, 99),
        ("bytes=-10", 90, 99),
        ("bytes=-1000", 0, 99),
        (" bytes=1-2 ", 1, 2),
    ],
)
def test_one_range_is_cut_to_what_there_is(header: str, first: int, last: int) -> None:
    assert choose(header) == ByteRange(first, last, 100)


def test_a_range_says_its_length_and_its_header() -> None:
    chosen = ByteRange(10, 19, 100)
    assert chosen.length == 10
    assert chosen.content_range == "bytes 10-19/100"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=9-1",
        "bytes=a-b",
        "bytes=0-9,20-29",
        "bytes=0-9, 20-29",
        "bytes=+1-2",
        "bytes=1-2-3",
        "bytes=0x1-0x2",
        "bytes=１-２",
        "items=0-9",
        "bytes=" + "9" * 5000 + "-",
        "bytes=0-" + "9" * 19,
    ],
)
def test_what_is_no_single_range_of_bytes_is_ignored(header: str | None) -> None:
    assert choose(header) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_outside_cannot_be_satisfied(header: str) -> None:
    with pytest.raises(NotSatisfiable):
        choose(header)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=0-0", "bytes=-1"])
def test_nothing_of_an_empty_file_can_be_asked_for(header: str) -> None:
    with pytest.raises(NotSatisfiable):
        choose(header, size=0)


def test_if_range_with_the_same_tag_gives_the_range() -> None:
    assert choose("bytes=0-9", ETAG) == ByteRange(0, 9, 100)


@pytest.mark.parametrize("tag", ['"abd"', 'W/"abc"', "abc", "Mon, 23 Nov 2026 04:00:00 GMT"])
def test_if_range_with_anything_else_gives_the_whole(tag: str) -> None:
    assert choose("bytes=0-9", tag) is None
    assert choose("bytes=100-", tag) is None


@given(
    st.text(max_size=30) | st.from_regex(r"bytes=[0-9]*-[0-9]*(,[0-9]*-[0-9]*)?", fullmatch=True),
    st.integers(0, 200),
)
def test_any_header_gives_bytes_that_exist_or_is_refused(header: str, size: int) -> None:
    try:
        chosen = choose(header, size=size)
    except NotSatisfiable:
        return
    if chosen is not None:
        assert 0 <= chosen.first <= chosen.last < size
