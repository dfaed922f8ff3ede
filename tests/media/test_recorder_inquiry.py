"""What may never be answered is asked once, and keeps nobody waiting."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from media.recorder.inquiry import Inquiry


class Oracle:
    """Answers when it may, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_asked, self.may_answer = threading.Event(), threading.Event()

    def __call__(self) -> int:
        self.asked += 1
        number = self.asked
        self.is_asked.set()
        self.may_answer.wait()
        return number


def test_each_question_that_is_answered_is_asked_anew() -> None:
    oracle = Oracle()
    oracle.may_answer.set()
    inquiry = Inquiry(oracle)
    assert [inquiry.answer(10.0) for _ in range(3)] == [1, 2, 3]
    assert inquiry.silent_s() == 0.0


def test_what_is_not_answered_is_not_asked_again_until_it_is() -> None:
    oracle = Oracle()
    inquiry = Inquiry(oracle)
    assert inquiry.answer(0.01) is None
    oracle.is_asked.wait()
    assert [inquiry.answer(0.01) for _ in range(5)] == [None] * 5
    assert oracle.asked == 1
    assert inquiry.silent_s() > 0.0
    oracle.may_answer.set()
    while inquiry.silent_s():
        pass
    assert inquiry.answer(10.0) == 2


def test_who_asks_together_has_one_answer() -> None:
    oracle = Oracle()
    inquiry = Inquiry(oracle)
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(inquiry.answer, 1.0) for _ in range(8)]
        assert [each.result() for each in answers] == [None] * 8
    oracle.is_asked.wait()
    assert oracle.asked == 1
    oracle.may_answer.set()


def test_a_fault_is_told_to_who_asked_and_ends_the_question() -> None:
    inquiry = Inquiry(lambda: 1 // 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            inquiry.answer(10.0)
    assert inquiry.silent_s() == 0.0
