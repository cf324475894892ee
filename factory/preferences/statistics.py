"""Correlations and spreads that come out the same on every machine.

Sums of fractions depend on their order, which numpy changes with the processor; `math.fsum` is exact.

Source: Kendall's tau-b, https://en.wikipedia.org/wiki/Kendall_rank_correlation_coefficient (ties count for neither).
"""

from collections import Counter
from math import fsum, sqrt

import numpy as np
from numpy.typing import NDArray

from factory.preferences.figures import Bin, Spread

Floats = NDArray[np.float64]

BINS = 20
_NEARLY = 100
"""How many numbers may be one value but for how they were computed."""
QUANTILES = (0, 5, 25, 50, 75, 95, 100)
LEAST = 3
"""Pairs of numbers from which a correlation says anything: of two it is always 1 or -1."""


def rounded(value: float) -> float:
    """Six digits."""
    return float(f"{value:.6g}")


def share(count: int, total: int) -> float:
    """Of 1, with four decimals; 0 of nothing is 0."""
    return round(count / total, 4) if total else 0.0


def mean(values: Floats) -> float:
    """The mean of one or more values."""
    return fsum(values.tolist()) / len(values)


def pearson(left: Floats, right: Floats) -> float | None:
    """Pearson's correlation; None where there are few values or one side has one value alone."""
    if len(left) < LEAST:
        return None
    x, y = left - mean(left), right - mean(right)
    spread = sqrt(fsum((x * x).tolist())) * sqrt(fsum((y * y).tolist()))
    return rounded(fsum((x * y).tolist()) / spread) if spread else None


def spearman(left: Floats, right: Floats) -> float | None:
    """Spearman's correlation: Pearson's of the ranks, equal values having their mean one."""
    return pearson(_ranks(left), _ranks(right))


def _ranks(values: Floats) -> Floats:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    means: Floats = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return means


def kendall(left: Floats, right: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Kendall's tau-b of each row, and of which rows there is one; pairs with a NaN don't count.

    Args:
        left: one row per group, one column per member.
        right: the same.
    """
    first, second = np.triu_indices(left.shape[1], 1)
    x, y = (np.sign(side[:, first] - side[:, second]) for side in (left, right))
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = np.where(both, x, 0.0), np.where(both, y, 0.0)
    agree = (x * y).sum(axis=1)
    apart = np.abs(x).sum(axis=1) * np.abs(y).sum(axis=1)
    told = apart > 0
    return agree / np.sqrt(np.where(told, apart, 1.0)), told


def spread(values: Floats) -> Spread | None:
    """How the values are spread; None where there are none."""
    if not len(values):
        return None
    points = np.quantile(values, [place / 100 for place in QUANTILES]).tolist()
    quantiles = {str(place): rounded(point) for place, point in zip(QUANTILES, points, strict=True)}
    return Spread(count=len(values), mean=rounded(mean(values)), quantiles=quantiles, bins=_bins(values))


def _bins(values: Floats) -> tuple[Bin, ...]:
    found, counts = np.unique(values, return_counts=True)
    if len(found) <= _NEARLY * BINS:
        alike: Counter[float] = Counter()  # 0.3 - 0.2 and 0.1 are one value
        for value, count in zip(found.tolist(), counts.tolist(), strict=True):
            alike[rounded(value)] += count
        if len(alike) <= BINS:
            return tuple(Bin(low=value, high=value, count=count) for value, count in alike.items())
    counts, edges = np.histogram(values, BINS)
    bars = zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    return tuple(Bin(low=rounded(low), high=rounded(high), count=count) for low, high, count in bars)
