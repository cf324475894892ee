"""Samples of a prompt are compared with one another, judge by judge."""

import pytest

from factory.row import Message, Verdict
from factory.sample import Sample

PROMPT = (Message("user", "q"),)


def test_judges_agree_where_they_order_answers_alike(reported, answers):
    samples = [
        *answers("p1", (1.0, 10), (2.0, 20), (3.0, 30)),  # alike
        *answers("p2", (3.0, 1), (2.0, 2), (1.0, 3)),  # the other way round
        *answers("p3", (1.0, 5), (2.0, 5)),  # the second says nothing
        *answers("p4", (2.0, 7), (2.0, 7), (1.0, 1)),  # alike, two are the best
        *answers("p5", (1.0, 1)),  # a single one
    ]
    found = reported((), samples=samples).samples
    both = found.agreement["j0 / j1"]
    assert both.prompts == 3
    assert both.kendall == pytest.approx(1 / 3, abs=1e-5)
    assert both.same_best == pytest.approx((1 + 0 + 0.5) / 3, abs=1e-4)
    assert both.same_best_by_chance == 0.3333
    assert (found.prompts, found.samples, found.all_equal, found.tied_best) == (5, 12, 0, 1)
    assert found.judges["j0"].scored == 12
    # with length: 1, -1, 1, and -2 of sqrt(2 * 3)
    assert found.judges["j0"].length_kendall == pytest.approx((1 - 1 + 1 - 2 / 6**0.5) / 4, abs=1e-5)


def test_what_is_no_candidate_or_has_no_score_takes_no_part(reported, answers):
    samples = [
        *answers("p1", (2.0, 2.0), (2.0, None), (2.0, 2.0)),
        *answers("p2", (None, 1.0), (1.0, 2.0), (0.0, 3.0)),
    ]
    samples.append(samples[-1]._replace(sample=3, reason="repeated", score=9.0))
    samples.append(samples[-1]._replace(sample=4, reason="truncated", scores=(), score=None))
    found = reported((), samples=samples).samples
    assert found.not_candidates == {"repeated": 1, "truncated": 1}
    assert (found.unscored, found.all_equal, found.tied_best) == (1, 1, 0)
    assert (found.judges["j1"].scored, found.judges["j1"].unscored) == (5, 1)
    assert (found.agreement["j0 / j1"].prompts, found.agreement["j0 / j1"].kendall) == (1, -1)
    assert found.scores.count == 5


def test_a_judge_that_is_asked_twice_and_a_prompt_that_comes_twice_are_told_apart(reported):
    twice = [[Verdict("llm", True, score) for score in scores] for scores in ((1.0, 3.0), (2.0, 1.0))]
    one = [Sample("p", PROMPT, n, "a", "m", "", tuple(said), 1.0) for n, said in enumerate(twice)]
    found = reported((), samples=[*one, *one]).samples
    assert found.prompts == 2
    assert found.agreement["llm / llm 2"].prompts == 2
    assert found.agreement["llm / llm 2"].kendall == -1
