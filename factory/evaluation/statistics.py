"""What can be said of a model from a sample of questions, and of two models from the same ones.

Questions are what is sampled: several answers to one question are averaged first, so that intervals are not too
narrow. An interval without a width is none: what is drawn from questions that all came out alike is always the same,
however few they are. Source: Wilson's interval (`factory.judge_eval.figures`); the bootstrap percentile interval,
https://doi.org/10.1214/aos/1176344552; McNemar's test, its exact form, https://doi.org/10.1007/BF02295996; pass@k
without bias, section 2.1 of https://arxiv.org/abs/2107.03374. What it leaves out: corrections for many comparisons.
"""

from collections.abc import Sequence
from fractions import Fraction
from hashlib import sha256
from math import comb
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from factory.judge_eval.figures import wilson

Interval = tuple[float, float]
Values = npt.NDArray[np.float64]

RESAMPLES = 5_000
"""How often questions are drawn anew."""
LEVEL = 0.95
PLACES = 6
"""Decimals of what is told: the last bits of a float may differ between machines."""
_BLOCK = 4_000_000
"""Places that are drawn at once."""


class Resampled(NamedTuple):
    """The means of several series over the same questions, drawn anew many times."""

    means: Values
    """One row per series, one column per draw."""

    def interval(self, series: int) -> Interval | None:
        """The middle 95 % of a series' means; None where all questions came out alike, or there is just one."""
        return _middle(self.means[series])

    def between(self, one: int, other: int) -> Interval | None:
        """The middle 95 % of the difference of two series, which are paired by question; None where all are alike."""
        return _middle(self.means[one] - self.means[other])


def resampled(series: Sequence[Sequence[float]], key: str) -> Resampled:
    """The means of series of equal length, each draw taking the same questions of all.

    Args:
        series: one value per question in each.
        key: what the drawing is seeded by.
    """
    values = np.array([list(one) for one in series], np.float64)
    n = values.shape[1]
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(sha256(key.encode()).digest()[:16], "big")))
    found: list[Values] = []
    left = RESAMPLES
    while left:
        draws = min(left, max(1, _BLOCK // n))
        left -= draws
        places = rng.integers(0, n, size=(draws, n))
        found.append(np.array([one[places].mean(axis=1) for one in values]))
    return Resampled(np.concatenate(found, axis=1))


def _middle(means: Values) -> Interval | None:
    tail = 100 * (1 - LEVEL) / 2
    low, high = (rounded(float(end)) for end in np.percentile(means, [tail, 100 - tail]))
    return (low, high) if low < high else None


def of_share(values: Sequence[float], key: str) -> Interval | None:
    """The interval of a mean of shares; Wilson's where each is 0 or 1, or all are alike. None of nothing."""
    drawn = None if set(values) <= {0.0, 1.0} else resampled([values], key).interval(0)
    ends = drawn or wilson(sum(values), len(values))
    return ends and (rounded(ends[0]), rounded(ends[1]))


def mcnemar(better: int, worse: int) -> float:
    """The two-sided p-value that two models are equally good, where one alone is right so often, the other so often.

    Exact: each of these questions is a fair coin.
    """
    n, fewer = better + worse, min(better, worse)
    if n == 0:
        return 1.0
    term, total = 1, 0
    for k in range(fewer + 1):
        total += term
        term = term * (n - k) // (k + 1)
    return min(1.0, float(Fraction(2 * total, 2**n)))


def pass_at(k: int, n: int, right: int) -> float:
    """The chance that at least one of `k` answers is right, where `right` of `n` were."""
    return 1.0 - comb(n - right, k) / comb(n, k)


def rounded(value: float) -> float:
    """To the decimals that are told."""
    return round(value, PLACES) + 0.0
