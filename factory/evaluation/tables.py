"""Figures as people read them: tables of Markdown, and how shares, intervals and counts are written."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from factory.markdown import number, text

OF_SHARES = (
    "Intervals are of 95 %: Wilson's where every question counts 0 or 1, or all count the same, else a bootstrap over "
    "questions."
)
LEAST_P = 0.001
"""Smaller probabilities are told by this."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of Markdown, every cell escaped."""
    cells = [list(head), *([*row, *[""] * (len(head) - len(row))] for row in rows)]
    lines = [f"| {' | '.join(map(text, row))} |" for row in cells]
    return [lines[0], "|" + "---|" * len(head), *lines[1:]]


def asked(figures: Mapping[str, Any]) -> str:
    """How many questions were asked, how often, and what was left out."""
    samples = f", each answered {number(figures['samples'])} times" if figures.get("samples", 1) > 1 else ""
    left_out = f"; left out: {counted(figures['left_out'])}" if figures["left_out"] else ""
    return f"{number(figures['questions'])} question{'s' * (figures['questions'] != 1)}{samples}{left_out}"


def by_kind(models: Mapping[str, Any], cell: Callable[[Mapping[str, Any]], str]) -> Iterator[list[str]]:
    """A table for each kind of group: the questions of each value, and the cell of each model's figures."""
    for kind in dict.fromkeys(kind for facts in models.values() for kind in facts.get("by", {})):
        rows = []
        for value in dict.fromkeys(value for facts in models.values() for value in facts["by"][kind]):
            some = [facts["by"][kind][value] for facts in models.values()]
            asked = max(one["questions"] for one in some)
            rows.append([value, number(asked), *map(cell, some)])
        yield table([kind, "questions", *models], rows)


def differences(found: Sequence[Mapping[str, Any]], told: Callable[[Mapping[str, Any]], str]) -> Iterator[list[str]]:
    """A list of what two models differ by; nothing where none meet."""
    if found:
        yield ["Differences, on the same questions:"]
        yield [f"- {text(told(one))}" for one in found]


def width_of(models: Iterable[str]) -> int:
    """Of a column of their names."""
    return max(map(len, models), default=0)


def probability(p: float) -> str:
    """The p-value of a test."""
    return f"p < {LEAST_P}" if p < LEAST_P else f"p = {p:.3g}"


def percent(share: float | None) -> str:
    """A share in per cent."""
    return "-" if share is None else f"{100 * share:.1f} %"


def percents(ends: Sequence[float] | None) -> str:
    """The ends of an interval of shares."""
    return "" if ends is None else f"({100 * ends[0]:.1f} to {100 * ends[1]:.1f})"


def points(value: float | None) -> str:
    """A score."""
    return "-" if value is None else f"{value:.2f}"


def ends(interval: Sequence[float] | None) -> str:
    """The ends of an interval of scores."""
    return "" if interval is None else f"({interval[0]:.2f} to {interval[1]:.2f})"


def counted(counts: Mapping[str, int]) -> str:
    """Counts by reason."""
    return ", ".join(f"{n:,} {why}" for why, n in counts.items()) or "0"


def apart(facts: Mapping[str, Mapping[str, int]]) -> str:
    """What is neither judged nor answered, as the end of a line; nothing where there is none."""
    found = ((sum(facts.get(kind, {}).values()), kind) for kind in ("undecided", "unanswered"))
    return "".join(f", {n:,} {kind}" for n, kind in found if n)


def met(models: Sequence[str], against: str) -> list[tuple[str, str]]:
    """Which models are compared: all with each other, or all others with one."""
    return [(one, against) for one in models if one != against] if against else list(combinations(models, 2))
