"""What several judges say comes to one score, or to none."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.preferences.candidates import combined
from factory.row import Verdict


def said(*scores: float | None) -> list[Verdict]:
    return [Verdict("j", None if score is None else True, score) for score in scores]


def test_one_judges_score_is_the_score_whatever_its_weight():
    assert combined([said(0.1, 7.0, None)], [3.0], "mean") == [0.1, 7.0, None]


def test_several_are_averaged_by_weight():
    assert combined([said(1.0, 2.0), said(3.0, 8.0)], (), "mean") == [2.0, 5.0]
    assert combined([said(1.0, 2.0), said(3.0, 8.0)], (3.0, 1.0), "mean") == [1.5, 3.5]


@pytest.mark.parametrize("bad", [None, nan, inf, -inf, 1e300])
@pytest.mark.parametrize("combine", ["mean", "standardized"])
def test_what_one_judge_could_not_score_has_no_score(bad, combine):
    totals = combined([said(1.0, bad, 3.0), said(0.0, 1.0, 2.0)], (), combine)
    assert totals[1] is None
    assert totals[0] is not None
    assert totals[2] is not None


def test_standardized_scores_of_different_scales_weigh_the_same():
    one, hundredfold = said(0.0, 1.0, 2.0), said(200.0, 100.0, 0.0)
    assert combined([one, hundredfold], (), "standardized") == pytest.approx([0.0, 0.0, 0.0])
    assert combined([one], (), "standardized") == pytest.approx([-1.2247449, 0.0, 1.2247449])


def test_a_judge_that_scores_all_alike_adds_nothing():
    found = combined([said(0.1, 0.1, 0.1), said(1.0, 2.0, 3.0)], (), "standardized")
    assert found == [value and value / 2 for value in combined([said(1.0, 2.0, 3.0)], (), "standardized")]


def test_no_answers_come_to_no_scores():
    assert combined([[], []], (), "standardized") == []


@given(st.lists(st.floats(-1e90, 1e90), min_size=1, max_size=8))
def test_any_numbers_can_be_standardized(scores):
    assert all(value is not None and abs(value) < 10 for value in combined([said(*scores)], (), "standardized"))
