"""Two datasets side by side, as one page that needs nothing beside itself and as lines for a terminal."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup
from rich.cells import cell_len

from factory import durable
from factory.display import plain
from factory.pages.changes import marked
from factory.pages.environment import environment, style
from factory.pages.words import Language, Words, words
from factory.reporting import charts, figures
from factory.reporting.compare import Comparison, Line
from factory.reporting.measured import Measured, judges_of
from factory.reporting.numbers import Numbers

ROWS = 14
"""Lines of a section that are shown."""
NAME = 48
"""Columns of a name on a terminal."""


def write(found: Comparison, out: Path, language: Language = "en") -> None:
    """Write the page.

    Raises:
        DatasetError: it can't be written.
    """
    durable.write(out, render(found, language).encode("utf-8", "replace"))


def render(found: Comparison, language: Language = "en") -> str:
    """The page."""
    w = words("report", language)
    names = _names(found)
    context: dict[str, Any] = {
        "w": w,
        "style": Markup(style("tokens.css", "text.css", "report.css")),  # our own files
        "a": found.first.manifest,
        "b": found.second.manifest,
        "names": dict(zip("ab", names, strict=True)),
        "lengths": _charts(w, found, _lengths),
        "scores": _charts(w, found, _scores),
        "shared": found.shared,
        "examples": [(*marked(one, other), score) for one, other, score in found.shared.examples],
        "percent": figures.percent,
        "figure": figures.figure_of,
        "cut": figures.cut,
    }
    context["tables"] = tables(found, w)
    return environment().get_template("compare.html.j2").render(context)


def tables(found: Comparison, w: Words) -> list[tuple[str, list[tuple[str, str, str, str]]]]:
    """The lines of each section: what, of the first, of the second, the difference."""
    return [(section, _table(said, w)) for section, said in found.lines.items()]


def text(found: Comparison) -> list[str]:
    """The lines for a terminal."""
    w = words("report", "en")
    rows: list[Sequence[str]] = [("", *_names(found), "")]
    for section, said in found.lines.items():
        rows.append((w(f"compare.{section}"), "", "", ""))
        rows += [(f"  {name}", *values) for name, *values in _table(said, w)]
    shared = found.shared
    rows.append((w("compare.shared"), "", "", ""))
    rows.append((f"  {w('shared.rows')}", f"{shared.rows:,}", f"{shared.rows:,}", ""))
    counts = {name: f"{getattr(shared, name):,}" for name in ("near", "asked", "known")}
    near = w("shared.near", **counts, share=figures.percent(shared.near, shared.asked))
    return [*_aligned([[_cell(cell) for cell in row] for row in rows]), f"  {near}"]


def _cell(text: str) -> str:
    """On one line, without what a terminal would obey, cut where it is long; what it is set in by stays."""
    indent = text[: len(text) - len(text.lstrip(" "))]
    return indent + figures.cut(" ".join(plain(text).split()), NAME)


def _names(found: Comparison) -> tuple[str, str]:
    """What they are called: their names, or as much of their folders as tells them apart where these are the same."""
    one, other = found.first, found.second
    if one.manifest.name != other.manifest.name:
        return figures.cut(one.manifest.name, 60), figures.cut(other.manifest.name, 60)
    parts = one.folder.resolve().parts, other.folder.resolve().parts
    for many in range(1, max(map(len, parts))):
        if parts[0][-many:] != parts[1][-many:]:
            return "/".join(parts[0][-many:])[-60:], "/".join(parts[1][-many:])[-60:]
    return "a", "b"


def _table(said: Sequence[Line], w: Words) -> list[tuple[str, str, str, str]]:
    rows = [(_what(line, w), _value(line.first, line), _value(line.second, line), _difference(line)) for line in said]
    rest = len(rows) - ROWS
    return [*rows[:ROWS], (w("more", count=f"{rest:,}"), "", "", "")] if rest > 0 else rows


def _what(line: Line, w: Words) -> str:
    name = figures.cut(w.name("role", line.name), figures.LONGEST_NAME)
    if line.what in ("length.questions", "length.answers"):
        return f"{w(line.what)} · {w.name('figure', line.name)}"
    return " · ".join(part for part in (name, w(line.what) if line.what else "") if part)


def _value(value: float | str | None, line: Line) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return figures.cut(value, 60)
    return figures.percent(value, 1) if line.share else figures.figure_of(value)


def _difference(line: Line) -> str:
    """How much more the second has: points of a share, else percent of the first."""
    return _change(line).replace("-", "\u2212")


def _change(line: Line) -> str:
    if isinstance(line.first, str) or isinstance(line.second, str) or line.first is None or line.second is None:
        return ""
    if line.share:
        points = 100 * (line.second - line.first)
        return f"{points:+.1f}" if abs(points) >= 0.05 else "="
    if line.first == line.second:
        return "="
    if line.first <= 0 or line.second <= 0:
        return f"{line.second - line.first:+.4g}"
    ratio = line.second / line.first
    return f"{100 * (ratio - 1):+.1f} %" if 0.1 < ratio < 10 else f"× {ratio:.3g}"


def _charts(w: Words, found: Comparison, numbers: Any) -> list[tuple[str, charts.Histogram]]:
    """Histograms of both, one beside the other."""
    first, second = numbers(found.first), numbers(found.second)
    drawn = [
        (w.name("role", name), charts.beside({"a": first.get(name, Numbers()), "b": second.get(name, Numbers())}))
        for name in dict.fromkeys([*first, *second])
    ]
    return [(figures.cut(name, 80), chart) for name, chart in drawn if chart and len(chart.columns) > 1]


def _lengths(found: Measured) -> dict[str, Numbers]:
    return found.kept.lengths


def _scores(found: Measured) -> dict[str, Numbers]:
    return {name: judge.kept for name, judge in judges_of(found).items() if judge.kept.count}


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(cell_len(row[place]) for row in rows) for place in range(4)]
    lines = []
    for row in rows:
        gaps = [" " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        cells = [row[0] + gaps[0], *(gap + cell for gap, cell in zip(gaps[1:], row[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return lines
