"""One item's rows: made, judged, gated and packed into columns. It runs where the item runs.

What needs no other row is decided here, so that the main process only has to look for duplicates and write. The
licence gate therefore comes before the duplicates: a row that may not be kept never displaces one that may.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from factory import columns, dedup, licence
from factory.component import Generator, Item, Judge, Run, Shortfall
from factory.errors import FactoryError, JudgeError
from factory.row import Message, Pair, Row, Verdict

if TYPE_CHECKING:
    from factory.recipe import Part


class ComponentBroke(RuntimeError):
    """A component raised what it should not: a bug, to be shown with its traceback."""


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

    def add(self, other: "Counts") -> None:
        """Add another part's counts."""
        self.made += other.made
        for mine, theirs in zip(self._flat(), other._flat(), strict=True):
            mine.update(theirs)
        for group, fates in other.drops.items():
            self.drops.setdefault(group, Counter()).update(fates)

    def _flat(self) -> tuple[Counter[str], ...]:
        return (self.dropped, self.groups, self.languages, self.licences, self.sources)


@dataclass(slots=True)
class Packed:
    """An item's rows as columns, ready for the shard."""

    kind: columns.Kind
    kept: pa.RecordBatch
    keys: dedup.Keys
    """One per kept row."""
    rejects: pa.RecordBatch | None
    counts: Counts
    shortfalls: list[Shortfall]
    items: int = 1
    """How many items the rows are of."""


@dataclass(slots=True)
class Judged:
    """An item's rows with what was said of them."""

    rows: list[Row | Pair]
    verdicts: list[tuple[Verdict, ...]]
    fates: dict[int, tuple[str, str]]
    """Stage and reason of each row that is dropped, by its place."""

    def good(self) -> list[Row | Pair]:
        """The rows that passed, carrying their verdicts."""
        return [
            row._replace(verdicts=said)
            for place, (row, said) in enumerate(zip(self.rows, self.verdicts, strict=True))
            if place not in self.fates
        ]


@dataclass(frozen=True, slots=True)
class Work:
    """What a process must know to work on any item."""

    seed: int
    generators: "tuple[Part, ...]"
    judges: "tuple[Part, ...]"

    async def pack(self, part: int, item: Item) -> Packed:
        """The packed rows of one item of the generator at place `part`.

        Raises:
            ComponentBroke: the generator or a judge has a bug.
        """
        run = Run(self.seed, part)
        try:
            judged = await self.judged(part, item, run)
            return _packed(judged, run)
        except FactoryError:
            raise
        except Exception as error:
            name = self.generators[part].name
            message = f"item {item.key!r} of {name!r} broke: {type(error).__name__}: {error}"
            raise ComponentBroke(message) from error

    async def judged(self, part: int, item: Item, run: Run) -> Judged:
        """One item's rows, judged and gated."""
        generator = cast(Generator, self.generators[part].component)
        rows = list(await generator.rows(item, run))
        judged = Judged(rows, [row.verdicts for row in rows], {})
        for place, said in enumerate(judged.verdicts):
            for verdict in said:
                if verdict.passed is not True:
                    judged.fates.setdefault(place, (verdict.judge, _reason(verdict)))
        for judge in self.judges:
            await _judge(judge.name, cast(Judge, judge.component), judged, run)
        _gate(judged)
        return judged


async def _judge(name: str, judge: Judge, judged: Judged, run: Run) -> None:
    """Let one judge speak of the rows that are still in."""
    places = [place for place in range(len(judged.rows)) if place not in judged.fates]
    verdicts = await judge.judge([judged.rows[place] for place in places], run)
    if len(verdicts) != len(places):
        raise JudgeError(f"judge {name!r} gave {len(verdicts)} verdicts for {len(places)} rows; it owes one per row")
    for place, verdict in zip(places, verdicts, strict=True):
        judged.verdicts[place] = (*judged.verdicts[place], verdict)
        if verdict.passed is not True:
            judged.fates[place] = (name, _reason(verdict))


def _gate(judged: Judged) -> None:
    """Drop rows whose licence nobody knows."""
    refused = {name for name in {row.license for row in judged.rows} if not licence.known(name)}
    if refused:
        for place, row in enumerate(judged.rows):
            if row.license in refused:
                judged.fates.setdefault(place, ("licence", "unknown"))


def _reason(verdict: Verdict) -> str:
    if verdict.passed is None:
        return "unjudged"
    return verdict.reason or "failed"


def _packed(judged: Judged, run: Run) -> Packed:
    try:
        return _columns(judged, run)
    except UnicodeEncodeError:
        return _columns(_encodable(judged), run)


def _columns(judged: Judged, run: Run) -> Packed:
    kinds = {columns.kind_of(row) for row in judged.rows} or {"rows"}
    if len(kinds) > 1:
        raise TypeError("one item brought conversations and preference pairs; a dataset holds one of them")
    (kind,) = kinds
    kept, verdicts, counts = judged.rows, judged.verdicts, Counts()
    rejects = None
    if judged.fates:
        good = [place for place in range(len(judged.rows)) if place not in judged.fates]
        kept, verdicts = [judged.rows[place] for place in good], [judged.verdicts[place] for place in good]
        rejects = _rejects(kind, judged, counts)
    counts.keep(kept)
    batch = columns.batch(kind, kept, verdicts)
    return Packed(kind, batch, dedup.keys(kept), rejects, counts, run.shortfalls)


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
    clean = Judged([], [], dict(judged.fates))
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
    if isinstance(value, Message | Verdict | Row | Pair):
        return type(value)(*map(_clean, value))
    if isinstance(value, tuple | list):
        return type(value)(map(_clean, value))
    if isinstance(value, Mapping):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    return value
