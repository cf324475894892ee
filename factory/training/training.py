"""A training from its recipe to a finished folder: checked, run stage by stage, resumed, and declared complete.

Everything that can be refused is refused before a model is loaded. Under `accelerate launch` every process goes the
same way; the first one alone writes.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import orjson

from factory import durable, markdown
from factory.differences import differences
from factory.errors import DatasetError, RecipeError
from factory.licence.inherited import of_folder
from factory.training import adapters, arguments, card, finished, job, quiet, rows, sources, starts, terms
from factory.training.processes import first
from factory.training.recipe import TrainingRecipe
from factory.training.responses import Responses

STATE = "state"
RUN = "run.json"
METRICS = "metrics.jsonl"
_TEMPLATE = "chat_template_path"


class Inputs(NamedTuple):
    """What a training begins with, all of it let in."""

    datasets: list[list[sources.Dataset]]
    terms: terms.Terms
    model: str
    reference: str
    digest: str


def check(recipe: TrainingRecipe) -> None:
    """Refuse what is wrong with the recipe itself, as far as this machine can tell.

    Raises:
        RecipeError: a setting is wrong.
        DependencyError: TRL, or what adapters need, is not installed.
    """
    arguments.check(recipe)
    adapters.check(recipe)


def admitted(recipe: TrainingRecipe) -> Inputs:
    """The datasets and models of a recipe, checked and hashed.

    Raises:
        RecipeError, DatasetError, LicenceError: one is not let in.
    """
    start, other = recipe.settings.model, starts.reference(recipe)
    model = starts.identity(recipe, start, ("model",))
    known = starts.identity(recipe, other, ("reference",)) if other else ""
    folder = recipe.trainer.beside(start.source)
    ids = terms.of_start(recipe, start, folder, ("model",), of_folder(folder))
    datasets = sources.opened(recipe, ids)
    held = terms.of_result(recipe, ids, [one for stage in datasets for one in stage])
    told = {"model": model, "datasets": [[one.sha256 for one in stage] for stage in datasets]}
    told |= {"templates": templates} if (templates := _templates(recipe)) else {}
    known = known or (model if hasattr(recipe.settings, "reference") else "")
    return Inputs(datasets, held, model, known, recipe.digest({**told, "reference": known}))


def train(recipe: TrainingRecipe, out: Path, tell: Callable[[str], None]) -> finished.Finished | None:
    """Train, or go on with a training, and make the folder complete; None in any process but the first.

    Raises:
        FactoryError: something is refused, or broke; what is finished is kept.
    """
    check(recipe)
    if (out / finished.TRAINING).is_file() and not first():
        return None
    found = admitted(recipe)
    with _held(out):
        if (done := _begun(recipe, out, found)) is not None:
            tell(f"{out} is complete already")
            return done
        began = perf_counter()
        stages = list(_stages(recipe, out, found, tell))
        if not first():
            return None
        return _finish(recipe, out, found, stages, perf_counter() - began)


def _stages(
    recipe: TrainingRecipe, out: Path, found: Inputs, tell: Callable[[str], None]
) -> Iterator[finished.StageDone]:
    """Each stage, run unless it is finished."""
    start = recipe.settings.model
    folder = recipe.trainer.beside(start.source)
    model, revision = (str(folder), None) if folder.exists() else (start.source, start.revision)
    before: list[dict[str, Any]] = []
    for number, stage in enumerate(recipe.settings.parts):
        place = out / STATE / f"{number}-{stage.name}"
        if job.done(place) is None:
            tell(f"stage {stage.name}: from {model}")
            place.mkdir(parents=True, exist_ok=True)
            _run(recipe, number, found, place, (model, revision), out / METRICS, tuple(before), tell)
        model, revision = str(place / job.MODEL), None
        if not first():
            continue  # the first process may have removed it by now
        steps, history = job.done(place) or (0, [])
        counts = orjson.loads((place / rows.COUNTS).read_bytes())
        yield _done(
            stage.name, found.datasets[number], rows.taken(stage, found.datasets[number]), counts, steps, history
        )
        before += [{"stage": stage.name, **entry} for entry in history]


def _run(
    recipe: TrainingRecipe,
    number: int,
    found: Inputs,
    folder: Path,
    model: tuple[str, str | None],
    metrics: Path,
    before: tuple[dict[str, Any], ...],
    tell: Callable[[str], None],
) -> None:
    stage = recipe.settings.parts[number]
    args = dict(stage.args)
    if model[1] is not None:
        args["model_init_kwargs"] = {**dict(args.get("model_init_kwargs") or {}), "revision": model[1]}  # type: ignore[arg-type]
    tokenizer = job.tokenizer(recipe, model[0], model[1] or "main", stage.args)
    told = arguments.built(recipe, args, str(folder))
    quiet.libraries()
    with told.main_process_first(local=False, desc="preparing rows"):
        if first():
            job.clean(folder)
        responses = Responses(recipe.settings.model.source, tokenizer)
        _written(recipe, number, found, folder, responses, told)
    data = rows.loaded(folder)
    recipe.trainer.train(
        job.Job(recipe, stage, folder, model[0], model[1], told, tokenizer, data, metrics, tell, before)
    )


def _written(recipe: TrainingRecipe, number: int, found: Inputs, folder: Path, responses: Responses, told: Any) -> None:
    stage = recipe.settings.parts[number]
    seed, longest = recipe.settings.seed, getattr(told, "max_length", None)
    try:
        rows.written(folder, stage, found.datasets[number], responses, seed=seed, max_length=longest)
    except RecipeError as error:
        raise RecipeError(recipe.at(recipe.dataset_steps(number, 0)[:-1], str(error))) from error


def _done(
    name: str,
    datasets: list[sources.Dataset],
    taken: list[int],
    counts: dict[str, int],
    steps: int,
    history: list[dict[str, Any]],
) -> finished.StageDone:
    learnt = tuple(
        finished.Learnt(
            name=one.name,
            source=one.portion.model_dump(mode="json")["source"],
            sha256=one.sha256,
            licenses=one.licenses,
            rows=share,
            benchmarks=one.benchmarks,
        )
        for one, share in zip(datasets, taken, strict=True)
    )
    kept = finished.metrics(history)
    return finished.StageDone(name=name, datasets=learnt, rows=counts, steps=steps, metrics=kept)


def _begun(recipe: TrainingRecipe, out: Path, found: Inputs) -> finished.Finished | None:
    """What the folder holds where it is complete; otherwise it is made sure that it is this recipe's."""
    if (out / finished.TRAINING).is_file():
        there = finished.read(out)
        _same(recipe, out, there.digest, there.settings, found.digest)
        for file in there.files:
            path = out / file.file
            if not durable.whole(path, file.bytes, file.sha256):
                raise DatasetError(f"{path} is damaged or gone; delete {out} and run the same command again")
        return there
    run = out / STATE / RUN
    if run.is_file():
        begun = orjson.loads(run.read_bytes())
        _same(recipe, out, begun["digest"], begun["settings"], found.digest)
    elif first():
        strangers = sorted(path.name for path in out.iterdir() if path.name not in (durable.LOCK, STATE))
        if strangers:
            raise DatasetError(f"{out} holds other files ({', '.join(strangers[:3])}); choose an empty folder")
        durable.write(run, orjson.dumps({"digest": found.digest, "settings": recipe.plain}))
    return None


def _same(recipe: TrainingRecipe, out: Path, theirs: str, settings: dict[str, Any], mine: str) -> None:
    if theirs != mine:
        changed = list(differences(settings, recipe.plain))[:3]
        what = "; ".join(changed) or "its datasets or its model are others, or have changed since"
        raise DatasetError(f"{out} holds another training: {what}; choose another folder, or delete this one")


def _finish(
    recipe: TrainingRecipe, out: Path, found: Inputs, stages: list[finished.StageDone], seconds: float
) -> finished.Finished:
    last = out / STATE / f"{len(stages) - 1}-{stages[-1].name}" / job.MODEL
    durable.write(out / "recipe.yaml", markdown.yaml(recipe.plain).encode())
    durable.write(out / "timing.json", orjson.dumps({"seconds": round(seconds, 1)}))
    names = sorted(path.name for path in last.iterdir() if path.is_file() and path.name not in _TRLS)
    for name in names:
        shutil.copyfile(last / name, out / name)
    if (last / adapters.ADAPTER).is_dir():
        shutil.copytree(last / adapters.ADAPTER, out / adapters.ADAPTER, dirs_exist_ok=True)
    done = _finished(recipe, found, stages, finished.produced(out, names))
    durable.write(out / "README.md", card.model_card(done, recipe.settings.description).encode("utf-8", "replace"))
    finished.write(out, done)
    shutil.rmtree(out / STATE, ignore_errors=True)  # it was there to go on from
    return done


_TRLS = ("README.md", "training_args.bin")
"""What TRL leaves beside a model: a card of its own, and settings that only Python can read."""


def _finished(
    recipe: TrainingRecipe, found: Inputs, stages: list[finished.StageDone], files: tuple[finished.Produced, ...]
) -> finished.Finished:
    return finished.Finished(
        name=recipe.settings.name,
        digest=found.digest,
        settings=recipe.plain,
        model=found.model,
        reference=found.reference,
        license=found.terms.license,
        licenses=tuple(sorted(found.terms.ids)),
        duties=found.terms.duties,
        stages=tuple(stages),
        versions=card.versions(recipe.settings.tune),
        files=files,
    )


def _templates(recipe: TrainingRecipe) -> list[str]:
    """The hashes of the chat templates that the stages name: a file that was edited makes another model."""
    paths = [recipe.trainer.beside(str(one)) for stage in recipe.settings.parts if (one := stage.args.get(_TEMPLATE))]
    for path in paths:
        if not path.is_file():
            raise RecipeError(recipe.at(("args", _TEMPLATE), f"{path} can't be read"))
    return [durable.sha256(path) for path in paths]


@contextmanager
def _held(out: Path) -> Iterator[None]:
    with durable.disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    with durable.locked(out) if first() else nullcontext():
        yield
