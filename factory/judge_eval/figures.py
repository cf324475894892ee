"""The figures of a judge: agreement with people, position, length.

Source: agreement with and without ties as MT-Bench counts it (its setups S1 and S2), section 4.2 of
https://arxiv.org/abs/2306.05685, where disagreement with itself is a tie; Cohen's kappa,
https://doi.org/10.1177/001316446002000104; Wilson's interval, https://doi.org/10.1080/01621459.1927.10502953. What it
leaves out: votes on the same question are not independent, so that intervals over them are somewhat too narrow.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import sqrt
from typing import Any, NamedTuple

from factory.judge_eval.labelled import Labelled
from factory.judging.choice import Choice

Z = 1.959963984540054
"""The two-sided 95 % quantile of the normal distribution."""
MOST_GROUPS = 50
"""Values of one kind that figures are told apart by; the rest are one."""
SIGNS = {"A": 1.0, "tie": 0.0, "B": -1.0}


class Judged(NamedTuple):
    """What a judge said of one pair."""

    pair: Labelled
    verdict: Choice | None
    """None where it could not tell."""
    difference: float | None = None
    """The score of the first answer over that of the second."""
    reason: str = ""
    """Why there is no verdict."""
    counts: Mapping[str, int] = {}
    """What the judge counted, by `judge: what`."""


def wilson(hits: float, n: int) -> tuple[float, float] | None:
    """The 95 % interval of a share; None of nothing."""
    if not n:
        return None
    share = hits / n
    middle = share + Z * Z / (2 * n)
    half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def kappa(verdicts: Sequence[tuple[Choice, Choice]]) -> float | None:
    """Cohen's kappa of pairs of verdicts; None where chance alone would agree always, or of nothing."""
    n = len(verdicts)
    if not n:
        return None
    ones, others = (Counter(said[side] for said in verdicts) for side in (0, 1))
    agreed = sum(one == other for one, other in verdicts) / n
    chance = sum(ones[value] * others[value] for value in ones) / (n * n)
    return None if chance == 1 else (agreed - chance) / (1 - chance)


def agreement(verdicts: Sequence[tuple[Choice, Choice]]) -> dict[str, Any]:
    """How often two say the same, and how much more often than chance would."""
    n = len(verdicts)
    agreed = sum(one == other for one, other in verdicts)
    return {
        "verdicts": n,
        "agreed": agreed,
        "share": agreed / n if n else None,
        "interval": wilson(agreed, n),
        "kappa": kappa(verdicts),
    }


def against(judged: Iterable[Judged]) -> dict[str, Any]:
    """Agreement of a judge with the labels: all of them, those where neither says tie, and with a tie as half right."""
    said = [(one.verdict, label) for one in judged if one.verdict is not None for label in one.pair.labels]
    decided = [(one, label) for one, label in said if label != "tie"]
    half = sum(0.5 if one == "tie" else float(one == label) for one, label in decided)
    return {
        "with_ties": agreement(said),
        "without_ties": agreement([both for both in decided if both[0] != "tie"]),
        "ties_half_right": half / len(decided) if decided else None,
    }


def among_people(pairs: Iterable[Labelled]) -> dict[str, Any] | None:
    """How often two people agree on a pair that several judged; None where none was."""
    shares = []
    for pair in pairs:
        both = list(combinations(pair.votes, 2))
        if both:
            shares.append(sum(one == other for one, other in both) / len(both))
    return {"pairs": len(shares), "share": sum(shares) / len(shares)} if shares else None


def length(side: Labelled) -> int:
    """Characters by which the first answer is longer than the second."""
    first, second = (
        sum(len(content.strip()) for role, content in turns if role == "assistant")
        for turns in (side.first, side.second)
    )
    return first - second


def lengths(judged: Iterable[Judged]) -> dict[str, Any]:
    """Whether a judge prefers the longer answer more than people do.

    `judge_longer`, `people_longer`: the share of their verdicts, ties left out, that go to the longer answer;
    `judge_correlation`, `people_correlation`: Pearson's, of the difference in score (people: the mean of their verdicts
    as 1, 0, -1) with that in characters.
    """
    known = [(one, length(one.pair)) for one in judged if one.verdict is not None and one.pair.labels]
    mine = [longer == (one.verdict == "A") for one, by in known if by and one.verdict != "tie" for longer in (by > 0,)]
    theirs = [(by > 0) == (label == "A") for one, by in known if by for label in one.pair.labels if label != "tie"]
    scored = [(one.difference, float(by)) for one, by in known if one.difference is not None]
    people = [(sum(SIGNS[label] for label in one.pair.labels) / len(one.pair.labels), float(by)) for one, by in known]
    return {
        "pairs": len(known),
        "judge_longer": _share(mine),
        "judge_interval": wilson(sum(mine), len(mine)),
        "people_longer": _share(theirs),
        "judge_correlation": correlation(scored),
        "people_correlation": correlation(people),
    }


def correlation(values: Sequence[tuple[float, float]]) -> float | None:
    """Pearson's correlation; None where one side does not vary."""
    if len(values) < 2:
        return None
    count = len(values)
    means = [sum(value[side] for value in values) / count for side in (0, 1)]
    moved = [(one - means[0], other - means[1]) for one, other in values]
    spread = sqrt(sum(one * one for one, _ in moved) * sum(other * other for _, other in moved))
    return sum(one * other for one, other in moved) / spread if spread else None


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None


def groups(judged: Sequence[Judged]) -> dict[str, dict[str, list[Judged]]]:
    """What was judged, by kind and value; rare values beyond the limit are together."""
    found: dict[str, dict[str, list[Judged]]] = {}
    for one in judged:
        for kind, value in one.pair.groups:
            found.setdefault(kind, {}).setdefault(value, []).append(one)
    for kind, values in found.items():
        ranked = sorted(values, key=lambda value: (-len(values[value]), value))
        rest = [one for value in ranked[MOST_GROUPS:] for one in values[value]]
        found[kind] = {value: values[value] for value in sorted(ranked[:MOST_GROUPS])}
        if rest:
            found[kind]["(others)"] = rest
    return {kind: values for kind, values in found.items() if len(values) > 1}
