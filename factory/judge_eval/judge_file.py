"""JUDGE of `factory judge-eval`: a YAML file with one judge, and the models that it asks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from factory import recipe as recipes
from factory import strict_yaml
from factory.component import Judge
from factory.engine import ModelSettings
from factory.errors import RecipeError
from factory.overrides import overridden
from factory.part import judge_of
from factory.recipe import Recipe, Use
from factory.settings import validated


class JudgeFile(BaseModel):
    """What the file says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    judge: Annotated[list[Use], Field(min_length=1, max_length=1)]
    """The judge: a list of one `use: name` with its settings."""
    models: dict[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")], Use] = {}
    """What it asks: `name: {use: engine, model: id, license: id}` with the settings of the engine."""


class Loaded(NamedTuple):
    """A judge that is ready to be asked."""

    name: str
    judge: Judge
    recipe: Recipe
    """The same as a recipe that makes nothing."""

    @property
    def engines(self) -> Mapping[str, ModelSettings]:
        """The settings of each model."""
        return self.recipe.engines


def load(path: Path, changes: tuple[str, ...] = ()) -> Loaded:
    """The judge of a file, with `key.path=value` changes.

    Raises:
        RecipeError: it is wrong; one line with the place and what would be right.
        DependencyError: the judge needs a library that is not installed.
    """
    document = strict_yaml.load(path)
    for change in changes:
        document = overridden(document, change)
    if document.data is None:
        raise RecipeError(f"{path}: says nothing; write `judge:` with one `use: name`, and the `models:` that it asks")
    written = validated(JudgeFile, document)
    part = recipes.part(document, "judges", ("judge", 0), path.parent)
    models = {name: recipes.part(document, "engines", ("models", name), path.parent) for name in written.models}
    recipe = Recipe(name="judge-eval", seed=0, license="auto", generate=(), judge=(part,), models=models)
    recipe = recipe.model_copy(update={"folder": path.parent})
    recipes.check_models(document, recipe)
    return Loaded(part.name, judge_of(part), recipe)
