"""The figures of the sampled answers: what judges say within a prompt, and whether they say the same.

The samples of a prompt stand together in the table. Groups of equally many candidates are looked at at once; of each
prompt a few numbers stay in memory.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from math import fsum
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from factory.preferences.figures import Agreement, Samples, Scores
from factory.preferences.statistics import Floats, kendall, rounded, spread

COLUMNS = ("prompt_id", "sample", "text", "reason", "scores", "score")
"""Those of the samples that are looked at."""
ONCE = 2_000_000
"""Pairs of candidates that are compared at once."""

Integers = NDArray[np.int64]


class Table(NamedTuple):
    """Candidates as arrays."""

    sizes: Integers
    """Of each prompt how many it has."""
    lengths: Floats
    score: Floats
    """What the judges came to; NaN where they could not tell."""
    judges: dict[str, Floats]
    """What each said."""


class SampledAnswers:
    """What is known of the samples so far."""

    def __init__(self) -> None:
        """Of none yet."""
        self._waiting: list[pa.RecordBatch] = []
        self._prompts = self._samples = self._all_equal = self._tied_best = 0
        self._reasons: Counter[str] = Counter()
        self._scores: list[Floats] = []
        self._judges: dict[str, _Judge] = {}
        self._both: dict[tuple[str, str], _Both] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Take more samples, in their order; those of the last prompt wait for the rest of it."""
        self._waiting.append(batch)
        table = pa.Table.from_batches(self._waiting).combine_chunks().to_batches()
        whole = table[0] if table else batch
        starts = _starts(whole)
        if len(starts) > 1:
            self._look(whole.slice(0, int(starts[-1])), starts[:-1])
            whole = whole.slice(int(starts[-1]))
        self._waiting = [whole]

    def figures(self) -> Samples | None:
        """What they come to; None where there are none."""
        for batch in self._waiting:
            self._look(batch, _starts(batch))
        self._waiting = []
        if not self._samples:
            return None
        scores = np.concatenate(self._scores)
        return Samples(
            prompts=self._prompts,
            samples=self._samples,
            not_candidates=dict(sorted(self._reasons.items())),
            unscored=int(np.isnan(scores).sum()),
            all_equal=self._all_equal,
            tied_best=self._tied_best,
            scores=spread(scores[~np.isnan(scores)]),
            judges={name: judge.figures() for name, judge in self._judges.items()},
            agreement={" / ".join(names): both.figures() for names, both in self._both.items() if both.prompts},
        )

    def _look(self, batch: pa.RecordBatch, starts: Integers) -> None:
        """Count whole prompts."""
        self._samples += batch.num_rows
        self._prompts += len(starts)
        reasons = batch["reason"]
        for reason in pc.value_counts(reasons).to_pylist():
            if reason["values"]:
                self._reasons[reason["values"]] += reason["counts"]
        asked = pc.and_(pc.equal(reasons, ""), pc.greater(pc.list_value_length(batch["scores"]), 0))
        table = _table(batch, asked.to_numpy(zero_copy_only=False), starts)  # one that stands alone is not asked about
        self._scores.append(table.score)
        for name, said in table.judges.items():
            self._judges.setdefault(name, _Judge()).count(said)
        for pair in combinations(table.judges, 2):
            self._both.setdefault(pair, _Both())
        for size in np.unique(table.sizes[table.sizes > 1]).tolist():
            for group in _groups(table, size):
                self._compare(group)

    def _compare(self, group: Table) -> None:
        """Compare what is said of prompts with equally many candidates."""
        self._count_ties(group.score)
        for name, said in group.judges.items():
            tau, told = kendall(said, group.lengths)
            self._judges[name].lengths.append(tau[told])
        for (one, other), both in self._both.items():
            if one in group.judges and other in group.judges:
                both.add(group.judges[one], group.judges[other])

    def _count_ties(self, scores: Floats) -> None:
        known = ~np.isnan(scores)
        many = known.sum(axis=1) > 1
        best, worst = _extreme(scores, -np.inf).max(axis=1), _extreme(scores, np.inf).min(axis=1)
        equal = many & (best == worst)
        self._all_equal += int(equal.sum())
        self._tied_best += int((many & ~equal & ((scores == best[:, None]).sum(axis=1) > 1)).sum())


class _Judge:
    """What one judge said."""

    def __init__(self) -> None:
        self._scored = self._unscored = 0
        self.lengths: list[Floats] = []

    def count(self, said: Floats) -> None:
        unscored = int(np.isnan(said).sum())
        self._unscored += unscored
        self._scored += len(said) - unscored

    def figures(self) -> Scores:
        return Scores(scored=self._scored, unscored=self._unscored, length_kendall=_mean(self.lengths))


class _Both:
    """What two judges said of the same prompts."""

    def __init__(self) -> None:
        self.prompts = 0
        self._tau: list[Floats] = []
        self._same: list[Floats] = []
        self._chance: list[Floats] = []

    def add(self, one: Floats, other: Floats) -> None:
        tau, told = kendall(one, other)
        one, other = one[told], other[told]
        known = ~(np.isnan(one) | np.isnan(other))
        bests = []
        for said in (one, other):
            said = np.where(known, said, -np.inf)
            bests.append(said == said.max(axis=1, keepdims=True, initial=-np.inf))
        shared = (bests[0] & bests[1]).sum(axis=1)
        self._tau.append(tau[told])
        self._same.append(shared / (bests[0].sum(axis=1) * bests[1].sum(axis=1)))
        self._chance.append(1 / known.sum(axis=1))
        self.prompts += len(one)

    def figures(self) -> Agreement:
        same, chance, tau = (_mean(parts) or 0.0 for parts in (self._same, self._chance, self._tau))
        return Agreement(
            prompts=self.prompts, same_best=round(same, 4), same_best_by_chance=round(chance, 4), kendall=tau
        )


def _mean(parts: Sequence[Floats]) -> float | None:
    values = [value for part in parts for value in part.tolist()]
    return rounded(fsum(values) / len(values)) if values else None


def _extreme(scores: Floats, otherwise: float) -> Floats:
    known: Floats = np.where(np.isnan(scores), otherwise, scores)
    return known


def _starts(batch: pa.RecordBatch) -> Integers:
    """Where the samples of a prompt begin; the same prompt may come again, its samples from 0."""
    if not batch.num_rows:
        return np.zeros(0, np.int64)
    names, samples = batch["prompt_id"], batch["sample"].to_numpy()
    other = pc.not_equal(names.slice(1), names.slice(0, len(names) - 1)).to_numpy(zero_copy_only=False)
    return np.flatnonzero(np.concatenate([[True], other | (samples[1:] <= samples[:-1])]))


def _table(batch: pa.RecordBatch, candidates: NDArray[np.bool_], starts: Integers) -> Table:
    chosen = batch.filter(pa.array(candidates))
    sizes = np.add.reduceat(candidates.astype(np.int64), starts) if len(starts) else np.zeros(0, np.int64)
    lengths = pc.utf8_length(chosen["text"]).to_numpy(zero_copy_only=False).astype(np.float64)
    return Table(sizes, lengths, _floats(chosen["score"]), _said(chosen["scores"]))


def _said(column: pa.ListArray) -> dict[str, Floats]:
    """What each judge said, by its name; one that is asked a second time is `name 2`."""
    offsets = column.offsets.to_numpy().astype(np.int64)
    start, stop = int(offsets[0]), int(offsets[-1])
    flat = column.values.slice(start, stop - start)
    names, scores = flat.field("judge").to_pylist(), _floats(flat.field("score"))
    rows = np.repeat(np.arange(len(column)), np.diff(offsets))
    found: dict[str, Floats] = {}
    last, seen = -1, Counter[str]()
    for row, name, score in zip(rows.tolist(), names, scores.tolist(), strict=True):
        if row != last:
            last, seen = row, Counter()
        seen[name] += 1
        label = name if seen[name] == 1 else f"{name} {seen[name]}"
        if label not in found:
            found[label] = np.full(len(column), np.nan)
        found[label][row] = score
    return dict(sorted(found.items()))


def _floats(column: pa.Array) -> Floats:
    """The numbers; NaN where there is none, or one beyond all measure."""
    found: Floats = column.to_numpy(zero_copy_only=False).astype(np.float64)
    return np.where(np.abs(found) < 1e100, found, np.nan)


def _groups(table: Table, size: int) -> Iterator[Table]:
    """The prompts with so many candidates, one row each, as many at once as is wise."""
    firsts = (np.cumsum(table.sizes) - table.sizes)[table.sizes == size]
    step = max(1, ONCE // (size * size))
    for at in range(0, len(firsts), step):
        places = firsts[at : at + step, None] + np.arange(size)
        judges = {name: said[places] for name, said in table.judges.items()}
        yield Table(np.full(len(places), size), table.lengths[places], table.score[places], judges)
