"""The way from a recipe to a dataset folder: items, rows, judges, licence gate, duplicates, shards, card, manifest.

Running again is resuming: finished shards are kept as they are and their items are not made again, and no answer that
is stored is paid again.
"""

import shutil
from collections.abc import Callable
from collections.abc import Generator as Resumable
from contextlib import closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import orjson

from factory import card, columns, dataset, dedup, durable, folder, originals, reach, staging, texts, turns
from factory.answers.file import beside
from factory.component import Generator, Run
from factory.errors import DatasetError, DependencyError
from factory.fruitless import Watch
from factory.licence import plan
from factory.manifest import Manifest, manifest_of, write_manifest
from factory.models import Models
from factory.packed import Packed, pack
from factory.passes import in_passes, skipped, work_lists
from factory.preferences.report import preferences
from factory.progress import Progress
from factory.recipe import rows_asked, with_count
from factory.replay import Replay
from factory.row import Pair, Row
from factory.settle import settle
from factory.shards import STAGED, Shards
from factory.spending import Budget, BudgetSpent
from factory.work import Work
from factory.workers import Pool, inline

if TYPE_CHECKING:
    from factory.recipe import Recipe

TIMING = "timing.json"


class Options(NamedTuple):
    """How a dataset is made; its rows depend on none of it."""

    answers: Path | None = None
    """The store of answers; None: beside the dataset folder."""
    budget: Budget | None = None
    fresh: bool = False
    """Throw away what the folder holds of a dataset; paid answers are kept."""
    retry: bool = False
    """Ask again what got no answer, in a dataset that may be finished."""
    keep_going: bool = False
    """Go on where all rows are dropped."""
    tell: Callable[[str], None] = lambda sentence: None
    """Is told what the user should know."""


DEFAULTS = Options()


def generate(
    recipe: "Recipe", out: Path, *, workers: int, progress: Callable[[Progress], None], options: Options = DEFAULTS
) -> Manifest:
    """Make the dataset in `out`, or what is still missing of it; with 1 worker, items run in this process.

    Raises:
        DatasetError: the folder is another run's, or its rows' source, is locked, or can't be written.
        DependencyError: a library is missing.
        EngineError: a model can't be asked any more.
        LicenceError: the policy refuses a source or a model.
        Interrupted: a worker process was killed, or the budget is spent.
        ComponentBroke: a component has a bug.
    """
    plan.check_recipe(recipe)
    folder.check_apart(out, recipe)
    answers = _answers(recipe, out, options)
    taking, tell = turns.of(recipe), options.tell
    asked = Models(recipe.engines, run=recipe.digest, answers=answers, budget=options.budget, turns=taking, tell=tell)
    _make_folder(out)
    with durable.locked(out), columns.frugal():
        if options.fresh or options.retry:
            folder.clear(out)
        manifest = folder.begin(out, recipe)
        if manifest is None:
            if recipe.models:
                reach.remember(answers, recipe)
            with asked as models:
                if options.retry:
                    options.tell(f"{models.forget_failures():,} requests without an answer are asked again")
                try:
                    manifest = _Making(recipe, out, workers, models, progress, options.keep_going).made()
                finally:
                    for remark in models.remarks:
                        options.tell(remark)
        shutil.rmtree(out / "state", ignore_errors=True)
    return manifest


def preview(recipe: "Recipe", n: int, answers: Path | None = None) -> list[Row | Pair]:
    """Up to `n` rows as the recipe would keep them, spread over its generators; no dataset is written."""
    small = with_count(recipe, n)
    plan.check_recipe(small)
    need_libraries(small)
    rows: list[Row | Pair] = []
    with Models(small.engines, run=small.digest, answers=answers, turns=turns.of(small)) as models:
        work = _work(small, models)
        for part, one in enumerate(small.generate):
            items = partial(cast(Generator, one.component).items, Run(small.seed, part))
            for group in in_passes(work, models, part, items, lambda: n):
                rows += [row for judged in group for row in judged.good()]
    if small.duplicates == "exact" and rows:
        first = dedup.Seen().first(dedup.keys(rows))
        rows = [rows[place] for place in np.flatnonzero(first)]
    return rows[:n]


class _Making:
    """One run, from the first item to the manifest."""

    def __init__(
        self,
        recipe: "Recipe",
        out: Path,
        workers: int,
        models: Models,
        progress: Callable[[Progress], None],
        keep_going: bool,
    ) -> None:
        self._recipe, self._out, self._workers = recipe, out, workers
        self._models, self._progress = models, progress
        self._start = perf_counter()
        self._asked = rows_asked(recipe)
        self._run = Run(recipe.seed)
        self._part = 0
        self._watch = None if keep_going else Watch()
        staged = out / "state" / STAGED if recipe.settles else None
        exact = recipe.duplicates == "exact" and staged is None
        self._shards = Shards(staged or out, shard_rows=recipe.shard_rows, exact=exact, keys=staged is not None)
        self._found = self._shards.counts.made

    def made(self) -> Manifest:
        """Make what is missing, then write manifest and card."""
        shards = self._shards
        if not self._recipe.settles:
            self._make()
            written = shards.written
        else:
            done = staging.finished(shards)
            if done is None:
                self._make()
                staging.finish(shards, self._run.shortfalls)
            else:
                self._run.shortfalls += done
            written = settle(self._recipe, self._out, shards.out, shards.written, self._settling)
        manifest = manifest_of(self._recipe, written, self._asked, self._run.shortfalls)
        manifest = manifest.model_copy(update={"preferences": preferences(self._out, manifest, self._settling)})
        manifest = manifest.model_copy(update={"lengths": dataset.lengths_of(self._out, manifest)})
        manifest = manifest.model_copy(update={"originals": originals.written(self._recipe, self._out, manifest)})
        manifest = manifest.model_copy(update={"texts": texts.written(self._recipe, self._out, manifest)})
        self._write_timing()
        card.write(self._out, manifest, dataset.sample_of(self._out, manifest, card.SAMPLES))
        write_manifest(self._out, manifest)
        return manifest

    def _make(self) -> None:
        """Make the rows that are in no finished shard."""
        shards = self._shards
        try:
            with closing(self._results()) as results:
                for packed in results:
                    if packed is not None:
                        self._add(packed)
                    self._progress(self._now())
            self._models.flush()
            self._models.release()
            shards.close()
        except BudgetSpent as spent:
            made = f"{shards.counts.made:,} of {self._asked:,} rows are made"
            raise BudgetSpent(f"{spent}; {made}: run the same command again, with a budget for the rest") from spent
        finally:
            shards.abandon()

    def _add(self, packed: Packed) -> None:
        if packed.kept.num_rows + (packed.rejects.num_rows if packed.rejects else 0) >= self._shards.room:
            self._models.flush()  # a finished shard may be replayed, so its answers are durable before it
        self._shards.add(packed)
        if self._watch is not None:
            self._watch.look(self._part, packed)

    def _settling(self, what: str) -> None:
        self._progress(self._now()._replace(stage=what))

    def _results(self) -> Resumable[Packed | None, None, None]:
        """The packed rows of all items that are in no finished shard, in order; None when time passes without any."""
        recipe, models = self._recipe, self._models
        work = _work(recipe, models)
        skip, pool = self._shards.items, None
        try:
            for part, one in enumerate(recipe.generate):
                generator, self._part = cast(Generator, one.component), part
                items = iter(generator.items(Run(recipe.seed, part, self._run.shortfalls)))
                replay, before = None, skip
                if generator.replays and skip:
                    replay = Replay(self._shards.out, skip)
                else:
                    skip = skipped(items, skip)
                if not work.in_processes(part):
                    lists = work_lists(items, generator, Run(recipe.seed, part), before - skip)
                    for group in in_passes(work, models, part, lists.__next__, lambda: self._shards.room):
                        rest = replay.behind(group) if replay else group
                        yield pack(rest) if rest else None
                    skip = replay.left if replay else skip
                elif self._workers == 1:
                    yield from inline(work, models.loop, part, items)
                else:
                    pool = pool or Pool(work, self._workers)
                    yield from pool.results(part, items)
        finally:
            if pool is not None:
                pool.close()

    def _now(self) -> Progress:
        counts, models = self._shards.counts, self._models
        usages = models.usage.values()
        return Progress(
            rows_asked=self._asked,
            rows_made=counts.made,
            rows_kept=counts.kept,
            rows_dropped=counts.made - counts.kept,
            seconds=perf_counter() - self._start,
            rows_found=self._found,
            calls=sum(usage.calls for usage in usages),
            tokens=sum(usage.completion_tokens for usage in usages),
            replayed=sum(usage.replayed for usage in usages),
            in_flight=models.in_flight,
            waiting=models.waiting,
            turn=str(models.turns or ""),
        )

    def _write_timing(self) -> None:
        """What depends on the machine and on what was stored before; of the last run alone."""
        seconds = perf_counter() - self._start
        rows = self._shards.counts.made - self._found
        speed = rows / seconds if seconds else 0.0
        facts: dict[str, Any] = {"seconds": round(seconds, 3), "rows_made": rows, "rows_per_s": round(speed, 1)}
        facts["workers"] = self._workers
        if self._models.usage:
            facts["paid"] = {name: usage.facts() for name, usage in self._models.usage.items()}
        if held := self._models.held:
            facts["engines"] = {name: asdict(one) for name, one in held.items()}
        durable.write(self._out / TIMING, orjson.dumps(facts, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def _work(recipe: "Recipe", models: Models) -> Work:
    gate = plan.plan(recipe).gate
    return Work(recipe.seed, recipe.generate, recipe.judge, models, gate=gate, leaks=recipe.leaks)


def _answers(recipe: "Recipe", out: Path, options: Options) -> Path:
    """Where the answers are stored; never in the dataset folder, which is published as it is."""
    need_libraries(recipe)
    path = options.answers or beside(out)
    if path.resolve().is_relative_to(out.resolve()):
        raise DatasetError(f"--answers {path} is in the dataset folder, which is published; choose a place beside it")
    return path


def need_libraries(recipe: "Recipe") -> None:
    """Refuse a recipe whose models can't run here.

    Raises:
        DependencyError: a library is missing; with the pip line.
    """
    for name, model in recipe.engines.items():
        if missing := model.missing():
            raise DependencyError(f"models.{name}: {missing}")


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(f"{out} can't be made: {error.strerror}; choose another folder") from error
