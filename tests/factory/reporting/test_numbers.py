import random

import numpy as np
import pytest

from factory.reporting.numbers import Numbers, bars


def numbers(*values: float) -> Numbers:
    found = Numbers()
    found.add(np.array(values, np.float64))
    return found


def test_small_whole_numbers_are_counted_as_they_are() -> None:
    found = numbers(*range(1000))
    assert [found.quantile(part) for part in (0.05, 0.5, 0.95, 1.0)] == [49, 499, 949, 999]
    assert (found.count, found.mean, found.most) == (1000, 499.5, 999)


def test_quantiles_of_large_numbers_are_right_to_half_a_percent() -> None:
    values = [random.Random("lengths").lognormvariate(7, 2) for _ in range(20_000)]
    found = numbers(*values)
    for part in (0.05, 0.5, 0.95):
        assert found.quantile(part) == pytest.approx(sorted(values)[int(part * len(values))], rel=0.01)
    assert found.mean == pytest.approx(sum(values) / len(values), rel=0.005)


def test_a_million_different_numbers_take_little_memory() -> None:
    found = Numbers()
    for start in range(10):
        found.add(np.arange(start * 100_000, (start + 1) * 100_000))
    assert found.count == 1_000_000
    assert len(found.values()) < 10_000


def test_in_whatever_batches_they_come_the_counts_are_the_same() -> None:
    values = np.array([random.Random("batches").gauss(0, 100) for _ in range(5_000)])
    one, many = numbers(*values), Numbers()
    for start in range(0, 5_000, 37):
        many.add(values[start : start + 37])
    assert one.count == many.count
    assert abs(one.quantile(0.5) - many.quantile(0.5)) <= 0.02 * abs(one.quantile(0.5))


def test_what_is_no_number_is_left_out() -> None:
    found = numbers(1.0, float("nan"), float("inf"), -float("inf"))
    assert (found.count, found.most) == (1, 1.0)


def test_few_values_have_a_bar_each() -> None:
    found = numbers(1, 2, 2, 5)
    shared = bars([found])
    assert [(bar.low, bar.high) for bar in shared] == [(1, 1), (2, 2), (5, 5)]
    assert found.binned(shared) == [1, 2, 1]


def test_bars_have_round_widths_and_hold_everything() -> None:
    found = numbers(*range(10, 4_000, 7), 1_000_000)
    shared = bars([found])
    assert {bar.high - bar.low for bar in shared} == {200.0}
    assert [bar.open for bar in shared].count(True) == 1
    assert shared[-1].open
    assert sum(found.binned(shared)) == found.count


def test_two_series_share_their_bars() -> None:
    one, other = numbers(*range(100)), numbers(*range(900, 1_000))
    shared = bars([one, other])
    assert sum(one.binned(shared)) == sum(other.binned(shared)) == 100
    assert shared[0].low <= 0
    assert shared[-1].high >= 989


@pytest.mark.parametrize("values", [[0.0], [3.5] * 4, [-1.0, 1e-9, 1e9], [0.1 * step for step in range(50)]])
def test_whatever_the_values_each_is_in_a_bar(values: list[float]) -> None:
    found = numbers(*values)
    assert sum(found.binned(bars([found]))) == len(values)
    assert len(bars([found])) <= 30


def test_of_nothing_there_are_no_bars() -> None:
    assert bars([Numbers()]) == []
