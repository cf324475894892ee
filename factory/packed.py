"""The judged rows of one item or of some items as columns, with what is counted of them, ready for the shard.

One-row items are packed together: a batch of columns costs as much as hundreds of rows.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from factory import columns, dedup
from factory.component import Shortfall
from factory.row import Message, Pair, Row, Verdict
from factory.sample import Sample
from factory.work import Judged


@dataclass(slots=True)
class Counts:
    """What became of rows. `made == kept + sum(dropped)`."""

    made: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    """By `stage: reason`."""
    groups: Counter[str] = field(default_factory=Counter)
    """Kept rows by family, or by generator where rows name no family."""
    drops: dict[str, Counter[str]] = field(default_factory=dict)
    """Dropped rows by group, then by `stage: reason`."""
    languages: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    """Answers that went into the rows, stored or fresh, by the model's name in the recipe; then their tokens."""
    prompt_tokens: Counter[str] = field(default_factory=Counter)
    completion_tokens: Counter[str] = field(default_factory=Counter)
    benchmarks: Counter[str] = field(default_factory=Counter)
    """Rows in which a benchmark was found, kept or dropped, by `benchmark: kind`."""
    tallies: Counter[str] = field(default_factory=Counter)
    """What components counted, by `component: what`."""

    @property
    def kept(self) -> int:
        """How many rows were kept."""
        return self.groups.total()

    def keep(self, rows: Sequence[Row | Pair]) -> None:
        """Count rows that are kept."""
        self.made += len(rows)
        self.groups.update([_group(row.meta, row.generator) for row in rows])
        self.languages.update([str(row.meta["language"]) for row in rows if "language" in row.meta])
        self.licences.update([row.license for row in rows])
        self.sources.update([row.source for row in rows])

    def drop(self, group: str, stage: str, reason: str) -> None:
        """Count one row that is not kept."""
        fate = f"{stage}: {reason}"
        self.made += 1
        self.dropped[fate] += 1
        self.drops.setdefault(group, Counter())[fate] += 1

    def lose(self, tags: Mapping[str, Any], meta: Mapping[str, Any], stage: str, reason: str) -> None:
        """Move one row from the kept to the dropped."""
        group = _group(meta, tags["generator"])
        for counter, name in ((self.groups, group), (self.licences, tags["license"]), (self.sources, tags["source"])):
            counter[name] -= 1
        if "language" in meta:
            self.languages[str(meta["language"])] -= 1
        self.made -= 1
        self.drop(group, stage, reason)

    def use(self, used: Mapping[str, Sequence[int]]) -> None:
        """Count the answers of one item."""
        for model, numbers in used.items():
            for counter, number in zip(
                (self.answers, self.prompt_tokens, self.completion_tokens), numbers, strict=True
            ):
                counter[model] += number

    def add(self, other: "Counts") -> None:
        """Add another part's counts."""
        self.made += other.made
        for mine, theirs in zip(self._flat(), other._flat(), strict=True):
            mine.update(theirs)
        for group, fates in other.drops.items():
            self.drops.setdefault(group, Counter()).update(fates)

    def _flat(self) -> tuple[Counter[str], ...]:
        used = (self.answers, self.prompt_tokens, self.completion_tokens)
        counted = (self.benchmarks, self.tallies)
        return (self.dropped, self.groups, self.languages, self.licences, self.sources, *used, *counted)


@dataclass(slots=True)
class Packed:
    """Rows as columns, ready for the shard."""

    kind: columns.Kind
    kept: pa.RecordBatch
    keys: dedup.Keys
    """One per kept row."""
    rejects: pa.RecordBatch | None
    counts: Counts
    shortfalls: list[Shortfall]
    items: int = 1
    """How many items the rows are of."""
    kept_of: columns.Places | None = None
    """Which of the items each kept row is of, where there are several; then each reject."""
    rejects_of: columns.Places | None = None
    samples: pa.RecordBatch | None = None


def pack(items: Sequence[Judged]) -> Packed:
    """The rows of consecutive items as columns.

    Raises:
        TypeError: they bring both conversations and pairs.
    """
    judged = items[0] if len(items) == 1 else _together(items)
    try:
        packed = _columns(judged)
    except UnicodeEncodeError:
        packed = _columns(_encodable(judged))
    packed.items = len(items)
    if packed.items > 1:
        of = np.repeat(np.arange(packed.items), [len(item.rows) for item in items])
        bad = np.zeros(len(of), np.bool_)
        bad[[*judged.fates]] = True
        packed.kept_of, packed.rejects_of = of[~bad], of[bad]
    for item in items:
        if item.used:
            packed.counts.use(item.used)
        if item.leaks:
            packed.counts.benchmarks.update(item.leaks)
        if item.tallies:
            packed.counts.tallies.update(item.tallies)
    if samples := [sample for item in items for sample in item.samples]:
        packed.samples = _samples(samples)
    return packed


def _samples(samples: Sequence[Sample]) -> pa.RecordBatch:
    try:
        return columns.samples_batch(samples)
    except UnicodeEncodeError:
        return columns.samples_batch(_clean(samples))


def with_duplicates(packed: Packed, again: dedup.Mask) -> pa.RecordBatch:
    """The rejects with the kept rows under the mask, item by item; the counts are put right."""
    rows = packed.kept.filter(pa.array(again))
    for tags in rows.select(["generator", "license", "source", "meta"]).to_pylist():
        packed.counts.lose(tags, orjson.loads(tags["meta"]), "duplicates", "exact")
    count = rows.num_rows
    dropped = columns.dropped(rows, ["duplicates"] * count, ["exact"] * count, packed.kind)
    if packed.rejects is None:
        return dropped
    both = pa.Table.from_batches([packed.rejects, dropped])
    if packed.kept_of is not None and packed.rejects_of is not None:
        # The order must not depend on which items happened to be packed together.
        order = np.argsort(np.concatenate([packed.rejects_of, packed.kept_of[again]]), kind="stable")
        both = both.take(pa.array(order))
    return both.combine_chunks().to_batches()[0]


def _together(items: Sequence[Judged]) -> Judged:
    together = Judged([], [], {})
    for item in items:
        if item.fates:
            start = len(together.rows)
            together.fates |= {start + place: fate for place, fate in item.fates.items()}
        together.rows += item.rows
        together.verdicts += item.verdicts
        together.shortfalls += item.shortfalls
    return together


def _columns(judged: Judged) -> Packed:
    kinds = {columns.kind_of(row) for row in judged.rows} or {"rows"}
    if len(kinds) > 1:
        raise TypeError("the items bring conversations and preference pairs; a dataset holds one of them")
    (kind,) = kinds
    kept, verdicts, counts = judged.rows, judged.verdicts, Counts()
    rejects = None
    if judged.fates:
        good = [place for place in range(len(judged.rows)) if place not in judged.fates]
        kept, verdicts = [judged.rows[place] for place in good], [judged.verdicts[place] for place in good]
        rejects = _rejects(kind, judged, counts)
    counts.keep(kept)
    batch = columns.batch(kind, kept, verdicts)
    return Packed(kind, batch, dedup.keys(kept), rejects, counts, judged.shortfalls)


def _rejects(kind: columns.Kind, judged: Judged, counts: Counts) -> pa.RecordBatch:
    bad = sorted(judged.fates)
    rows = [judged.rows[place] for place in bad]
    stages, reasons = zip(*(judged.fates[place] for place in bad), strict=True)
    for row, stage, reason in zip(rows, stages, reasons, strict=True):
        counts.drop(_group(row.meta, row.generator), stage, reason)
    batch = columns.batch(kind, rows, [judged.verdicts[place] for place in bad])
    return columns.dropped(batch, stages, reasons, kind)


def _group(meta: Mapping[str, Any], generator: str) -> str:
    return str(meta.get("family") or generator)


def _encodable(judged: Judged) -> Judged:
    """The same with half surrogate pairs replaced by `?`, in rows that are dropped for them."""
    clean = Judged([], [], dict(judged.fates), judged.shortfalls)
    for place, (row, said) in enumerate(zip(judged.rows, judged.verdicts, strict=True)):
        new, verdicts = _clean(row), tuple(Verdict(*map(_clean, verdict)) for verdict in said)
        if (new, verdicts) != (row, said):
            clean.fates.setdefault(place, ("unicode", "lone_surrogate"))
        clean.rows.append(new)
        clean.verdicts.append(verdicts)
    return clean


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Message | Verdict | Row | Pair | Sample):
        return type(value)(*map(_clean, value))
    if isinstance(value, tuple | list):
        return type(value)(map(_clean, value))
    if isinstance(value, Mapping):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    return value
