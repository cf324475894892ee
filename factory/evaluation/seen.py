"""Whether models were trained on what they are asked: their manifests name the datasets, as far as those can be found.

A dataset is known by the hash of its manifest, so that another one of the same name is never taken for it. What was
merged or trained further is followed back. What it leaves out: datasets of the Hub, folders that are elsewhere now, and
questions that were asked in other words, which `decontaminate` looks for when a dataset is made.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from factory import dataset, durable
from factory.columns import TEXTS
from factory.errors import DatasetError
from factory.manifest import MANIFEST, read_manifest
from factory.merging import manifest as merges
from factory.training import finished

if TYPE_CHECKING:
    from factory.evaluation.plan import Plan

DEEPEST = 16
"""How far back a model is followed."""


def warnings(plan: "Plan") -> list[str]:
    """A sentence for each model, dataset and task that share questions."""
    asked = {name: dict(task.texts()) for name, task in plan.suite.named.items()}
    asked = {name: texts for name, texts in asked.items() if texts}
    found: list[str] = []
    known: dict[Path, Mapping[str, int] | None] = {}
    for model in plan.suite.evaluate:
        folder = Path(plan.recipe.engines[model].model)
        for source in dict.fromkeys(_datasets(folder, (Path(), plan.recipe.folder), DEEPEST)):
            if source not in known:
                known[source] = _shared(source, asked) if asked else {}
            if (shared := known[source]) is None:
                found.append(f"whether {model} was trained on questions can't be told: {source.name} can't be read")
            for name, n in (shared or {}).items():
                share = f"{n:,} of the {len(asked[name]):,} questions of {name}"
                found.append(f"{model} was trained on {share}: they are in {source.name}, which it learnt from")
    return found


def _datasets(model: Path, bases: Iterable[Path], depth: int) -> Iterator[Path]:
    """The datasets that a model's folder says it learnt from, as far as they can be found."""
    bases = tuple(dict.fromkeys((*bases, model.resolve().parent)))
    if depth and (model / finished.TRAINING).is_file():
        done = _training(model)
        for learnt in (one for stage in done.stages for one in stage.datasets) if done else ():
            yield from _found(learnt, bases)
        if done:
            began = done.settings.get("model")
            yield from _further(str(began.get("source", "")) if isinstance(began, dict) else "", bases, depth)
    if depth and (model / merges.MANIFEST).is_file() and (merge := _merge(model)):
        for parent in merge.parents:
            yield from _further(parent.model.partition("@")[0], bases, depth)


def _training(model: Path) -> finished.Finished | None:
    try:
        return finished.read(model)
    except DatasetError:  # what is damaged says nothing, and keeps no one from being asked
        return None


def _merge(model: Path) -> merges.Manifest | None:
    try:
        return merges.read_manifest(model)
    except DatasetError:
        return None


def _further(name: str, bases: tuple[Path, ...], depth: int) -> Iterator[Path]:
    """The same of a model that another one began as."""
    for place in _places(name, bases):
        if (place / finished.TRAINING).is_file() or (place / merges.MANIFEST).is_file():
            yield from _datasets(place, bases, depth - 1)
            return


def _found(learnt: finished.Learnt, bases: tuple[Path, ...]) -> Iterator[Path]:
    for place in _places(learnt.source, bases):
        if (place / MANIFEST).is_file() and durable.sha256(place / MANIFEST) == learnt.sha256:
            yield place.resolve()
            return


def _places(name: str, bases: tuple[Path, ...]) -> list[Path]:
    """Where a folder of that name may be: manifests keep names from where their recipe was, or names alone."""
    return [base / one for base in bases for one in (name, Path(name).name) if one] if name else []


def _shared(source: Path, asked: Mapping[str, Mapping[str, str]]) -> dict[str, int] | None:
    """How many questions of each task a dataset holds, word for word; None where its rows can't be read."""
    wanted = {" ".join(text.split()) for texts in asked.values() for text in texts.values()}
    try:
        held = wanted.intersection(" ".join(text.split()) for text in _said(source))
    except DatasetError:
        return None
    counts = {name: sum(" ".join(text.split()) in held for text in texts.values()) for name, texts in asked.items()}
    return {name: n for name, n in counts.items() if n}


def _said(source: Path) -> Iterator[str]:
    """What users say in a dataset."""
    manifest = read_manifest(source)
    (column, *_) = TEXTS[manifest.kind]
    for file in manifest.shards:
        for batch in dataset.batches(source / file.file, only=[column]):
            turns = batch.column(0).flatten()
            yield from turns.field("content").filter(pc.equal(turns.field("role"), "user")).to_pylist()
