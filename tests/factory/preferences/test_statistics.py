"""Correlations and spreads, against figures worked out by hand and against other ways to compute them."""

from itertools import combinations
from math import isclose, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.preferences.statistics import kendall, pearson, rounded, share, spearman, spread

NUMBERS = st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=3, max_size=12)


def sides(both):
    return (np.array(side, np.float64) for side in zip(*both, strict=True))


def test_pearsons_correlation_is_the_one_worked_out_by_hand():
    assert pearson(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0])) == rounded(3 / sqrt(2 * 14 / 3))
    assert pearson(np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0])) == -1
    assert pearson(np.array([1.0, 2.0]), np.array([3.0, 5.0])) is None
    assert pearson(np.array([1.0, 2.0, 9.0]), np.array([3.0, 3.0, 3.0])) is None


def test_ranks_are_shared_by_equals_and_one_giant_changes_no_rank():
    assert spearman(np.array([1.0, 2.0, 2.0, 9e50]), np.array([0.0, 1.0, 1.0, 2.0])) == 1
    assert spearman(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.0, 2.0, 4.0])) == 0.8


@given(NUMBERS)
def test_kendalls_tau_counts_pairs_that_are_ordered_alike(both):
    pairs = [np.sign([x - a, y - b]) for (x, y), (a, b) in combinations(both, 2)]
    agree = sum(x * y for x, y in pairs)
    apart = sum(abs(x) for x, _ in pairs) * sum(abs(y) for _, y in pairs)
    tau, told = kendall(*(side[None] for side in sides(both)))
    assert told[0] == (apart > 0)
    assert not told[0] or isclose(tau[0], agree / sqrt(apart))


def test_pairs_that_hold_an_unknown_number_do_not_count():
    tau, told = kendall(np.array([[1.0, 2.0, np.nan, 3.0]]), np.array([[1.0, 2.0, -9.0, 3.0]]))
    assert (tau[0], told[0]) == (1, True)


def test_few_values_have_a_bar_each_and_many_have_twenty():
    few = spread(np.array([1.0, 5.0, 5.0, 9.0]))
    assert [(bar.low, bar.high, bar.count) for bar in few.bins] == [(1, 1, 1), (5, 5, 2), (9, 9, 1)]
    assert (few.count, few.mean, few.quantiles["50"], few.quantiles["100"]) == (4, 5, 5, 9)
    near = spread(np.array([0.3 - 0.2, 0.1, 0.2, 0.3 - 0.1]))
    assert [(bar.low, bar.count) for bar in near.bins] == [(0.1, 2), (0.2, 2)]
    many = spread(np.arange(2001, dtype=np.float64))
    assert len(many.bins) == 20
    assert sum(bar.count for bar in many.bins) == 2001
    assert (many.bins[0].low, many.bins[-1].high, many.bins[3].count) == (0, 2000, 100)
    assert many.quantiles == {"0": 0, "5": 100, "25": 500, "50": 1000, "75": 1500, "95": 1900, "100": 2000}


def test_nothing_has_no_spread():
    assert spread(np.zeros(0)) is None


@pytest.mark.parametrize(("count", "total", "expected"), [(1, 3, 0.3333), (0, 0, 0.0), (5, 5, 1.0)])
def test_shares_have_four_decimals(count, total, expected):
    assert share(count, total) == expected
