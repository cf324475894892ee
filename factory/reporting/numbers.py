"""How numbers are spread, counted a batch at a time in bounded memory, and the bars of a histogram.

Whole numbers below a thousand are kept as they are, all others to three digits, so that a quantile is right to half a
percent of its value and a thousand million numbers take no more memory than a thousand different ones.
"""

from collections import Counter
from collections.abc import Sequence
from math import floor, fsum, log10
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FEW = 12
"""Different values that each have a bar of their own."""
BARS = 24
_MANY = 2_000
"""Different values in a batch from which on they are shortened before they are counted."""


class Bar(NamedTuple):
    """A bar of a histogram."""

    low: float
    high: float
    """Above it the next one begins; the same as `low` where a bar is one value."""
    open: bool
    """Whether it holds all that is larger too."""


class Numbers:
    """Numbers that were counted."""

    def __init__(self) -> None:
        """None yet."""
        self._counts: Counter[float] = Counter()
        self.most: float = 0.0
        """The largest, with all its digits."""

    def add(self, values: NDArray[Any]) -> None:
        """Count these; what is no number is left out."""
        values = values[np.isfinite(values)]
        if not len(values):
            return
        largest = float(values.max())
        self.most = max(self.most, largest) if self._counts else largest
        found, counts = np.unique(values, return_counts=True)
        if len(found) > _MANY:
            found, places = np.unique(_short(found.astype(np.float64)), return_inverse=True)
            counts = np.bincount(places, counts).astype(np.int64)
        for value, count in zip(found.tolist(), counts.tolist(), strict=True):
            self._counts[float(f"{value:.3g}")] += count

    @property
    def count(self) -> int:
        """How many there are."""
        return self._counts.total()

    @property
    def mean(self) -> float:
        """Their mean, of one or more."""
        return fsum(value * count for value, count in self._counts.items()) / self.count

    def quantile(self, part: float) -> float:
        """The smallest number that at least this part of them does not exceed."""
        needed, so_far = part * self.count, 0
        for value, count in sorted(self._counts.items()):
            so_far += count
            if so_far >= needed:
                return value
        return 0.0

    def values(self) -> list[float]:
        """The different ones, sorted."""
        return sorted(self._counts)

    def binned(self, bars: Sequence[Bar]) -> list[int]:
        """How many there are in each bar."""
        found = [0] * len(bars)
        lows = np.array([bar.low for bar in bars])
        for value, count in self._counts.items():
            found[max(int(np.searchsorted(lows, value, "right")) - 1, 0)] += count
        return found


def bars(together: Sequence[Numbers], most: int = BARS) -> list[Bar]:
    """The bars that all of these share: one for each value where they are few, else of equal, round widths.

    What is beyond the 99th percentile of each is in the last bar, which is open.
    """
    filled = [numbers for numbers in together if numbers.count]
    values = sorted({value for numbers in filled for value in numbers.values()})
    if not values:
        return []
    if len(values) <= FEW:
        return [Bar(value, value, False) for value in values]
    low = min(numbers.quantile(0.005) for numbers in filled)
    high = max(numbers.quantile(0.99) for numbers in filled)
    width = _round((high - low or values[-1] - values[0]) / most)
    if all(value == int(value) for value in values):
        width = max(width, 1.0)
    first = floor(low / width)
    count = min(max(floor(high / width) - first + 1, 1), most + 2)
    made = [Bar(_tidy((first + at) * width), _tidy((first + at + 1) * width), False) for at in range(count)]
    return [*made[:-1], made[-1]._replace(open=values[-1] >= made[-1].high)]


def _round(width: float) -> float:
    """1, 2 or 5 times a power of ten, at least as wide."""
    power = 10.0 ** floor(log10(width))
    return _tidy(next(step for step in (1, 2, 5, 10) if step * power >= width * 0.999) * power)


def _tidy(value: float) -> float:
    return float(f"{value:.10g}")


def _short(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """To about three digits."""
    unit = 10.0 ** (np.floor(np.log10(np.abs(np.where(values == 0, 1.0, values)))) - 2)
    short: NDArray[np.float64] = np.round(values / unit) * unit
    return short
