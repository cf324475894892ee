"""What can be said of a model from a sample, against independent computations."""

from itertools import combinations, product
from math import comb, sqrt

import pytest

from factory.evaluation.statistics import mcnemar, of_share, pass_at, resampled
from factory.judge_eval.figures import wilson


def test_wilsons_interval_is_that_of_the_textbook() -> None:
    low, high = wilson(8, 10)
    # The roots of (p - 0.8)^2 = z^2 p (1 - p) / 10.
    for p in (low, high):
        assert (p - 0.8) ** 2 == pytest.approx(1.959964**2 * p * (1 - p) / 10, rel=1e-5)
    assert low < 0.8 < high


@pytest.mark.parametrize(("better", "worse"), [(0, 0), (5, 5), (7, 1), (1, 7), (10, 0), (13, 4)])
def test_mcnemars_p_is_that_of_a_fair_coin(better: int, worse: int) -> None:
    n = better + worse
    heads = [comb(n, k) / 2**n for k in range(n + 1)]
    as_extreme = sum(chance for k, chance in enumerate(heads) if abs(k - n / 2) >= abs(better - n / 2))
    assert mcnemar(better, worse) == pytest.approx(as_extreme)


def test_mcnemar_takes_counts_whose_powers_no_float_holds() -> None:
    assert mcnemar(3_000, 3_000) == 1.0
    assert 0 < mcnemar(3_200, 2_800) < 1e-6


@pytest.mark.parametrize(("k", "n", "right"), [(1, 4, 1), (2, 4, 1), (3, 5, 2), (5, 5, 1), (2, 6, 0), (3, 4, 2)])
def test_pass_at_k_is_the_share_of_choices_that_hold_a_right_answer(k: int, n: int, right: int) -> None:
    choices = list(combinations([place < right for place in range(n)], k))
    assert pass_at(k, n, right) == pytest.approx(sum(map(any, choices)) / len(choices))


def test_drawn_means_are_spread_as_all_possible_draws_are() -> None:
    values = [1.0, 4.0, 4.0, 10.0]
    means = sorted(sum(draw) / 4 for draw in product(values, repeat=4))
    drawn = resampled([values], "key").means[0]
    assert float(drawn.mean()) == pytest.approx(sum(means) / len(means), abs=0.1)
    for share in (0.1, 0.5, 0.9):
        exact = means[int(share * len(means))]
        assert float((drawn <= exact).mean()) == pytest.approx(sum(m <= exact for m in means) / len(means), abs=0.03)


def test_an_interval_of_many_questions_is_that_of_the_normal_distribution() -> None:
    values = [float(place % 10 < 7) for place in range(1_000)]
    low, high = resampled([values], "key").interval(0)
    half = 1.96 * sqrt(0.7 * 0.3 / 1_000)
    assert (low, high) == (pytest.approx(0.7 - half, abs=0.003), pytest.approx(0.7 + half, abs=0.003))


def test_a_difference_is_drawn_from_the_same_questions_of_both() -> None:
    one = [float(place % 2) for place in range(200)]
    other = [value - 0.25 for value in one]
    drawn = resampled([one, other], "key")
    low, high = drawn.interval(0)
    assert high - low > 0.1
    noisy = [value + 0.1 * (place % 2) for place, value in enumerate(one)]
    low, high = resampled([one, noisy], "key").between(0, 1)
    assert high - low < 0.02


def test_the_same_key_draws_the_same_and_another_key_something_else() -> None:
    values = [[float(place) for place in range(50)]]
    assert resampled(values, "a").interval(0) == resampled(values, "a").interval(0)
    assert resampled(values, "a").interval(0) != resampled(values, "b").interval(0)


@pytest.mark.parametrize("values", [[1.0], [7.0] * 20, [0.1] * 3])
def test_questions_that_came_out_alike_give_no_interval_without_a_width(values: list[float]) -> None:
    drawn = resampled([values, [value - 0.25 for value in values]], "key")
    assert drawn.interval(0) is None
    assert drawn.between(0, 1) is None


@pytest.mark.parametrize(
    ("values", "wilsons"), [([1.0] * 8, True), ([0.5], True), ([0.5] * 9, True), ([1.0, 0.5], False)]
)
def test_shares_that_are_all_alike_have_wilsons_interval(values: list[float], wilsons: bool) -> None:
    interval = of_share(values, "key")
    assert interval is not None
    assert interval[0] < interval[1]
    assert (interval == pytest.approx(wilson(sum(values), len(values)), abs=1e-6)) is wilsons
    assert of_share([], "key") is None
