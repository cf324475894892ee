"""The geometry of the charts: plain numbers that templates write as SVG and HTML; nothing here writes markup."""

from collections.abc import Mapping, Sequence
from math import cos, isfinite, pi, sin
from typing import NamedTuple

from factory.reporting.instructions import Wheel
from factory.reporting.numbers import Bar, Numbers, bars

TICKS = 5
INNER, MIDDLE, OUTER = 46.0, 104.0, 164.0
"""Radii of the wheel's rings."""
_LEAST_INNER, _LEAST_OUTER = 0.145, 0.075
"""Radians from which on a name fits."""
SERIES = 6


class Column(NamedTuple):
    """One bar of a histogram; its height is 100 where it is the highest."""

    x: float
    width: float
    parts: Sequence[tuple[str, float, float]]
    """Series, top and height of what stands in it."""
    label: str
    counts: Sequence[tuple[str, float]]
    """Series and count."""


class Histogram(NamedTuple):
    """A histogram of one or more series."""

    columns: Sequence[Column]
    most: float
    """What the highest bar is."""
    ticks: Sequence[tuple[float, str]]
    """Where names stand below it, in percent, and which."""


class Arc(NamedTuple):
    """A piece of a ring."""

    path: str
    series: int
    inner: bool
    name: str
    title: str
    transform: str
    """Where its name stands; empty where it has no room."""


def stacked(series: Mapping[str, Numbers], names: Sequence[str] | None = None) -> Histogram | None:
    """Counts, one series on top of the other; None where there is nothing."""
    shared = bars(list(series.values()))
    counts = {name: [float(count) for count in numbers.binned(shared)] for name, numbers in series.items()}
    most = max((sum(values) for values in zip(*counts.values(), strict=True)), default=0.0)
    return _histogram(shared, counts, most, beside=False) if most else None


def beside(series: Mapping[str, Numbers]) -> Histogram | None:
    """Shares of each series, one beside the other: datasets of different sizes are compared so."""
    shared = bars(list(series.values()))
    shares = {}
    for name, numbers in series.items():
        total = max(numbers.count, 1)
        shares[name] = [100 * count / total for count in numbers.binned(shared)]
    most = max((value for values in shares.values() for value in values), default=0.0)
    return _histogram(shared, shares, most, beside=True) if most else None


def counted(bins: Sequence[tuple[float, float, int]]) -> Histogram | None:
    """A histogram of bars that were counted already."""
    shared = [Bar(low, high, False) for low, high, _ in bins]
    most = max((count for *_, count in bins), default=0)
    values = {"kept": [float(count) for *_, count in bins]}
    return _histogram(shared, values, float(most), beside=False) if most else None


def _histogram(shared: Sequence[Bar], values: Mapping[str, Sequence[float]], most: float, *, beside: bool) -> Histogram:
    columns, width = [], 100 / len(shared)
    for at, bar in enumerate(shared):
        parts, level = [], 100.0
        for name, series in values.items():
            height = 100 * series[at] / most
            parts.append((name, round((100 if beside else level) - height, 3), round(height, 3)))
            level -= height
        said = [(name, series[at]) for name, series in values.items()]
        columns.append(Column(round(at * width, 4), round(width, 4), parts, _label(bar), said))
    return Histogram(columns, most, _ticks(shared))


def _label(bar: Bar) -> str:
    if bar.low == bar.high:
        return figure(bar.low)
    return f"≥ {figure(bar.low)}" if bar.open else f"{figure(bar.low)} – {figure(bar.high)}"


def _ticks(shared: Sequence[Bar]) -> list[tuple[float, str]]:
    """Names below: of every value where each has a bar and there is room, else of some edges."""
    count = len(shared)
    if shared[0].low == shared[0].high:
        step = -(-count // 6)
        return [(round(100 * (at + 0.5) / count, 3), _axis(bar.low)) for at, bar in enumerate(shared) if at % step == 0]
    step = max(-(-count // TICKS), 1)
    return [(round(100 * at / count, 3), _axis(shared[at].low)) for at in range(0, count, step)]


def figure(value: float) -> str:
    """A number of an axis: whole ones with commas, others with four digits; what is no number by its name."""
    whole = isfinite(value) and abs(value) < 1e15 and value == int(value)
    return f"{int(value):,}" if whole else f"{value:.4g}"


def _axis(value: float) -> str:
    """As `figure`, with three digits where there is a fraction: names below an axis have little room."""
    return figure(value) if value == int(value) else f"{value:.3g}"


def sunburst(wheel: Wheel, others: str) -> list[Arc]:
    """Verbs in the inner ring, the last of them all others, and their commonest objects in the outer one."""
    arcs: list[Arc] = []
    start = 0.0
    verbs = [*wheel.verbs, (others, wheel.other, [])] if wheel.other else wheel.verbs
    for place, (verb, count, objects) in enumerate(verbs):
        angle = 2 * pi * count / max(wheel.found, 1)
        series = place % SERIES + 1 if place < len(wheel.verbs) else 0
        arcs.append(_arc(start, angle, INNER, MIDDLE, series, verb, f"{verb}: {count:,}"))
        inside = start
        for object, times in objects:
            part = 2 * pi * times / max(wheel.found, 1)
            arcs.append(_arc(inside, part, MIDDLE, OUTER, series, object, f"{verb} · {object}: {times:,}"))
            inside += part
        rest = count - sum(times for _, times in objects)
        if objects and rest:
            arcs.append(_arc(inside, start + angle - inside, MIDDLE, OUTER, series, "", f"{verb} · …: {rest:,}"))
        start += angle
    return arcs


def _arc(start: float, angle: float, inner: float, outer: float, series: int, name: str, title: str) -> Arc:
    angle = min(angle, 2 * pi - 2e-3)
    end, large = start + angle, int(angle > pi)
    points = [_point(inner, start), _point(outer, start), _point(outer, end), _point(inner, end)]
    path = (
        f"M{points[0]}L{points[1]}A{outer:g} {outer:g} 0 {large} 1 {points[2]}"
        f"L{points[3]}A{inner:g} {inner:g} 0 {large} 0 {points[0]}Z"
    )
    least = _LEAST_INNER if inner == INNER else _LEAST_OUTER
    turn = (start + angle / 2) * 180 / pi - 90
    left = 90 < turn < 270
    middle = (inner + outer) / 2
    place = f"rotate({turn + 180 if left else turn:.2f}) translate({-middle if left else middle:g} 0)"
    shown = place if name and angle >= least else ""
    return Arc(path, series, inner == INNER, short(name, outer - inner), title, shown)


def _point(radius: float, angle: float) -> str:
    return f"{radius * sin(angle):.2f} {-radius * cos(angle):.2f}"


def short(name: str, room: float, size: float = 10.0) -> str:
    """The name as far as there is room for it: a letter takes about half its size, a Japanese character all of it."""
    widths = [size * (0.53 if character < "\u2e80" else 1.0) for character in name]
    if sum(widths) <= room - 6:
        return name
    found, so_far = "", size
    for character, width in zip(name, widths, strict=True):
        so_far += width
        if so_far > room - 6:
            break
        found += character
    return f"{found}…"
