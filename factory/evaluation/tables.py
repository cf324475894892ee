"""Figures as people read them: tables of Markdown, and how shares, intervals and counts are written."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from factory.markdown import text


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of Markdown, every cell escaped."""
    cells = [list(head), *([*row, *[""] * (len(head) - len(row))] for row in rows)]
    lines = [f"| {' | '.join(map(text, row))} |" for row in cells]
    return [lines[0], "|" + "---|" * len(head), *lines[1:]]


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
