"""开齐, 开足 and what is lacking, of one grade and subject at one site. Pure, and exact.

Periods are counted in tenths, for a plan may ask for half a period a week. What the database
sums up in `app.coverage.cells` is held against these rules by tests.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How a subject stands in a grade: 未开, 未开齐, 未开足, 开足."""

    NOT_OFFERED = "NOT_OFFERED"
    TOO_FEW = "TOO_FEW"
    OFFERED = "OFFERED"
    FULL = "FULL"


@dataclass(frozen=True, slots=True)
class Cell:
    """A grade and a subject at a site, over a period: all in tenths of a period."""

    required: int
    local: int
    delivered: int

    @property
    def lacking(self) -> int:
        """Return what the site itself does not teach."""
        return max(0, self.required - self.local)

    @property
    def filled(self) -> int:
        """Return how much of that was delivered; what is delivered beyond it fills nothing."""
        return min(self.lacking, self.delivered)

    @property
    def taught(self) -> int:
        """Return what was taught of what is required."""
        return min(self.required, self.local + self.delivered)

    @property
    def gap(self) -> int:
        """Return what is lacking still."""
        return self.required - self.taught

    def is_offered(self, permille: int) -> bool:
        """Return whether so many thousandths of what is required were taught (开齐)."""
        return (self.local + self.delivered) * 1000 >= permille * self.required

    def standing(self, permille: int) -> Standing:
        """Return the word for it."""
        if not self.gap:
            return Standing.FULL
        if self.is_offered(permille):
            return Standing.OFFERED
        return Standing.TOO_FEW if self.local + self.delivered else Standing.NOT_OFFERED


@dataclass(frozen=True, slots=True)
class Totals:
    """What the cells of a site, a county or a province come to."""

    subjects: int = 0
    offered: int = 0
    required: int = 0
    taught: int = 0
    lacking: int = 0
    filled: int = 0


def total(cells: Iterable[Cell], *, permille: int) -> Totals:
    """Sum cells up: each stands for itself, none makes up for another."""
    found = list(cells)
    return Totals(
        subjects=len(found),
        offered=sum(cell.is_offered(permille) for cell in found),
        required=sum(cell.required for cell in found),
        taught=sum(cell.taught for cell in found),
        lacking=sum(cell.lacking for cell in found),
        filled=sum(cell.filled for cell in found),
    )


def local_of_classes(taught: Iterable[int]) -> int:
    """Return what a grade is taught locally: what the class that is taught least has."""
    return min(taught, default=0)


def is_regular(*, weeks_with: int, weeks: int, permille: int) -> bool:
    """Return whether a subject was taught in so many thousandths of the teaching weeks."""
    return weeks > 0 and weeks_with * 1000 >= permille * weeks


def is_met(*, delivered: int, asked: int, permille: int) -> bool:
    """Return whether a need was met by so many thousandths of the periods it asks for."""
    return delivered * 1000 >= permille * asked
