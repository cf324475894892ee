"""The same question asked in both orders: what two answers come to, and how far a judge leans to a place.

A side wins only where it wins in both orders; whatever else is a tie, named by which place was preferred.

Source: section 3.4 of https://arxiv.org/abs/2306.05685 (MT-Bench): a win only where both orders say so, else a tie.
Rakuda, the ranking of Japanese models, also asks in both orders, https://yuzuai.jp/blog/rakuda, and counts a draw as
half a win for each. What it leaves out: Rakuda keeps the two games apart
and fits strengths and the advantage of the first place to all of them (Bradley and Terry), which needs many answers of
few models.
"""

from collections.abc import Mapping
from typing import Literal, get_args

from factory.judging.choice import Choice

Outcome = Literal["first_better", "second_better", "tie", "first_twice", "second_twice", "first_once", "second_once"]
"""`first_better`, `second_better`: that answer won in both orders. `tie`: both said so. Else the judge disagreed with
itself: the same place won twice, or once with a tie in the other order."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
BOTH_ORDERS = "both_orders"
"""What a judge counts, beside the outcome, for each pair that it gave a verdict on in both orders."""
DISAGREED: tuple[Outcome, ...] = ("first_twice", "second_twice", "first_once", "second_once")


def outcome(straight: Choice, swapped: Choice) -> Outcome:
    """What two verdicts come to, the second of them given with the answers the other way round."""
    if straight == swapped:
        return "tie" if straight == "tie" else "first_twice" if straight == "A" else "second_twice"
    if "tie" in (straight, swapped):
        return "first_once" if "A" in (straight, swapped) else "second_once"
    return "first_better" if straight == "A" else "second_better"


def bias(counts: Mapping[str, int], pairs: int) -> float | None:
    """How far a judge leans to the first place: 1 where it always wins, 0 where neither does, -1 for the second.

    Args:
        counts: how often each outcome came.
        pairs: how many pairs were asked about in both orders with a verdict each.
    """
    if not pairs:
        return None
    got = counts.get
    twice, once = got("first_twice", 0) - got("second_twice", 0), got("first_once", 0) - got("second_once", 0)
    return (2 * twice + once) / (2 * pairs)
