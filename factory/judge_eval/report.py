"""The figures of `factory judge-eval`, as plain values and as a table."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from factory.judge_eval import figures
from factory.judge_eval.figures import Judged
from factory.judge_eval.pairs import Pairs
from factory.judging import position

NAMES = 32
"""Columns of the names in the table."""


def facts(judge: str, pairs: Pairs, judged: Sequence[Judged]) -> dict[str, Any]:
    """All figures as plain JSON values."""
    own = {
        "judge": judge,
        "on": pairs.place,
        "format": pairs.format,
        "pairs": len(judged),
        "labels": sum(len(one.pair.labels) for one in judged),
        "left_out": dict(sorted(pairs.left_out.items())),
        "people": figures.among_people(one.pair for one in judged),
    }
    counts: Counter[str] = Counter()
    for one in judged:
        counts.update(one.counts)
    parted = {
        kind: {value: _of(some) for value, some in values.items()} for kind, values in figures.groups(judged).items()
    }
    return {**own, **_of(judged), "by": parted, "counts": dict(sorted(counts.items()))}


def _of(judged: Sequence[Judged]) -> dict[str, Any]:
    """The figures of what was judged."""
    reasons = Counter(one.reason for one in judged if one.verdict is None)
    said = Counter(one.verdict for one in judged if one.verdict is not None)
    return {
        "judged": said.total(),
        "failed": reasons.total(),
        "failures": dict(sorted(reasons.items())),
        "verdicts": {"first": said["A"], "second": said["B"], "tie": said["tie"]},
        "agreement": figures.against(judged),
        "position": _position(judged),
        "length": figures.lengths(judged),
    }


def _position(judged: Sequence[Judged]) -> dict[str, Any] | None:
    """Consistency and bias of a judge that was asked in both orders; None of another."""
    counts: Counter[str] = Counter()
    for one in judged:
        for what, n in one.counts.items():
            counts[what.rpartition(": ")[2]] += n
    return in_both_orders(counts)


def in_both_orders(counts: Mapping[str, int]) -> dict[str, Any] | None:
    """Consistency and bias from what a judge counted; None where it was not asked in both orders."""
    pairs = counts.get(position.BOTH_ORDERS, 0)
    if not pairs:
        return None
    consistent = pairs - sum(counts.get(outcome, 0) for outcome in position.DISAGREED)
    return {
        "pairs": pairs,
        "consistent": consistent / pairs,
        "interval": figures.wilson(consistent, pairs),
        "bias": position.bias(counts, pairs),
        "outcomes": {outcome: counts.get(outcome, 0) for outcome in position.OUTCOMES},
    }


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The figures as people read them."""
    labels = "" if found["labels"] == found["pairs"] else f", {found['labels']:,} verdicts of people"
    yield f"{found['judge']} on {found['on']} ({found['format']}): {found['pairs']:,} pairs{labels}"
    if left_out := found["left_out"]:
        yield f"left out {sum(left_out.values()):,} records: {_counted(left_out)}"
    failed = f"; failed {found['failed']:,} ({_counted(found['failures'])})" if found["failed"] else ""
    said = found["verdicts"]
    yield f"judged {found['judged']:,}{failed}; first {said['first']:,}, second {said['second']:,}, tie {said['tie']:,}"
    yield ""
    yield f"{'agreement with people':{NAMES}} {'verdicts':>8}  {'share':>7}  {'95 % interval':>16}  {'kappa':>6}"
    for name, key in (("with ties", "with_ties"), ("without ties", "without_ties")):
        yield _row(f"  {name}", found["agreement"][key])
    if (half := found["agreement"]["ties_half_right"]) is not None:
        yield f"{'  a tie is half right':{NAMES}} {'':>8}  {_percent(half):>7}"
    if people := found["people"]:
        yield f"{'  people among themselves':{NAMES}} {people['pairs']:>8,}  {_percent(people['share']):>7}"
    yield from _biases(found)
    for kind, values in found["by"].items():
        yield ""
        yield f"by {kind}"
        for value, some in values.items():
            yield _row(f"  {value[: NAMES - 2]}", some["agreement"]["with_ties"])


def _biases(found: Mapping[str, Any]) -> Iterator[str]:
    if place := found["position"]:
        yield (
            f"position: the same in both orders in {_percent(place['consistent'])} {_interval(place['interval'])} of "
            f"{place['pairs']:,} pairs; bias {place['bias']:+.3f} (+1: always the first, -1: always the second)"
        )
    length = found["length"]
    yield (
        f"length: the longer answer wins {_percent(length['judge_longer'])} {_interval(length['judge_interval'])} of "
        f"its verdicts and {_percent(length['people_longer'])} of people's; correlation with the length "
        f"{_signed(length['judge_correlation'])}, people's {_signed(length['people_correlation'])}"
    )


def _row(name: str, found: Mapping[str, Any]) -> str:
    kappa = _signed(found["kappa"])
    return (
        f"{name:{NAMES}} {found['verdicts']:>8,}  {_percent(found['share']):>7}  {_interval(found['interval']):>16}  "
        f"{kappa:>6}"
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _interval(ends: tuple[float, float] | None) -> str:
    return "-" if ends is None else f"({100 * ends[0]:.1f} to {100 * ends[1]:.1f})"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _counted(counts: Mapping[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {n:,}" for name, n in ranked)
