"""The way from a recipe to a dataset folder: items, rows, judges, licence gate, duplicates, shards, card, manifest.

Running again is resuming: finished shards are kept as they are and their items are not made again.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from collections.abc import Generator as Resumable
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
import orjson

from factory import card, columns, dataset, dedup, durable, licence
from factory.component import Generator, Item, Run
from factory.dataset import Manifest
from factory.errors import DatasetError
from factory.packed import Packed, Work
from factory.recipe import rows_asked, with_count
from factory.row import Pair, Row
from factory.shards import Shards
from factory.workers import Pool, concurrent, inline

if TYPE_CHECKING:
    from factory.recipe import Recipe

TIMING = "timing.json"


class Progress(NamedTuple):
    """How far a run is."""

    rows_asked: int
    rows_made: int
    rows_kept: int
    rows_dropped: int
    seconds: float
    """Since this run began."""
    rows_found: int
    """Of those made, the ones that an earlier run had finished."""


def generate(recipe: "Recipe", out: Path, *, workers: int, progress: Callable[[Progress], None]) -> Manifest:
    """Make the dataset in `out`, or what is still missing of it; with 1 worker, items run in this process.

    Raises:
        DatasetError: the folder is another run's, is locked, or can't be written.
        Interrupted: a worker process was killed.
        ComponentBroke: a component has a bug.
    """
    licence.check(recipe.license)
    _make_folder(out)
    with durable.locked(out), columns.frugal():
        manifest = dataset.begin(out, recipe)
        if manifest is None:
            manifest = _make(recipe, out, workers, progress)
        shutil.rmtree(out / "state", ignore_errors=True)
    return manifest


def preview(recipe: "Recipe", n: int) -> list[Row | Pair]:
    """Up to `n` rows as the recipe would keep them, spread over its generators; nothing is written."""
    small = with_count(recipe, n)
    work = Work(small.seed, small.generate, small.judge)
    rows = [row for part in range(len(small.generate)) for row in _judged(work, part)]
    if small.duplicates == "exact" and rows:
        first = dedup.Seen().first(dedup.keys(rows))
        rows = [rows[place] for place in np.flatnonzero(first)]
    return rows[:n]


def _judged(work: Work, part: int) -> list[Row | Pair]:
    run = Run(work.seed, part)
    generator = cast(Generator, work.generators[part].component)
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        items = generator.items(run)
        return [row for item in items for row in loop.run_until_complete(work.judged(part, item, run)).good()]


def _make(recipe: "Recipe", out: Path, workers: int, progress: Callable[[Progress], None]) -> Manifest:
    start = perf_counter()
    asked = rows_asked(recipe)
    run = Run(recipe.seed)
    shards = Shards(out, shard_rows=recipe.shard_rows, exact=recipe.duplicates == "exact")
    found = shards.counts.made
    try:
        with closing(_results(recipe, workers, shards.items, run)) as results:
            for packed in results:
                shards.add(packed)
                counts = shards.counts
                seconds = perf_counter() - start
                progress(Progress(asked, counts.made, counts.kept, counts.made - counts.kept, seconds, found))
        shards.close()
    finally:
        shards.abandon()
    manifest = dataset.manifest_of(recipe, shards, asked, run.shortfalls)
    _write_timing(out, perf_counter() - start, shards.counts.made - found, workers)
    card.write(out, manifest, dataset.sample_of(out, manifest, 1))
    dataset.write_manifest(out, manifest)
    return manifest


def _results(recipe: "Recipe", workers: int, skip: int, run: Run) -> Resumable[Packed, None, None]:
    """The packed rows of all items but the first `skip`, in order."""
    work = Work(recipe.seed, recipe.generate, recipe.judge)
    pool: Pool | None = None
    try:
        for part, (_, component) in enumerate(recipe.generate):
            generator = cast(Generator, component)
            items, skip = _behind(generator.items(Run(run.seed, part, run.shortfalls)), skip)
            if not generator.in_processes:
                yield from concurrent(work, part, items)
            elif workers == 1:
                yield from inline(work, part, items)
            else:
                pool = pool or Pool(work, workers)
                yield from pool.results(part, items)
    finally:
        if pool is not None:
            pool.close()


def _behind(items: Iterator[Item], skip: int) -> tuple[Iterator[Item], int]:
    """The items behind the first `skip`, and how many are still to be skipped when there were fewer."""
    items = iter(items)
    while skip and next(items, None) is not None:
        skip -= 1
    return items, skip


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(f"{out} can't be made: {error.strerror}; choose another folder") from error


def _write_timing(out: Path, seconds: float, rows: int, workers: int) -> None:
    """What depends on the machine; of the last run alone."""
    speed = rows / seconds if seconds else 0.0
    facts = {"seconds": round(seconds, 3), "rows_made": rows, "rows_per_s": round(speed, 1), "workers": workers}
    durable.write(out / TIMING, orjson.dumps(facts, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
