"""Functions that refuse in each of the ways `tests.app.raised` must read."""

from typing import Annotated

from app.errors import Forbidden, NotFound, WrongState


def quiet(_text: str) -> None:
    """Refuse nothing."""


def strict(text: str) -> None:
    if not text:
        raise NotFound


class Guard:
    def check(self) -> None:
        raise Forbidden

    @property
    def state(self) -> str:
        raise WrongState


def made() -> Guard:
    return Guard()


STEPS = {"a": quiet, "b": strict}
Given = Annotated[Guard, "given"]


def by_name() -> None:
    strict("")


def by_table(step: str) -> None:
    STEPS[step]("")


def by_method(guard: Given) -> None:
    guard.check()


def by_property() -> str:
    guard = made()
    return guard.state


def by_what_is_returned() -> None:
    made().check()


def handled() -> None:
    try:
        strict("")
    except NotFound:
        raise WrongState from None


def handled_too_late() -> None:
    try:
        quiet("")
    except Forbidden:
        strict("")


def around(count: int) -> None:
    if count:
        by_name()
        around(count - 1)


def own_name(strict: str) -> str:
    return strict


def looked_at(error: Exception) -> bool:
    try:
        raise error
    except NotFound:
        return True
