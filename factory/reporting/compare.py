"""Two datasets side by side: the same figures of both, and what they share."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from factory.manifest import Manifest
from factory.preferences.figures import Preferences
from factory.reporting.diversity import Diversity, diversity
from factory.reporting.measured import Measured, judges_of, measure
from factory.reporting.numbers import Numbers
from factory.reporting.scan import batches
from factory.reporting.verdicts import Judge
from factory.similar import Near

ASKED, KNOWN = 1_000, 5_000
"""Questions of the first dataset that are looked for, among so many of the second."""
NEAR = 0.7
"""The similarity from which on two questions are near."""
LONGEST = 600
"""Characters of a question that are compared."""

_question, _answer = attrgetter("question"), attrgetter("answer")
Ids = NDArray[np.bytes_]
T = TypeVar("T")


class Shared(NamedTuple):
    """What two datasets have in common."""

    rows: int
    """Rows of the same content, in both."""
    first: int
    """Rows of different content in each."""
    second: int
    asked: int
    """Questions of the first one's sample that were looked for, and among how many of the second's."""
    known: int
    near: int
    """Those with a near one there."""
    examples: Sequence[tuple[str, str, float]]
    """Some of those that are not the same: question of the first, of the second, similarity."""


class Line(NamedTuple):
    """One figure of both."""

    what: str
    """A key of the words, or a name."""
    name: str
    """What it is of; empty where the key says all."""
    first: float | str | None
    second: float | str | None
    """None where there is none."""
    share: bool = False
    """Whether it is a share of one."""


class Comparison(NamedTuple):
    """Two datasets."""

    first: Measured
    second: Measured
    shared: Shared
    lines: Mapping[str, Sequence[Line]]
    """By section."""


def compare(first: Path, second: Path) -> Comparison:
    """Read two finished datasets.

    Raises:
        DatasetError: one is none, or a file can't be read.
    """
    one, other = measure(first), measure(second)
    return Comparison(one, other, shared(one, other), lines(one, other))


def as_json(found: Comparison) -> dict[str, Any]:
    """The figures as plain values."""
    facts: dict[str, Any] = {"a": str(found.first.folder), "b": str(found.second.folder)}
    for section, said in found.lines.items():
        facts[section] = [
            {"what": line.what, "name": line.name, "a": line.first, "b": line.second, "share": line.share}
            for line in said
        ]
    return facts | {"shared": found.shared._asdict()}


def lines(one: Measured, other: Measured) -> dict[str, list[Line]]:
    """The figures of both, section by section; sections that say nothing are left out."""
    first, second = one.manifest, other.manifest
    found = {
        "rows": _rows(first, second),
        "dropped": _counts(first.dropped, second.dropped, first.rows_made, second.rows_made),
        "lengths": _lengths((one, other)),
        "languages": _counts(first.languages, second.languages, first.rows_kept, second.rows_kept),
        "licences": _counts(first.licences, second.licences, first.rows_kept, second.rows_kept),
        "families": _counts(first.groups, second.groups, first.rows_kept, second.rows_kept),
        "judges": _judges((one, other)),
        "diversity": _diversities(one, other),
        "pairs": _pairs(first.preferences, second.preferences),
        "models": _models(first, second),
    }
    return {section: said for section, said in found.items() if said}


def _rows(first: Manifest, second: Manifest) -> list[Line]:
    facts = [("made", first.rows_made, second.rows_made), ("kept", first.rows_kept, second.rows_kept)]
    said = [Line(what, "", one, other) for what, one, other in facts]
    said += _both(
        "kept.share", "", (first, second), lambda m: m.rows_kept / m.rows_made if m.rows_made else None, share=True
    )
    texts = [("tile.licence", first.license, second.license), ("seed", str(first.seed), str(second.seed))]
    return [*said, *(Line(what, "", one, other) for what, one, other in texts)]


def _counts(first: Mapping[str, int], second: Mapping[str, int], whole: int, other: int) -> list[Line]:
    """Shares by name, those that differ most first."""
    shares = {
        name: (first.get(name, 0) / max(whole, 1), second.get(name, 0) / max(other, 1)) for name in {**first, **second}
    }
    names = sorted(shares, key=lambda name: (-round(abs(shares[name][0] - shares[name][1]), 9), -shares[name][0], name))
    return [Line("", name, *shares[name], share=True) for name in names]


def _both(
    what: str, name: str, found: tuple[T, T], figure: Callable[[T], float | None], *, share: bool = False
) -> list[Line]:
    """One figure of both; nothing where neither has it."""
    first, second = figure(found[0]), figure(found[1])
    return [] if first is None and second is None else [Line(what, name, first, second, share)]


def _lengths(both: tuple[Measured, Measured]) -> list[Line]:
    said: list[Line] = []
    for role in dict.fromkeys([*both[0].kept.lengths, *both[1].kept.lengths]):
        sides = (both[0].kept.lengths.get(role, Numbers()), both[1].kept.lengths.get(role, Numbers()))
        said += _both("length.median", role, sides, lambda side: side.quantile(0.5) if side.count else None)
        said += _both("length.p95", role, sides, lambda side: side.quantile(0.95) if side.count else None)
    turns = (both[0].kept.turns, both[1].kept.turns)
    return [*said, *_both("turns.mean", "", turns, lambda side: side.mean if side.count else None)]


def _judges(both: tuple[Measured, Measured]) -> list[Line]:
    """Of each judge, how often it passed what it saw, and its mean score of kept rows."""
    said: list[Line] = []
    tables = (judges_of(both[0]), judges_of(both[1]))
    for name in dict.fromkeys([*tables[0], *tables[1]]):
        judges = (tables[0].get(name, Judge()), tables[1].get(name, Judge()))
        passed = _both(
            "judge.passed", name, judges, lambda one: one.passed / one.total if one.total else None, share=True
        )
        said += passed + _both("judge.score", name, judges, lambda one: one.kept.mean if one.kept.count else None)
    return said


def _diversities(one: Measured, other: Measured) -> list[Line]:
    """Of equally many texts of both: such figures change with their number."""
    count = min(len(one.kept.sample), len(other.kept.sample))
    samples = (one.kept.sample[:count], other.kept.sample[:count])
    asked, said = ([[pick(row) for row in rows] for rows in samples] for pick in (_question, _answer))
    return [
        *_diversity("length.questions", (diversity(asked[0]), diversity(asked[1]))),
        *_diversity("length.answers", (diversity(said[0]), diversity(said[1]))),
    ]


def _diversity(what: str, both: tuple[Diversity | None, Diversity | None]) -> list[Line]:
    figures: dict[str, Callable[[Diversity], float | None]] = {
        "diversity.texts": lambda found: found.texts,
        "diversity.words": lambda found: found.vocabulary,
        "distinct-1": lambda found: found.distinct[0],
        "distinct-2": lambda found: found.distinct[1],
        "distinct-3": lambda found: found.distinct[2],
        "gzip": lambda found: found.gzip,
        "ROUGE-L": lambda found: found.rouge,
    }
    said: list[Line] = []
    for name, figure in figures.items():
        said += _both(what, name, both, _if_there(figure))
    return said


def _if_there(figure: Callable[[Diversity], float | None]) -> Callable[[Diversity | None], float | None]:
    return lambda found: figure(found) if found else None


def _pairs(first: Preferences | None, second: Preferences | None) -> list[Line]:
    both = (first.pairs if first else None, second.pairs if second else None)
    return [
        *_both(
            "pairs.longer", "", both, lambda found: found.lengths.chosen_longer_share if found else None, share=True
        ),
        *_both("pairs.bias", "", both, lambda found: found.lengths.bias if found else None),
        *_both("pairs.margin", "", both, lambda found: found.margins.spread.mean if found and found.margins else None),
    ]


def _models(first: Manifest, second: Manifest) -> list[Line]:
    said: list[Line] = []
    for name in dict.fromkeys([*first.models, *second.models]):
        uses = (first.models.get(name), second.models.get(name))
        said += _both("model.completion", name, uses, lambda use: use.completion_tokens if use else None)
    return said


def shared(one: Measured, other: Measured) -> Shared:
    """Rows that are in both, and questions of the first that are near to one of the second."""
    first, second = _ids(one), _ids(other)
    both = len(np.intersect1d(first, second, assume_unique=True))
    known = Near(NEAR)
    for row in other.kept.sample[:KNOWN]:
        known.add(row.question[:LONGEST])
    asked = [row.question[:LONGEST] for row in one.kept.sample[:ASKED] if row.question.strip()]
    matches = [(question, known.find(question)) for question in asked]
    near = [(question, match.text, match.similarity) for question, match in matches if match]
    examples = sorted([pair for pair in near if pair[2] < 1], key=lambda pair: (-pair[2], pair[0]))[:4]
    return Shared(both, len(first), len(second), len(asked), len(known), len(near), examples)


def _ids(found: Measured) -> Ids:
    """The different ids of the kept rows, sorted."""
    parts = [np.empty(0, "S32")]
    for batch in batches(found.folder, found.manifest.shards, ["id"]):
        parts.append(np.array(batch.column("id").to_pylist(), "S32"))
    return np.unique(np.concatenate(parts))
