"""Pairs are what the rule says, ties are none, and every prompt without a pair has its reason."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.preferences.pairing import Choice, Rule, Scored, extremes, pairs, tied, tied_best

SCORES = st.lists(st.none() | st.integers(-3, 3).map(float), max_size=9)


def scored(*scores: float | None) -> list[Scored]:
    return [Scored(sample, score) for sample, score in enumerate(scores)]


def places(choices: list[Choice]) -> list[tuple[int, int]]:
    return [(one.chosen.sample, one.rejected.sample) for one in choices]


def made(rule: Rule, *scores: float | None, seed: int = 0) -> list[tuple[int, int]]:
    choices, reason = pairs(scored(*scores), rule, Random(seed))
    assert bool(choices) != bool(reason)
    return places(choices)


def why(rule: Rule, *scores: float | None) -> str | None:
    choices, reason = pairs(scored(*scores), rule, Random(0))
    assert not choices
    return reason


def test_the_best_is_chosen_and_the_worst_rejected():
    assert made(Rule(), 3.0, 9.0, 1.0, 5.0) == [(1, 2)]


def test_of_equals_the_first_sample_is_taken():
    assert made(Rule(), 0.0, 1.0, 1.0, 0.0) == [(1, 0)]


def test_the_random_one_is_drawn_among_all_that_are_worse_by_the_margin():
    rule = Rule("best_random", margin=2.0)
    found = {made(rule, 9.0, 8.0, 7.0, 3.0, 1.0, 9.0, seed=seed)[0] for seed in range(200)}
    assert found == {(0, 2), (0, 3), (0, 4)}


def test_all_brings_every_pair_that_differs_widest_first_up_to_the_most():
    assert made(Rule("all"), 1.0, 2.0, 2.0, 4.0) == [(3, 0), (3, 1), (3, 2), (1, 0), (2, 0)]
    assert made(Rule("all", most=2), 1.0, 2.0, 2.0, 4.0) == [(3, 0), (3, 1)]
    assert made(Rule("all", margin=2.0), 1.0, 2.0, 2.0, 4.0) == [(3, 0), (3, 1), (3, 2)]


def test_all_chooses_nothing_below_the_threshold():
    assert made(Rule("all", threshold=4.0), 1.0, 2.0, 4.0) == [(2, 0), (2, 1)]
    assert made(Rule("all", threshold=0.0), -1.0, -2.0, 1.0) == [(2, 1), (2, 0)]


@pytest.mark.parametrize(
    ("rule", "scores", "reason"),
    [
        (Rule(), (), "too_few"),
        (Rule(), (5.0,), "too_few"),
        (Rule(), (5.0, None, None), "unscored"),
        (Rule(), (None, None), "unscored"),
        (Rule(), (5.0, 5.0, None), "no_signal"),
        (Rule(threshold=6.0), (5.0, 1.0), "below_threshold"),
        (Rule(margin=4.5), (5.0, 1.0), "below_margin"),
        (Rule("best_random", margin=4.5), (5.0, 1.0), "below_margin"),
        (Rule("all", margin=4.5), (5.0, 1.0), "below_margin"),
        (Rule("all", threshold=6.0), (5.0, 1.0), "below_threshold"),
    ],
)
def test_no_pair_has_a_reason(rule, scores, reason):
    assert why(rule, *scores) == reason


def test_a_margin_is_met_though_binary_fractions_miss_it():
    assert made(Rule(margin=0.1), 0.2, 0.3) == [(1, 0)]
    assert made(Rule(threshold=1.0), 1.0, 0.0) == [(0, 1)]


def test_an_answer_without_a_score_is_in_no_pair():
    assert made(Rule("all"), None, 1.0, 2.0) == [(2, 1)]


def test_ties_are_told_where_scores_differ_at_all():
    assert tied(scored(1.0, 1.0, 0.0))
    assert tied(scored(1.0, 0.0, 0.0, None))
    assert not tied(scored(1.0, 0.0, 0.5, 0.5))
    assert not tied(scored(1.0, 1.0))
    assert not tied(scored())
    assert tied_best(scored(1.0, 1.0))
    assert not tied_best(scored(1.0, 0.0, 0.0))
    assert not tied_best(scored(None))


@given(SCORES, st.sampled_from(["best_worst", "best_random", "all"]), st.floats(0, 4), st.none() | st.integers(-3, 3))
def test_every_prompt_gives_pairs_or_a_reason_and_each_pair_fits_the_rule(scores, pair, margin, threshold):
    rule = Rule(pair, margin, threshold)
    answers = scored(*scores)
    choices, reason = pairs(answers, rule, Random(1))
    assert bool(choices) != bool(reason)
    assert len({(one.chosen, one.rejected) for one in choices}) == len(choices)
    best = extremes(answers)
    for one in choices:
        assert one.margin == one.chosen.score - one.rejected.score > 0
        assert one.margin >= margin - 1e-6
        assert threshold is None or one.chosen.score >= threshold
        assert pair == "all" or one.chosen == best.chosen
    if pair == "all" and choices:
        assert choices[0].margin == best.margin
