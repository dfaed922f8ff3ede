"""Whether a series grows: a slope that outliers cannot bend, and a test that it is no chance.

The slope is Theil's and Sen's (the median of all slopes between two points); the test is
Mann's and Kendall's (how many pairs rise, against how many fall). Neither supposes that the
noise is normal: a collector's saw-tooth and a late log line are not.
"""

import math
from collections.abc import Sequence
from itertools import combinations
from statistics import median

LEAST_POINTS = 5


def slope(values: Sequence[float]) -> float:
    """Return the growth from one point to the next; NaN for fewer than two points."""
    if len(values) < 2:
        return math.nan
    return median(
        (later - earlier) / (j - i)
        for (i, earlier), (j, later) in combinations(enumerate(values), 2)
    )


def rises(values: Sequence[float], *, confidence: float = 0.99) -> bool:
    """Return True if the series rises and chance alone would seldom make it do so.

    Fewer than five points never prove anything.
    """
    count = len(values)
    if count < LEAST_POINTS:
        return False
    score = sum((b > a) - (b < a) for a, b in combinations(values, 2))
    ties = [values.count(value) for value in set(values)]
    variance = (
        count * (count - 1) * (2 * count + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)
    ) / 18
    if score <= 0 or variance <= 0:
        return False
    z = (score - 1) / math.sqrt(variance)
    chance = math.erfc(z / math.sqrt(2)) / 2
    return chance < 1 - confidence
