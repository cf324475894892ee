"""All that is counted of one dataset: what its manifest says, what its rows show, and what a sample of them tells."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from factory import columns
from factory.manifest import Manifest, read_manifest
from factory.reporting.diversity import Diversity, diversity
from factory.reporting.drops import Dropped, dropped
from factory.reporting.instructions import Wheel, wheel
from factory.reporting.numbers import Numbers
from factory.reporting.scan import Kept, kept
from factory.reporting.shown import Shown
from factory.reporting.verdicts import Judge
from factory.row import called

FIRST = ("read", "unicode", "decontaminate")
LAST = ("licence", "duplicates", "templates")
"""Stages of the factory's own, before and behind the judges."""
SHOWN = 8
"""Kept rows that are shown."""


class Stage(NamedTuple):
    """A stage that dropped rows."""

    name: str
    reasons: Sequence[tuple[str, int]]
    """The commonest first."""
    lost: int
    left: int
    """Rows that are left behind it."""


class Measured(NamedTuple):
    """What a dataset looks like."""

    folder: Path
    manifest: Manifest
    kept: Kept
    dropped: Dropped
    stages: Sequence[Stage]
    questions: Diversity | None
    """How diverse the questions of the sample are."""
    answers: Diversity | None
    wheel: Wheel
    shown: Sequence[Shown]
    """Some kept rows, of as many families as there are."""


def measure(folder: Path) -> Measured:
    """Read a finished dataset.

    Raises:
        DatasetError: it is none, or a file can't be read.
    """
    manifest = read_manifest(folder)
    with columns.frugal():
        drops = dropped(folder, manifest)
        found = kept(folder, manifest, frozenset(cluster.kept for cluster in drops.clusters))
    questions = [row.question for row in found.sample]
    return Measured(
        folder,
        manifest,
        found,
        drops,
        stages(manifest),
        diversity(questions),
        diversity([row.answer for row in found.sample]),
        wheel(questions),
        varied(found.candidates, SHOWN),
    )


def stages(manifest: Manifest) -> list[Stage]:
    """The stages that dropped rows, in the order in which rows pass them."""
    lost: dict[str, dict[str, int]] = {}
    for fate, count in manifest.dropped.items():
        name, _, reason = fate.partition(": ")
        lost.setdefault(name, {})[reason] = count
    found, left = [], manifest.rows_made
    for name in sorted(lost, key=_order(manifest, list(lost)).index):
        reasons = sorted(lost[name].items(), key=lambda entry: (-entry[1], entry[0]))
        left -= sum(lost[name].values())
        found.append(Stage(name, reasons, sum(lost[name].values()), left))
    return found


def varied(rows: Sequence[Shown], most: int) -> list[Shown]:
    """So many of the rows, of each group and language one before there is a second."""
    seen: Counter[tuple[str, str]] = Counter()
    ranked = []
    for place, row in enumerate(rows):
        seen[row.group, row.language] += 1
        ranked.append((seen[row.group, row.language], place))
    return [rows[place] for _, place in sorted(sorted(ranked)[:most])]


def judges_of(found: Measured) -> dict[str, Judge]:
    """What each judge said of kept and of dropped rows together."""
    kept, dropped = found.kept.verdicts.judges, found.dropped.verdicts.judges
    judges = {}
    for name in dict.fromkeys([*kept, *dropped]):
        one, other = kept.get(name, Judge()), dropped.get(name, Judge())
        judges[name] = Judge(
            one.passed + other.passed,
            one.failed + other.failed,
            one.unjudged + other.unjudged,
            one.kept,
            other.dropped,
        )
    return judges


def by_language(rows: Kept) -> Mapping[str, tuple[Numbers, Numbers]]:
    """How long questions and answers of the sample are, by language; those without one under an empty name."""
    import numpy as np

    lengths: dict[str, list[tuple[int, int]]] = {}
    for row in rows.sample:
        lengths.setdefault(row.language, []).append(row.lengths)
    found = {}
    for language, pairs in sorted(lengths.items(), key=lambda entry: (-len(entry[1]), entry[0]))[:8]:
        found[language] = (Numbers(), Numbers())
        for numbers, values in zip(found[language], np.array(pairs).T, strict=True):
            numbers.add(values)
    return found


def _order(manifest: Manifest, names: Sequence[str]) -> list[str]:
    judges = [str(part.get("use", "")) for part in manifest.settings.get("judge", ()) if isinstance(part, dict)]
    seen: Counter[str] = Counter()
    ordered = []
    for name in judges:
        seen[name] += 1
        ordered.append(called(name, seen[name]))
    known = {*FIRST, *ordered, *LAST}
    return [*sorted(name for name in names if name not in known), *FIRST, *ordered, *LAST]
