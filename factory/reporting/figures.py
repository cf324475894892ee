"""The tables and bars of a report, from what was measured: names, numbers, and what they come to."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from factory.pages.words import Words
from factory.reporting.charts import figure
from factory.reporting.diversity import Diversity
from factory.reporting.measured import Measured, by_language
from factory.reporting.numbers import Numbers
from factory.reporting.scan import Sampled

MOST_BARS = 12
MOST_AREAS = 24
LONGEST_NAME = 120
LABEL = 21
"""Characters of a path beside a bar: its end."""


class BarRow(NamedTuple):
    """One bar."""

    name: str
    kept: int
    dropped: int

    @property
    def label(self) -> str:
        """The name as far as there is room; of a path, its end, which tells it from the others."""
        if len(self.name) <= LABEL:
            return self.name
        return f"…{self.name[1 - LABEL :]}" if "/" in self.name else self.name


class Bars(NamedTuple):
    """The largest bars."""

    rows: Sequence[BarRow]
    most: int
    rest: int
    """How many more there are, and how many kept rows they have."""
    rest_rows: int


class HeatLine(NamedTuple):
    """One area."""

    name: str
    counts: Sequence[int]
    """By level."""


class Heat(NamedTuple):
    """Rows by area and level."""

    levels: Sequence[int]
    lines: Sequence[HeatLine]
    most: int
    rows: int
    exact: bool
    """Whether it is of all kept rows, not of the sample."""


def percent(part: float, whole: float) -> str:
    """A share as people read it; the sign stays on its line."""
    share = 100 * part / whole if whole else 0.0
    if 0 < share < 0.1:
        return "<\u00a00.1\u00a0%"
    if 99.9 < share < 100:
        return ">\u00a099.9\u00a0%"
    return f"{share:.0f}\u00a0%" if share in (0, 100) else f"{share:.1f}\u00a0%"


def cut(text: str, most: int) -> str:
    """The text, not longer than that."""
    return text if len(text) <= most else f"{text[:most]}…"


def bars(kept: Mapping[str, int], dropped: Mapping[str, int] | None = None) -> Bars:
    """The largest, by name."""
    lost = dropped or {}
    rows = [BarRow(cut(name, LONGEST_NAME), kept.get(name, 0), lost.get(name, 0)) for name in {**kept, **lost}]
    rows.sort(key=lambda row: (-row.kept - row.dropped, row.name))
    some, rest = rows[:MOST_BARS], rows[MOST_BARS:]
    most = max((row.kept + row.dropped for row in some), default=0)
    return Bars(some, max(most, 1), len(rest), sum(row.kept for row in rest))


def parts(found: Measured, w: Words) -> list[tuple[str, Bars]]:
    """What the rows are: families, languages, topics, licences, sources; a part that says nothing is left out."""
    manifest = found.manifest
    drops = {group: sum(fates.values()) for group, fates in manifest.group_drops.items()}
    topics = Counter(row.place[0] for row in found.kept.sample if row.place[0])
    every = [
        (w("by.languages"), bars(manifest.languages)),
        (w("by.licences"), bars(manifest.licences)),
        (w("by.topics"), bars(topics)),
        (w("by.families"), bars(manifest.groups, drops)),
        (w("by.sources"), bars(manifest.sources)),
    ]
    return [(title, part) for title, part in every if part.rows]


def heat(found: Measured) -> Heat | None:
    """Rows by area and level; None where rows have no level, or all of them one place."""
    sample = [row for row in found.kept.sample if row.place[1] is not None]
    levels = sorted({row.place[1] for row in sample if row.place[1] is not None})
    if not sample or len(levels) > 12:
        return None
    counts: Counter[tuple[str, int | None]] = Counter()
    exact = _one_place(found, sample)
    if exact is None:
        counts.update(row.place for row in sample)
    else:
        for group, count in found.manifest.groups.items():
            counts[exact[group]] += count
    areas = Counter[str]()
    for (area, _), count in counts.items():
        areas[area] += count
    names = sorted(areas, key=lambda area: (-areas[area], area))[:MOST_AREAS]
    lines = [HeatLine(name, [counts[name, level] for level in levels]) for name in names]
    if len(lines) * len(levels) == 1:
        return None
    most = max(max(line.counts) for line in lines)
    return Heat(levels, lines, max(most, 1), sum(sum(line.counts) for line in lines), exact is not None)


def _one_place(found: Measured, sample: Sequence[Sampled]) -> Mapping[str, tuple[str, int | None]] | None:
    """Where each family stands, where each has one place and all are known: then the manifest has the counts."""
    places: dict[str, tuple[str, int | None]] = {}
    for row in sample:
        if places.setdefault(row.group, row.place) != row.place:
            return None
    return places if len(sample) == len(found.kept.sample) and places.keys() >= found.manifest.groups.keys() else None


def length_head(w: Words) -> list[str]:
    """Of `length_row`."""
    names = [w(f"length.{name}") for name in ("what", "count", "mean")]
    return [*names, "5 %", "25 %", w("length.median"), "75 %", "95 %", w("length.most")]


def length_row(name: str, numbers: Numbers) -> list[str]:
    """How long texts are."""
    places = [numbers.quantile(at) for at in (0.05, 0.25, 0.5, 0.75, 0.95)]
    return [name, f"{numbers.count:,}", *map(figure_of, (numbers.mean, *places, numbers.most))]


def language_rows(found: Measured, w: Words) -> list[list[str]]:
    """How long questions and answers are in each language; none where there is one."""
    languages = by_language(found.kept)
    if len(languages) < 2:
        return []
    return [
        [name or w("none"), f"{asked.count:,}"]
        + [figure_of(numbers.quantile(at)) for numbers in (asked, said) for at in (0.5, 0.95)]
        for name, (asked, said) in languages.items()
    ]


def language_head(w: Words) -> list[str]:
    """Of `language_rows`."""
    sides = (w("length.questions"), w("length.answers"))
    return [w("language"), w("sample.rows"), *(w(key, what=side) for side in sides for key in ("median.of", "p95.of"))]


def diversity_head(found: Iterable[Diversity | None], w: Words) -> list[str]:
    """Of `diversity_row`."""
    paired = max((one.paired for one in found if one), default=0)
    names = ["", w("diversity.texts"), w("diversity.words"), "distinct-1", "distinct-2", "distinct-3", "gzip", "zstd"]
    return [*names, w("diversity.paired", count=paired), w("diversity.near")]


def diversity_row(name: str, one: Diversity) -> list[str]:
    """How diverse texts are."""
    row = [name, f"{one.texts:,}", f"{one.vocabulary:,}", *(f"{share:.3f}" for share in one.distinct)]
    near = "–" if one.near is None else percent(one.near, 1)
    return [*row, f"{one.gzip:.2f} ×", f"{one.zstd:.2f} ×", "–" if one.rouge is None else f"{one.rouge:.3f}", near]


def figure_of(value: float) -> str:
    """A length or a score: whole ones as they are, others with four digits."""
    return figure(round(value, 1) if abs(value) >= 10 else value)
