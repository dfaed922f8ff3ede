"""The bare choice behind a plan: so many options out of each group, none against a limit. Pure.

Nothing of schools is left here but numbers, so that it can be handed to another process, and
tried against a search of everything in tests. All costs are whole numbers.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

# More than all else together may cost: a period that is not placed is worse than any plan.
UNPLACED = 10**6


@dataclass(frozen=True, slots=True)
class Option:
    """One weekly slot a group (an offering) could have."""

    group: int
    weekday: int
    cost: int


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` of these options (indices) may be chosen together."""

    options: tuple[int, ...]
    most: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """Options on one day of one class or teacher: each beyond `free` costs `weight`."""

    options: tuple[int, ...]
    free: int
    weight: int


@dataclass(frozen=True, slots=True)
class Choices:
    """`wanted[g]`: how many options of group g are to be chosen."""

    wanted: tuple[int, ...]
    options: tuple[Option, ...]
    limits: tuple[Limit, ...]
    crowds: tuple[Crowd, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return asdict(self)

    @classmethod
    def of_json(cls, value: dict[str, Any]) -> "Choices":
        """Read what `as_json` gave."""
        return cls(
            tuple(value["wanted"]),
            tuple(Option(**each) for each in value["options"]),
            tuple(Limit(tuple(each["options"]), each["most"]) for each in value["limits"]),
            tuple(
                Crowd(tuple(each["options"]), each["free"], each["weight"])
                for each in value["crowds"]
            ),
        )

    def cost(self, chosen: Sequence[int]) -> int:
        """Return what a choice costs, with what it leaves unplaced."""
        return self.placed_cost(chosen) + UNPLACED * sum(self.unplaced(chosen))

    def placed_cost(self, chosen: Sequence[int]) -> int:
        """Return what the chosen options cost, alone and together."""
        taken = set(chosen)
        alone = sum(self.options[index].cost for index in chosen)
        return alone + sum(
            crowd.weight * max(0, len(taken.intersection(crowd.options)) - crowd.free)
            for crowd in self.crowds
        )

    def unplaced(self, chosen: Sequence[int]) -> list[int]:
        """Return how many periods each group still lacks."""
        placed = Counter(self.options[index].group for index in chosen)
        return [wanted - placed[group] for group, wanted in enumerate(self.wanted)]

    def is_allowed(self, chosen: Sequence[int]) -> bool:
        """Return whether a choice keeps to every limit and gives no group too much."""
        taken = set(chosen)
        return (
            len(taken) == len(chosen)
            and min(self.unplaced(chosen), default=0) >= 0
            and all(len(taken.intersection(limit.options)) <= limit.most for limit in self.limits)
        )


@dataclass(frozen=True, slots=True)
class Chosen:
    """One answer. `is_best`: it is proved that none costs less (and differs enough)."""

    options: tuple[int, ...]
    is_best: bool


def least_difference(placed: int) -> int:
    """Return in how many slots a further plan must differ from each earlier one: a fifth."""
    return max(1, placed // 5)
