"""Which of the scored answers to one prompt make a pair: pure rules over numbers.

Equal scores never make a pair: a tie says nothing of which answer is better. Where several answers share the best or
the worst score the first sample of them is taken, which is as good as a draw, for samples are drawn alike.

Source: the rules of Online-RLHF (max_min, max_random), https://github.com/RLHFlow/Online-RLHF. There, "random" is
always the first or second answer, and a prompt without a pair is left out without a word; here it is drawn among those
that are worse by the margin, and each prompt without a pair has its reason.
"""

from collections.abc import Sequence
from itertools import combinations
from math import inf
from random import Random
from typing import Literal, NamedTuple

PairRule = Literal["best_worst", "best_random", "all"]
Reason = Literal["too_few", "unscored", "no_signal", "below_threshold", "below_margin"]
"""Why a prompt gives no pair: fewer than two different answers; fewer than two that all judges gave a score; all of
equal score; none good enough to be chosen; none worse than a good one by the margin."""

SLACK = 1e-9
"""By how much a difference may miss the margin: 0.3 - 0.2 is less than 0.1 in binary."""


class Rule(NamedTuple):
    """How pairs are made."""

    pair: PairRule = "best_worst"
    margin: float = 0.0
    """The least difference of the two scores; at 0 they still have to differ."""
    threshold: float | None = None
    """The least score of a chosen answer."""
    most: int | None = None
    """The most pairs of one prompt, where there may be several; those of the widest margin."""


class Scored(NamedTuple):
    """One of the different answers to a prompt."""

    sample: int
    score: float | None
    """None where a judge could not tell."""


class Choice(NamedTuple):
    """A pair."""

    chosen: Scored
    rejected: Scored
    margin: float


def pairs(answers: Sequence[Scored], rule: Rule, random: Random) -> tuple[list[Choice], Reason | None]:
    """The pairs of one prompt, the widest margin first, or why there are none.

    Args:
        answers: those whose texts differ, in the order of the samples.
        rule: how pairs are made.
        random: what `best_random` draws from.
    """
    if len(answers) < 2:
        return [], "too_few"
    ends = extremes(answers)
    if ends is None:
        return [], "unscored"
    if ends.margin <= 0:
        return [], "no_signal"
    if rule.threshold is not None and _value(ends.chosen) < rule.threshold:
        return [], "below_threshold"
    if ends.margin < rule.margin - SLACK:
        return [], "below_margin"
    if rule.pair == "best_worst":
        return [ends], None
    scored = [one for one in answers if one.score is not None]
    if rule.pair == "best_random":
        found = [_choice(ends.chosen, one) for one in scored]
        return [random.choice([one for one in found if _wide(one, rule)])], None
    both = [_choice(*_ordered(one, other)) for one, other in combinations(scored, 2)]
    least = -inf if rule.threshold is None else rule.threshold
    good = [one for one in both if _wide(one, rule) and _value(one.chosen) >= least]
    good.sort(key=lambda one: (-one.margin, one.chosen.sample, one.rejected.sample))
    return good[: rule.most], None


def extremes(answers: Sequence[Scored]) -> Choice | None:
    """The best and the worst answer, of equals the first; None where fewer than two have a score."""
    scored = [one for one in answers if one.score is not None]
    if len(scored) < 2:
        return None
    return _choice(max(scored, key=_value), min(scored, key=_value))


def tied(answers: Sequence[Scored]) -> bool:
    """Whether the order of the samples decides which answer is the best or the worst, where scores differ at all."""
    scores = [one.score for one in answers if one.score is not None]
    if not scores or min(scores) == max(scores):
        return False
    return tied_best(answers) or scores.count(min(scores)) > 1


def tied_best(answers: Sequence[Scored]) -> bool:
    """Whether several answers share the best score."""
    scores = [one.score for one in answers if one.score is not None]
    return bool(scores) and scores.count(max(scores)) > 1


def _wide(choice: Choice, rule: Rule) -> bool:
    return choice.margin > 0 and choice.margin >= rule.margin - SLACK


def _choice(chosen: Scored, rejected: Scored) -> Choice:
    return Choice(chosen, rejected, _value(chosen) - _value(rejected))


def _ordered(one: Scored, other: Scored) -> tuple[Scored, Scored]:
    return (one, other) if _value(one) >= _value(other) else (other, one)


def _value(one: Scored) -> float:
    return -inf if one.score is None else one.score
