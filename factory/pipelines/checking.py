"""Every stage checked before the first one runs: its command exists, and its recipe is good as far as can be known.

What a stage takes of one that has not run is not there to be looked at. A fault that names such a folder is passed
over; the stage's own command says it, should it still be one when it is run.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from factory import recipe as recipes
from factory import registry, strict_yaml
from factory.component import models_named, nested
from factory.document import Document, Steps
from factory.errors import DependencyError, FactoryError, RecipeError
from factory.overrides import overridden
from factory.pipeline import need_libraries
from factory.pipelines.recipe import Stage
from factory.registry import Kind
from factory.settings import nearest, validated

KINDS: Mapping[str, Kind] = {**recipes.KINDS, recipes.MODELS: "engines"}
"""Which components the entries of a recipe are."""

Located = Callable[[str], Path]
"""Where the folder of a stage is or will be."""


_OUT_OF_REACH = "the Hub can't be reached"

NOWHERE = Path("/a-stage-that-has-not-run")
"""Where the folders of stages are said to be that are not complete, or will be made anew: no recipe looks at them."""


class Look(NamedTuple):
    """What a stage's recipe is checked with."""

    stage: Stage
    changes: list[str]
    """As `--set` takes them, with the folders of stages."""
    absent: list[str]
    """Folders of stages that are not there yet."""
    shipped: bool
    dataset: str
    """What goes into a gate."""

    def forgives(self, fault: FactoryError | str) -> bool:
        """Whether the fault is that something is not there yet; of what ships, also that the Hub is out of reach."""
        text = str(fault)
        return any(folder in text for folder in self.absent) or (self.shipped and _OUT_OF_REACH in text)

    @property
    def document(self) -> Document:
        """The recipe with its changes."""
        document = strict_yaml.load(self.stage.recipe)
        for change in self.changes:
            document = overridden(document, change)
        return document


def check(
    stages: Iterable[Stage], commands: Collection[str], located: Located = NOWHERE.joinpath, *, shipped: bool = False
) -> None:
    """Check stages, each by itself.

    Args:
        stages: those that would run.
        commands: those that `factory` has.
        located: where the folders of stages are.
        shipped: whether the pipeline comes with the factory, so that what it needs may lie elsewhere.

    Raises:
        FactoryError: a stage is wrong; one line with the place.
    """
    with _without_the_hub() if shipped else nullcontext():
        for stage in stages:
            _check(stage, commands, located, shipped=shipped)


@contextmanager
def _without_the_hub() -> Iterator[None]:
    """Have the Hub's cache read at most: what ships is checked the same with and without a network."""
    try:
        from huggingface_hub import constants
    except ImportError:
        yield
        return
    before = constants.HF_HUB_OFFLINE
    try:
        setattr(constants, "HF_HUB_OFFLINE", True)  # noqa: B010 - read there at every call
        yield
    finally:
        setattr(constants, "HF_HUB_OFFLINE", before)  # noqa: B010


def _check(stage: Stage, commands: Collection[str], located: Located, *, shipped: bool) -> None:
    if stage.about.command not in commands:
        raise RecipeError(
            f"{stage.place}: there is no command `factory {stage.about.command}` in this version; take the stage out"
        )
    absent = [str(folder) for name in stage.inputs if not (folder := located(name)).exists()]
    changes = stage.overrides(lambda name: str(located(name)))
    dataset = stage.dataset if isinstance(stage.dataset, str) else str(located(stage.dataset.stage))
    look = Look(stage, changes, absent, shipped, dataset)
    try:
        _CHECKS[stage.kind](look)
    except DependencyError:
        if not shipped:
            raise
    except FactoryError as error:
        if not look.forgives(error):
            raise type(error)(_placed(stage, error)) from error


def _placed(stage: Stage, error: FactoryError) -> str:
    """The sentence with the stage's place, where it names only what a change is called."""
    text = str(error)
    return text if text.startswith(str(stage.recipe).rpartition("#")[0] or "\0") else f"{stage.place}: {text}"


def _generate(look: Look) -> None:
    if look.absent or look.shipped:
        _parts(look)
    plan = recipes.load(look.stage.recipe, look.changes)
    if look.stage.rows:
        recipes.with_count(plan, look.stage.rows)
    _lacking(look, plan)


def _gate(look: Look) -> None:
    from factory.cli_gate import loaded

    if look.absent or look.shipped:
        _parts(look)
    stage = look.stage
    plan = loaded(look.dataset, stage.settings.license, stage.recipe, Path(stage.id), look.changes, stage.rows)
    _lacking(look, plan)


def _parts(look: Look, kinds: Mapping[str, Kind] = KINDS) -> None:
    """Each component of a recipe by itself, since a source that is not there yet hides what is wrong behind it."""
    document = look.document
    data = document.data if isinstance(document.data, dict) else {}
    for key, kind in kinds.items():
        entries = data.get(key) or ()
        for place in entries if isinstance(entries, dict) else range(len(entries)):
            if not isinstance(entries[place], dict) or not isinstance(entries[place].get("use"), str):
                continue  # the recipe as a whole says it better
            _part(look, document, kind, (key, place), data.get(recipes.MODELS) or ())


def _part(look: Look, document: Document, kind: Kind, here: Steps, models: Collection[str]) -> None:
    try:
        found = registry.find(kind, document.value(*here, "use"))
    except RecipeError as error:
        raise _at(document, (*here, "use"), str(error)) from error
    component = validated(found, document, here, leave_out=("use",))
    component.place(look.stage.recipe.parent)
    for steps, name in models_named(component):
        if name not in models:
            known = ", ".join(models) or "none"
            raise _at(document, (*here, *steps), f"no model {name!r}; {nearest(name, models)}there are: {known}")
    for steps, inner in (((), component), *((steps, part.component) for steps, part in nested(component))):
        for fault in inner.check():
            if not look.forgives(fault):
                raise _at(document, (*here, *steps), fault)


def _at(document: Document, steps: Steps, sentence: str) -> RecipeError:
    return RecipeError(f"{document.where(*steps)}: {'.'.join(map(str, steps))}: {sentence}")


def _train(look: Look) -> None:
    from factory.training import recipe as trainings
    from factory.training import training

    plan = trainings.load(look.stage.recipe, look.changes)
    training.check(plan)
    if not look.absent and not look.shipped:
        training.admitted(plan)


def _merge(look: Look) -> None:
    from factory.merging import recipe as merges

    merges.load(look.stage.recipe, look.changes)


def _model(look: Look) -> None:
    from factory.training import new_model

    new_model.load(look.stage.recipe, look.changes)


def _evaluate(look: Look) -> None:
    from factory.evaluation import plan

    if look.absent or look.shipped:
        _parts(look, {"models": "engines", "tasks": "tasks"})
    _lacking(look, plan.load(look.stage.recipe, look.changes).recipe)


def _publish(look: Look) -> None:
    target = look.stage.settings.publish or ""
    if target.count("/") != 1 or not all(target.split("/")):
        raise RecipeError(f"{look.stage.place}.publish: {target!r} is no Hub id; write namespace/name")


_CHECKS: dict[str, Callable[[Look], None]] = {
    "generate": _generate,
    "gate": _gate,
    "train": _train,
    "merge": _merge,
    "model": _model,
    "evaluate": _evaluate,
    "publish": _publish,
}


def _lacking(look: Look, plan: recipes.Recipe) -> None:
    """Refuse models that can't run here, unless the pipeline is for many machines."""
    if not look.shipped:
        need_libraries(plan)
