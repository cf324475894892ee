"""The pipeline: a YAML file read, its rounds laid out, and every reference of it found, before anything is run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from factory import strict_yaml
from factory.document import Document, Steps
from factory.errors import RecipeError
from factory.overrides import overridden
from factory.pipelines import references
from factory.pipelines.references import SIGN, BadReference, Lookup, Output
from factory.pipelines.scope import Scope
from factory.pipelines.settings import KINDS, Group, Head, Kind, StageSettings
from factory.settings import nearest, validated

_TAKES = {
    "rows": ("generate", "gate"),
    "dataset": ("gate", "publish"),
    "license": ("gate",),
    "short": ("generate",),
    "launch": ("train",),
    "set": tuple(kind for kind in KINDS if kind != "publish"),
}
"""Which kinds of stages may say what."""


@dataclass(frozen=True)
class Stage:
    """One stage of one round, with all that it refers to."""

    id: str
    """Its name, and its folder below the run's: `sft`, or `rounds/2/dpo`."""
    kind: str
    settings: StageSettings
    place: str
    """File and line."""
    recipe: Path
    """The file of its recipe, with `#key.path` where it stands in the pipeline itself."""
    changes: tuple[tuple[str, Any], ...]
    """Key path and resolved value: what it refers to, then `set`."""
    dataset: str | Output
    """Of a gate: what goes in. Of `publish`: what goes out."""
    rows: int | None

    @property
    def about(self) -> Kind:
        """What its kind is to a pipeline."""
        return KINDS[self.kind]

    @property
    def inputs(self) -> tuple[str, ...]:
        """The stages that it takes something of, each once."""
        values = [*(value for _, value in self.changes), self.dataset]
        return tuple(dict.fromkeys(references.outputs(values)))

    @property
    def document(self) -> Document:
        """Its recipe with its changes; folders of stages stand there as they are referred to.

        Raises:
            RecipeError: there is no such file, or a change fits nowhere.
        """
        return self.changed(lambda stage: f"{SIGN}{stage}")

    def changed(self, folder: Any) -> Document:
        """Its recipe with its changes; `folder` says what stands for the output of a stage."""
        document = strict_yaml.load(self.recipe)
        for change in self.overrides(folder):
            document = overridden(document, change)
        return document

    def overrides(self, folder: Any) -> list[str]:
        """Its changes as `--set` takes them."""
        found = ((key, references.filled(value, folder)) for key, value in self.changes)
        return [f"{key}={orjson.dumps(value).decode()}" for key, value in found]


@dataclass(frozen=True)
class Pipeline:
    """A pipeline's file, read."""

    head: Head
    path: Path
    stages: tuple[Stage, ...]
    """In the order in which they are run."""

    def chosen(self, names: Sequence[str], flag: str) -> list[str]:
        """The ids that names on the command line mean: a stage, a round or a whole group.

        Raises:
            RecipeError: there is no such stage.
        """
        found: list[str] = []
        ids = [stage.id for stage in self.stages]
        for name in names:
            meant = [one for one in ids if one == name or one.startswith(f"{name}/")]
            if not meant:
                known = list(dict.fromkeys([*ids, *(one.partition("/")[0] for one in ids)]))
                raise RecipeError(f"{flag} {name}: no such stage; {nearest(name, known)}there are: {', '.join(ids)}")
            found += meant
        return found


def load(path: Path, changes: Sequence[str] = ()) -> Pipeline:
    """The pipeline in a file; `changes` are `name=value` of its settings.

    Raises:
        RecipeError: it is wrong; one line with the place and what would be right.
    """
    document = strict_yaml.load(path)
    head = validated(Head, document)
    values = _settings(document, head, changes)
    scope = Scope(document, values)
    stages: list[Stage] = []
    for name in head.stages:
        steps: Steps = ("stages", name)
        scope.claim(name, steps)
        if "repeat" in head.stages[name]:
            group = validated(Group, document, steps)
            for inner in scope.rounds(name, group, steps):
                stages += [
                    _stage(document, path, f"{inner.prefix}{one}", group.stages[one], (*steps, "stages", one), inner)
                    for one in inner.names()
                ]
            continue
        stages.append(_stage(document, path, name, validated(StageSettings, document, steps), steps, scope))
        scope.done(name)
    folders = {stage.id for stage in stages if stage.about.manifest}
    for stage in stages:
        if foreign := [name for name in stage.inputs if name not in folders]:
            raise RecipeError(f"{stage.place}: takes {foreign[0]}, which publishes and leaves nothing to take")
    return Pipeline(head, path, tuple(stages))


def is_pipeline(path: Path) -> bool:
    """Whether a file is a pipeline and no other recipe, by its first level."""
    keys = strict_yaml.first_level(path)
    return "stages" in keys and not keys & {"use", "generate", "method", "architecture"}


def _settings(document: Document, head: Head, changes: Sequence[str]) -> dict[str, Any]:
    """The settings with what the command line changes."""
    own = Document(document.name, head.settings)
    for change in changes:
        name = change.partition("=")[0].partition(".")[0]
        if "=" in change and name not in head.settings:
            known = ", ".join(head.settings) or "none"
            hint = nearest(name, head.settings)
            raise RecipeError(f"--set {name}: the pipeline has no such setting; {hint}there are: {known}")
        own = overridden(own, change)

    def nothing(name: str) -> Any:
        raise BadReference(f"a setting refers to nothing; write ${SIGN}{name} for a text that begins with $")

    found: dict[str, Any] = {}
    for name, value in own.data.items():
        try:
            found[name] = references.resolved(value, nothing)
        except BadReference as error:
            raise RecipeError(f"{document.where('settings', name)}: settings.{name}: {error}") from error
    return found


def _stage(document: Document, path: Path, name: str, said: StageSettings, steps: Steps, scope: Any) -> Stage:
    place = f"{document.where(*steps)}: {'.'.join(map(str, steps))}"
    kind = _kind(document, said, steps, place)
    lookup: Lookup = scope.lookup
    raw = document.value(*steps)
    changes: list[tuple[str, Any]] = []
    recipe = path
    if kind != "publish" and isinstance(raw[kind], str):
        recipe = path.parent / _value(document, (*steps, kind), lookup)
    elif kind != "publish":
        recipe = path.with_name(f"{path.name}#{'.'.join(map(str, (*steps, kind)))}")
        changes += _referred(document, (*steps, kind), lookup)
    changes += [(key, _value(document, (*steps, "set", key), lookup)) for key in said.set]
    dataset = _value(document, (*steps, "dataset"), lookup) if said.dataset is not None else ""
    if not isinstance(dataset, str | Output):
        raise RecipeError(f"{place}.dataset: {dataset!r} is no dataset; write $name of a stage, a Hub id or a path")
    if isinstance(dataset, str) and dataset and (path.parent / dataset).exists():
        dataset = str(path.parent / dataset)
    rows = _value(document, (*steps, "rows"), lookup) if said.rows is not None else None
    if rows is not None and (isinstance(rows, bool) or not isinstance(rows, int) or rows < 1):
        raise RecipeError(f"{place}.rows: {rows!r} is no number of rows; write a whole number from 1 on")
    return Stage(name, kind, said, place, recipe, tuple(changes), dataset, rows)


def _kind(document: Document, said: StageSettings, steps: Steps, place: str) -> str:
    kinds = said.kinds
    if len(kinds) != 1:
        what = f"is {' and '.join(kinds)} at once; make them stages of their own" if kinds else "says no kind"
        raise RecipeError(f"{place}: {what}; a stage has one of: {', '.join(KINDS)}")
    (kind,) = kinds
    for key in said.model_fields_set - set(KINDS):
        if kind not in _TAKES[key]:
            where = f"{document.where(*steps, key)}: {'.'.join(map(str, (*steps, key)))}"
            raise RecipeError(f"{where}: is for {' and '.join(_TAKES[key])}, and this stage is `{kind}`; remove it")
    if kind in _TAKES["dataset"] and said.dataset is None:
        raise RecipeError(f"{place}.dataset: is missing; write $name of the stage whose rows it takes")
    return kind


def _referred(document: Document, steps: Steps, lookup: Lookup) -> list[tuple[str, Any]]:
    """What an inline recipe refers to, as changes of it."""
    raw = document.value(*steps)
    found: dict[str, Any] = {}
    for place in references.places(raw):
        length = next((at for at, step in enumerate(place) if not str(step) or {".", "="} & set(str(step))), len(place))
        _value(document, (*steps, *place), lookup)  # so that an error names its very place
        here = place[:length]  # keys with a dot can't be named in a change, but what holds them can
        found[".".join(map(str, here))] = references.resolved(references.within(raw, here), lookup)
    return list(found.items())


def _value(document: Document, steps: Steps, lookup: Lookup) -> Any:
    """What stands at a place, references filled in.

    Raises:
        RecipeError: one refers to nothing; with its place.
    """
    raw = document.value(*steps)
    for place in references.places(raw):
        try:
            references.resolved(references.within(raw, place), lookup)
        except BadReference as error:
            at = (*steps, *place)
            raise RecipeError(f"{document.where(*at)}: {'.'.join(map(str, at))}: {error}") from error
    return references.resolved(raw, lookup)
