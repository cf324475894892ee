"""The evaluation file: models, and the tasks by which they are measured; validated as recipes are."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, cast

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt

from factory import recipe as recipes
from factory import strict_yaml
from factory.component import Part, models_named
from factory.document import Document, Steps
from factory.errors import RecipeError
from factory.evaluation.suite import Suite
from factory.evaluation.task import Task
from factory.overrides import overridden
from factory.recipe import Recipe, Use
from factory.settings import nearest, validated

ModelKey = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")]


class Head(BaseModel):
    """What the file says beside models and tasks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9_-][a-z0-9._-]{0,95}$")]
    """The evaluation's name: lower-case letters, digits, `.`, `_`, `-`; at most 96, the first no dot."""
    description: str = ""
    """What it is for; a sentence or two for its report."""
    seed: NonNegativeInt = 0
    """The seed of all randomness, where answers are drawn."""
    resident: Literal["one", "all"] = "one"
    """Which of the models that this machine runs are loaded at once: `one`, each in its turn; `all`, since they fit."""


class Written(Head):
    """An evaluation as written."""

    models: Annotated[dict[ModelKey, Use], Field(min_length=1)]
    """Models as recipes have them, those of judges too: `name: {use: engine, model: folder or id, license: id}`."""
    evaluate: list[str] = []
    """The names of the models that are evaluated; all but those of judges where nothing is said."""
    tasks: Annotated[list[Use], Field(min_length=1)]
    """What they are asked: a list of `use: name` with the settings of each."""


class Plan(NamedTuple):
    """An evaluation that can be run."""

    path: Path
    recipe: Recipe
    """The same as a recipe whose only generator is the suite."""

    @property
    def suite(self) -> Suite:
        """The tasks and who is evaluated."""
        return cast(Suite, self.recipe.generate[0].component)

    @property
    def settings(self) -> dict[str, Any]:
        """All settings on which figures depend, as plain JSON values, defaults filled in."""
        found = self.recipe.settings
        (suite,) = found["generate"]
        head = {name: found[name] for name in ("name", "description", "seed", "models")}
        return head | {name: suite[name] for name in ("evaluate", "tasks")}


def load(path: Path, overrides: Sequence[str] = ()) -> Plan:
    """The evaluation in a file, with `key.path=value` changes.

    Raises:
        RecipeError: it is wrong; one line with the place and what would be right.
        DependencyError: a judge or a model needs a library that is not installed.
    """
    document = strict_yaml.load(path)
    for override in overrides:
        document = overridden(document, override)
    written = validated(Written, document)
    models = {name: recipes.part(document, "engines", ("models", name), path.parent) for name in written.models}
    tasks = tuple(recipes.part(document, "tasks", ("tasks", n), path.parent) for n in range(len(written.tasks)))
    evaluated = tuple(written.evaluate) or _unjudging(list(models), tasks)
    suite = Suite(evaluate=evaluated, tasks=tasks)
    suite.place(path.parent)
    head = written.model_dump(include=set(Head.model_fields))
    recipe = Recipe(**head, license="auto", generate=(Part("evaluation", suite),), models=models)
    recipe = recipe.model_copy(update={"folder": path.parent})
    recipes.check_models(document, recipe, whole=True)
    plan = Plan(path, recipe)
    _check(document, plan)
    return plan


def is_evaluation(path: Path) -> bool:
    """Whether a file is an evaluation and no recipe of a dataset, by its first level."""
    keys = strict_yaml.first_level(path)
    return "tasks" in keys and "generate" not in keys


def _unjudging(models: Sequence[str], tasks: Sequence[Part]) -> tuple[str, ...]:
    """The models that no judge of a task names."""
    judging = {name for part in tasks for _, name in models_named(part.component)}
    return tuple(name for name in models if name not in judging)


def _check(document: Document, plan: Plan) -> None:
    """Refuse what doesn't go together."""
    suite, evaluated = plan.suite, plan.suite.evaluate
    if not evaluated:
        raise _at(document, ("models",), "all of them judge, and none is left to evaluate; name some in `evaluate`")
    if twice := [name for place, name in enumerate(evaluated) if name in evaluated[:place]]:
        raise _at(document, ("evaluate",), f"names {twice[0]!r} twice; name each model once")
    for place, fault in suite.without_template(plan.recipe.engines):
        steps: Steps = ("evaluate", place) if "evaluate" in document.data else ("models", evaluated[place])
        raise _at(document, steps, fault)
    if len(suite.named) < len(suite.tasks):
        raise _at(document, ("tasks",), "two have one name; give each its own `name`")
    for place, part in enumerate(suite.tasks):
        if not isinstance(part.component, Task):
            raise _at(document, ("tasks", place, "use"), f"{part.name} is no task of an evaluation")
        against = getattr(part.component, "against", "")
        if against and against not in evaluated:
            known = ", ".join(evaluated)
            sentence = f"no model {against!r} is evaluated; {nearest(against, evaluated)}there are: {known}"
            raise _at(document, ("tasks", place, "against"), sentence)
        if part.component.compares and len(evaluated) < 2:
            raise _at(document, ("tasks", place), f"{part.name} sets models against each other; evaluate two or more")


def _at(document: Document, steps: Steps, sentence: str) -> RecipeError:
    return RecipeError(f"{document.where(*steps)}: {'.'.join(map(str, steps))}: {sentence}")
