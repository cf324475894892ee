"""Which rows stay where that depends on all of them: near duplicates, and caps on rows cut from one template.

A run that asks for it makes its rows into staged shards, as any run makes its own (`factory.shards`), and decides when
all are there. Of rows that are too much alike the best one stays: by score, then by the licence that asks less, then by
length. The rest go to the rejects with the id that was kept instead of them. Everything here is a function of the
staged rows, so that a run that is killed begins this part again and comes to the same bytes.

What it leaves out: near duplicates in meaning; what is kept in memory is some 600 bytes per row, and not its text.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import orjson
import pyarrow as pa

from factory import columns
from factory.licence.book import book
from factory.near.arrays import Similarities
from factory.packed import Counts
from factory.parquet import File, Growing
from factory.row import Verdict
from factory.shards import Written
from factory.spool import Chosen, Spool
from factory.standing import Places, Standing, batches, standing

if TYPE_CHECKING:
    from factory.recipe import Recipe

DUPLICATES, TEMPLATES = "duplicates", "templates"
"""The stages, as rejects name them."""


class Alike(NamedTuple):
    """Near duplicates among texts."""

    left: Places
    """What is dropped."""
    right: Places
    """What is kept instead of each."""
    jaccard: Similarities


class Finder(Protocol):
    """Finds near duplicates; `factory.near` does."""

    def __call__(
        self, texts: Sequence[str], ranks: Places, threshold: float, answers: Sequence[str | None] | None
    ) -> Alike:
        """Which texts are too much alike."""


def near(texts: Sequence[str], ranks: Places, threshold: float, answers: Sequence[str | None] | None) -> Alike:
    """Which texts are too much alike, by `factory.near`."""
    from factory.near.duplicates import near_duplicates

    return Alike(*near_duplicates(texts, ranks, threshold=threshold, answers=answers).links)


def templates(texts: Sequence[str]) -> Places:
    """The template that each text was cut from, a number, by `factory.near`; -1 for none."""
    from factory.near.templates import assign

    return np.asarray(assign(texts), np.int64)


STAYS, EXACT, NEAR, OVER_CAP = range(4)
FATES = (("", ""), (DUPLICATES, "exact"), (DUPLICATES, "near"), (TEMPLATES, "over_cap"))
"""Stage and reason of each."""


class Decision:
    """What becomes of the staged rows."""

    def __init__(self, known: Standing) -> None:
        """All stay."""
        count = len(known.ids)
        self._ids = known.ids
        self.fates = np.zeros(count, np.int8)
        """Of each row, an index of `FATES`."""
        self._others = np.zeros(count, np.int64)
        self._jaccard = np.zeros(count)
        self.templates = np.full(count, -1, np.int64)
        """The template of each row that was looked at; -1 for none."""

    @property
    def left(self) -> Places:
        """The rows that stay so far."""
        return np.flatnonzero(self.fates == STAYS)

    def drop(self, rows: Places, fate: int, others: Places, jaccard: Similarities | float) -> None:
        """Drop rows, since the others stay."""
        self.fates[rows], self._others[rows], self._jaccard[rows] = fate, others, jaccard

    def follow(self) -> None:
        """Let what equals a row that is dropped as a near duplicate be one too, of the same row."""
        equal = np.flatnonzero(self.fates == EXACT)
        leaders = self._others[equal]
        gone = self.fates[leaders] == NEAR
        self.drop(equal[gone], NEAR, self._others[leaders[gone]], self._jaccard[leaders[gone]])

    def said(self, row: int) -> Verdict | None:
        """The evidence; None where there is nothing to say."""
        fate = int(self.fates[row])
        stage, reason = FATES[fate]
        if stage == DUPLICATES:
            note = f"kept instead: {self._ids[self._others[row]].decode()}"
            return Verdict(DUPLICATES, False, round(float(self._jaccard[row]), 4), reason, note)
        if self.templates[row] < 0:
            return None
        return Verdict(TEMPLATES, fate == STAYS, None, reason, f"template {self.templates[row]:016x}")


def settle(
    recipe: "Recipe", out: Path, staged: Path, made: Written, step: Callable[[str], None], finder: Finder = near
) -> Written:
    """Decide on the rows in `staged`, and write those that stay and those that don't into `out`.

    Args:
        recipe: what is asked.
        out: the dataset folder; its data and rejects are written anew.
        staged: the folder of the staged shards.
        made: their files and counts.
        step: is told what is being done, often.
        finder: what finds near duplicates.
    """
    kept = [file for file in made.files if file.file.startswith("data/")]
    step("reading the rows")
    with Spool(out / "state") as texts:
        told = _telling(batches(staged, kept), step, "reading the rows")
        known = standing(told, made.kind, recipe.duplicates_key, book(recipe.licences), texts)
        step("deciding on duplicates")
        decision = decide(recipe, known, texts, finder)
    for folder in ("data", "rejects", "samples"):
        shutil.rmtree(out / folder, ignore_errors=True)
    return _written(recipe, out, staged, made, decision, step)


def decide(recipe: "Recipe", known: Standing, texts: Sequence[str], finder: Finder = near) -> Decision:
    """What becomes of the rows: the exact duplicates first, then the near ones, then templates."""
    decision = Decision(known)
    if recipe.duplicates != "off":
        _exact(known, decision)
    if recipe.near is not None:
        left = decision.left
        answers = [known.answers[row] for row in left.tolist()]
        asked = answers if any(answer is not None for answer in answers) else None
        found = finder(Chosen(texts, left), known.ranks[left], recipe.near, asked)
        decision.drop(left[found.left], NEAR, left[found.right], found.jaccard)
        decision.follow()
    if recipe.template_cap is not None:
        _cap(known, decision, texts, recipe.template_cap)
    return decision


def _exact(known: Standing, decision: Decision) -> None:
    """Of equal texts, the best one stays."""
    order = np.lexsort((known.ranks, known.keys))
    keys = known.keys[order]
    first = np.ones(len(keys), np.bool_)
    first[1:] = keys[1:] != keys[:-1]
    leaders = order[np.flatnonzero(first)][np.cumsum(first) - 1]
    decision.drop(order[~first], EXACT, leaders[~first], 1.0)


def _cap(known: Standing, decision: Decision, texts: Sequence[str], cap: int) -> None:
    """Of each template, the best rows stay."""
    left = decision.left
    decision.templates[left] = templates(Chosen(texts, left))
    rows = left[decision.templates[left] >= 0]
    rows = rows[np.lexsort((known.ranks[rows], decision.templates[rows]))]
    of = decision.templates[rows]
    place = np.arange(len(rows)) - np.searchsorted(of, of)
    decision.fates[rows[place >= cap]] = OVER_CAP


def _written(
    recipe: "Recipe", out: Path, staged: Path, made: Written, decision: Decision, step: Callable[[str], None]
) -> Written:
    counts = Counts()
    counts.add(made.counts)
    with closing(_Files(out, made.kind, recipe.shard_rows)) as files:
        first = 0
        for file in made.files:  # of each shard its kept rows, then its rejects
            for batch in _telling(batches(staged, [file]), step, "writing"):
                if (table := files.unchanged(file)) is not None:
                    table.add(batch)
                    continue
                _divide(batch, first, decision, made.kind, files, counts)
                first += batch.num_rows
        written = files.finished()
    return Written(made.kind, counts, written, made.shortfalls)


def _divide(
    batch: pa.RecordBatch, first: int, decision: Decision, kind: columns.Kind, files: "_Files", counts: Counts
) -> None:
    """Send the rows of a batch, which begins at place `first`, to where they belong."""
    rows = range(first, first + batch.num_rows)
    said = {place: verdict for place, row in enumerate(rows) if (verdict := decision.said(row)) is not None}
    if said:
        batch = columns.judged(batch, np.array([*said], np.int64), [*said.values()])
    fates = decision.fates[first : rows.stop]
    stays = fates == STAYS
    if stays.all():
        files.data.add(batch)
        return
    files.data.add(batch.filter(pa.array(stays)))
    dropped = batch.filter(pa.array(~stays))
    stages, reasons = zip(*(FATES[fate] for fate in fates[~stays].tolist()), strict=True)
    facts = dropped.select(["generator", "license", "source", "meta"]).to_pylist()
    for tags, stage, reason in zip(facts, stages, reasons, strict=True):
        counts.lose(tags, orjson.loads(tags["meta"]), stage, reason)
    files.rejects.add(columns.dropped(dropped, stages, reasons, kind))


class _Files:
    """The files of the dataset: as many rows in each as the recipe says."""

    def __init__(self, out: Path, kind: columns.Kind, rows: int) -> None:
        self.data = _Numbered(out, "data/train", columns.KEPT[kind], rows)
        self.rejects = _Numbered(out, "rejects/rejects", columns.DROPPED[kind], rows)
        self._samples = _Numbered(out, "samples/samples", columns.SAMPLES, rows)

    def unchanged(self, file: File) -> "_Numbered | None":
        """Where the rows of a staged file go as they are; None where they are decided on."""
        return {"rejects": self.rejects, "samples": self._samples}.get(file.file.partition("/")[0])

    def finished(self) -> tuple[File, ...]:
        return (*self.data.finished(at_least_one=True), *self.rejects.finished(), *self._samples.finished())

    def close(self) -> None:
        for table in (self.data, self.rejects, self._samples):
            table.close()


class _Numbered:
    """Numbered files with equally many rows, but for the last."""

    def __init__(self, out: Path, stem: str, schema: pa.Schema, rows: int) -> None:
        self._out, self._stem, self._schema, self._rows = out, stem, schema, rows
        self._files: list[File] = []
        self._file: Growing | None = None

    def add(self, batch: pa.RecordBatch) -> None:
        while batch.num_rows:
            file = self._file = self._file or Growing(self._out, f"{self._stem}-{len(self._files):05d}.parquet")
            room = self._rows - file.rows
            file.add(batch.slice(0, room))
            batch = batch.slice(room)
            if file.rows == self._rows:
                self._finish(file)

    def finished(self, *, at_least_one: bool = False) -> list[File]:
        if self._file is not None:
            self._finish(self._file)
        elif at_least_one and not self._files:
            self._finish(Growing(self._out, f"{self._stem}-00000.parquet"))
        return self._files

    def close(self) -> None:
        if self._file is not None:
            self._file.abandon()

    def _finish(self, file: Growing) -> None:
        self._files.append(file.finish(self._schema))
        self._file = None


def _telling(found: Iterator[pa.RecordBatch], step: Callable[[str], None], what: str) -> Iterator[pa.RecordBatch]:
    for batch in found:
        yield batch
        step(what)
