import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.attendance.sheet import to_csv


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_a_table_begins_with_a_byte_order_mark_and_ends_its_lines_with_crlf() -> None:
    text = to_csv(["学校", "人数"], [["示范小学", 32]])
    assert text == "\ufeff学校,人数\r\n示范小学,32\r\n"


def test_commas_quotes_and_line_breaks_stay_in_their_cell() -> None:
    cell = '三年级, "一班"\n音乐'
    assert read(to_csv(["班级"], [[cell]]))[1] == [cell]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "  ="])
def test_text_never_becomes_a_formula(start: str) -> None:
    cell = f'{start}HYPERLINK("http://evil.invalid")'
    assert read(to_csv(["x"], [[cell]]))[1] == ["'" + cell]


def test_numbers_stay_numbers_and_nothing_is_an_empty_cell() -> None:
    assert read(to_csv(["a", "b", "c"], [[-3, 2.5, None]]))[1] == ["-3", "2.5", ""]


typed = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.lists(typed, min_size=1, max_size=4))
def test_whatever_people_type_is_read_back_and_is_no_formula(cells: list[str]) -> None:
    row = read(to_csv(["x"] * len(cells), [cells]))[1]
    for cell, original in zip(row, cells, strict=True):
        assert cell in {original, "'" + original}
        assert cell.lstrip(" ")[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n"}
