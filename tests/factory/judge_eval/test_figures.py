from random import Random

import pytest

from factory.judge_eval import figures
from factory.judge_eval.figures import Judged
from factory.judge_eval.labelled import Labelled
from factory.row import Message

VALUES = ("A", "B", "tie")


def pair(*labels, first="x", second="y", votes=(), groups=()):
    prompt = (Message("user", "question"),)
    one, other = (Message("assistant", first),), (Message("assistant", second),)
    return Labelled(prompt, one, other, tuple(labels), tuple(votes), tuple(groups))


def judged(verdict, *labels, by=None, **texts):
    return Judged(pair(*labels, **texts), verdict, by)


def test_agreement_and_kappa_are_as_computed_by_hand():
    # verdict, label: 20 A A, 5 A B, 10 B A, 15 B B (the example of Cohen's kappa on Wikipedia: 0.7 and 0.4)
    said = [("A", "A")] * 20 + [("A", "B")] * 5 + [("B", "A")] * 10 + [("B", "B")] * 15
    found = figures.agreement(said)
    assert (found["verdicts"], found["agreed"], found["share"]) == (50, 35, 0.7)
    assert found["kappa"] == pytest.approx(0.4)
    assert found["interval"] == pytest.approx((0.5624, 0.8090), abs=1e-4)


def test_kappa_of_three_values_is_as_computed_by_hand():
    # agreed 4 of 6; chance (3*2 + 2*2 + 1*2) / 36 = 1/3; (2/3 - 1/3) / (2/3) = 1/2
    said = [("A", "A"), ("A", "A"), ("A", "tie"), ("B", "B"), ("B", "B"), ("tie", "tie")]
    said[4] = ("B", "tie")
    # now agreed 4 of 6, judge 3 A, 2 B, 1 tie; people 2 A, 1 B, 3 tie: chance (6 + 2 + 3) / 36
    assert figures.kappa(said) == pytest.approx((4 / 6 - 11 / 36) / (1 - 11 / 36))


def test_wilsons_interval_holds_at_both_ends_and_of_nothing_is_none():
    assert figures.wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert figures.wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert figures.wilson(0, 0) is None


def test_a_perfect_judge_has_1_an_inverted_one_0_and_a_random_one_a_kappa_near_0():
    rng = Random("labels")
    labels = [rng.choice("AB") for _ in range(4_000)]
    other = {"A": "B", "B": "A"}
    perfect = figures.against(judged(label, label) for label in labels)
    inverted = figures.against(judged(other[label], label) for label in labels)
    guess = figures.against(judged(rng.choice(VALUES), label) for label in labels)
    assert (perfect["with_ties"]["share"], perfect["with_ties"]["kappa"]) == (1.0, 1.0)
    assert (inverted["without_ties"]["share"], inverted["ties_half_right"]) == (0.0, 0.0)
    assert abs(guess["with_ties"]["kappa"]) < 0.05
    assert abs(guess["without_ties"]["share"] - 0.5) < 0.05
    assert abs(guess["ties_half_right"] - 0.5) < 0.03


def test_ties_count_in_one_figure_and_not_in_the_other():
    found = figures.against([judged("tie", "tie"), judged("tie", "A"), judged("A", "A"), judged("B", "A")])
    assert (found["with_ties"]["verdicts"], found["with_ties"]["agreed"]) == (4, 2)
    assert (found["without_ties"]["verdicts"], found["without_ties"]["agreed"]) == (2, 1)
    assert found["ties_half_right"] == pytest.approx((0.5 + 1 + 0) / 3)


def test_what_was_not_judged_counts_in_no_agreement():
    found = figures.against([judged(None, "A"), judged("A", "A")])
    assert found["with_ties"]["verdicts"] == 1
    assert figures.against([judged(None, "A")])["with_ties"]["share"] is None


def test_each_vote_on_a_pair_counts():
    found = figures.against([judged("A", "A", "A", "B")])
    assert (found["with_ties"]["verdicts"], found["with_ties"]["agreed"]) == (3, 2)


def test_people_are_held_against_one_another_pair_by_pair():
    people = figures.among_people([pair(votes="AAB"), pair(votes="AA"), pair(votes="A"), pair()])
    assert people == {"pairs": 2, "share": pytest.approx((1 / 3 + 1) / 2)}
    assert figures.among_people([pair("A")]) is None


def test_length_bias_is_the_share_of_verdicts_for_the_longer_answer_beside_peoples():
    rows = [
        judged("A", "A", by=3.0, first="long one", second="s"),
        judged("B", "A", by=-5.0, first="s", second="longer one"),
        judged("B", "B", by=-1.0, first="s", second="longest one"),
        judged("A", "B", by=1.0, first="s", second="long"),
        judged("tie", "A", by=0.0, first="same", second="four"),
    ]
    found = figures.lengths(rows)
    assert found["judge_longer"] == 3 / 4
    assert found["people_longer"] == 3 / 4
    assert found["judge_correlation"] == pytest.approx(
        figures.correlation([(3, 7), (-5, -9), (-1, -10), (1, -3), (0, 0)])
    )


def test_correlation_is_pearsons_and_none_where_nothing_varies():
    assert figures.correlation([(1, 2), (2, 4), (3, 6)]) == pytest.approx(1.0)
    assert figures.correlation([(1, 3), (2, 2), (3, 1)]) == pytest.approx(-1.0)
    assert figures.correlation([(1, 1), (2, 3), (3, 2)]) == pytest.approx(0.5)
    assert figures.correlation([(1, 5), (2, 5)]) is None


def test_groups_of_one_value_tell_nothing_and_rare_ones_are_put_together():
    many = [Judged(pair("A", groups=(("category", f"c{n}"), ("file", "same"))), "A") for n in range(60)]
    found = figures.groups(many)
    assert set(found) == {"category"}
    assert len(found["category"]) == figures.MOST_GROUPS + 1
    assert len(found["category"]["(others)"]) == 10
