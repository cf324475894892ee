"""The recipe of a merge: what is merged and how, checked as data recipes are, with file and line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, NonNegativeInt, PlainSerializer

from factory import strict_yaml
from factory.document import Document, Steps
from factory.errors import RecipeError
from factory.licence import written as licence_check
from factory.licence.book import Own
from factory.merging.methods import Linear, Method, Slerp
from factory.merging.schedule import Number, Schedule, constant
from factory.merging.task_vectors import DareLinear, DareTies, TaskArithmetic, Ties
from factory.overrides import overridden
from factory.settings import nearest, validated
from factory.source.settings import portable

METHODS: Mapping[str, type[Method]] = {
    "slerp": Slerp,
    "linear": Linear,
    "task_arithmetic": TaskArithmetic,
    "ties": Ties,
    "dare_linear": DareLinear,
    "dare_ties": DareTies,
}


class Merged(BaseModel):
    """One of the models."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Annotated[str, Field(min_length=1, max_length=500), PlainSerializer(portable, when_used="json")]
    """Its folder, from the recipe's on, or its id on the Hub."""
    revision: str = ""
    """The branch, tag or commit of a model of the Hub; a commit is best."""
    license: str = ""
    """The Hub's licence id of the model, such as apache-2.0 or llama3.1; of one made here, its manifest says it."""
    weight: Number = constant(1.0)
    """Its weight, where the method has weights: a number, a list over the layers, or either by pattern of names."""


class Head(BaseModel):
    """What the recipe of a merge says beside its models."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,95}$")]
    """The merged model's name: letters, digits, `.`, `_`, `-`; at most 96, the first no dot."""
    description: str = ""
    """What the model is for; a sentence or two for its card."""
    license: str = "auto"
    """The Hub's licence id; `auto` takes what the models come to."""
    method: Literal["slerp", "linear", "task_arithmetic", "ties", "dare_linear", "dare_ties"]
    """How the models are merged."""
    base: str = ""
    """The name of the model that the others started from, for the methods that need one."""
    config_from: str = ""
    """The model whose config, tokenizer and chat template the result has; the base or the first, where none is said."""
    dtype: Literal["keep", "bfloat16", "float16", "float32"] = "keep"
    """The type of the result's weights; `keep`, that of the models."""
    max_shard_gb: Annotated[float, Field(gt=0)] = 5
    """How many gigabytes (10^9 bytes) a weight file holds."""
    same_vocabulary: bool = True
    """Refuse models whose tokenizers number their tokens differently."""
    seed: NonNegativeInt = 0
    """The seed of what is dropped at random."""


class Written(Head):
    """The recipe of a merge as written."""

    models: Annotated[
        dict[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")], Merged], Field(min_length=2)
    ]
    """What is merged: `name: {model: folder or id, license: id}`; for SLERP from the first to the second."""
    parameters: dict[str, JsonValue] = {}
    """Those of the method, such as {t: 0.5}."""
    licences: Annotated[str, Field(min_length=1)] | Own = Own()
    """Licences that the tables lack: a YAML file beside the recipe with `licences:` and `models:`, or these here."""


@dataclass(frozen=True, slots=True)
class MergeRecipe:
    """A recipe whose method is built."""

    document: Document
    head: Head
    models: Mapping[str, Merged]
    method: Method
    licences: Own
    folder: Path
    """Where its paths begin."""

    @property
    def order(self) -> list[str]:
        """The names of the models as the method takes them: the base first where there is one."""
        base = [self.head.base] if self.head.base else []
        return base + [name for name in self.models if name not in base]

    @property
    def carrier(self) -> str:
        """The name of the model whose config and tokenizer are carried."""
        return self.head.config_from or self.order[0]

    @property
    def weights(self) -> list[Schedule]:
        """Those of the models in their order."""
        return [self.models[name].weight for name in self.order]

    @property
    def settings(self) -> dict[str, Any]:
        """All settings, as plain JSON values, defaults filled in."""
        plain = {name for name in self.models if not self.method.weighted or name == self.head.base}
        models = {
            name: one.model_dump(mode="json", exclude={"weight"} if name in plain else set())
            for name, one in self.models.items()
        }
        facts = {
            **self.head.model_dump(mode="json"),
            "models": models,
            "parameters": self.method.model_dump(mode="json"),
        }
        own = {"licences": self.licences.model_dump(mode="json")} if self.licences != Own() else {}
        return facts | own

    def place(self, *steps: str | int) -> str:
        """File, line and setting, as errors begin."""
        return f"{self.document.where(*steps)}: {'.'.join(map(str, steps))}"

    def wrong(self, sentence: str, *steps: str | int) -> RecipeError:
        """An error that names the place."""
        return RecipeError(f"{self.place(*steps)}: {sentence}")


def load(path: Path, overrides: Sequence[str] = ()) -> MergeRecipe:
    """The recipe in a file, with `key.path=value` changes; no model is looked at.

    Raises:
        RecipeError: it is wrong; one line with the place and what would be right.
    """
    document = strict_yaml.load(path)
    for override in overrides:
        document = overridden(document, override)
    written = validated(Written, document)
    own = licence_check.own(document, written.licences)
    licence_check.declared(document, own, written.license)
    for name, one in written.models.items():
        if one.license:
            licence_check.named(document, own, one.license, ("models", name, "license"))
    head = Head(**written.model_dump(exclude={"models", "parameters", "licences"}))
    method = validated(METHODS[written.method], _with_parameters(document), ("parameters",))
    recipe = MergeRecipe(document, head, written.models, method, own, path.parent)
    _check(recipe)
    return recipe


def _with_parameters(document: Document) -> Document:
    if "parameters" in document.data:
        return document
    return document.replaced(("parameters",), Document(document.name, {}), document.where())


def _check(recipe: MergeRecipe) -> None:
    """Refuse what doesn't go together."""
    head, method, names = recipe.head, recipe.method, list(recipe.models)
    for field, name in (("base", head.base), ("config_from", head.config_from)):
        if name and name not in names:
            raise recipe.wrong(f"no model {name!r}; {nearest(name, names)}there are: {', '.join(names)}", field)
    if method.based and not head.base:
        raise recipe.wrong(f"{head.method} merges what models add to a base; write base: {names[0]}, say", "method")
    if head.base and not method.based:
        based = ", ".join(name for name, one in METHODS.items() if one.based)
        raise recipe.wrong(f"{head.method} needs none; remove it, or take one of {based}", "base")
    if method.models is not None and len(names) != method.models:
        raise recipe.wrong(f"{head.method} merges {method.models} models, and there are {len(names)}", "models")
    for name, one in recipe.models.items():
        if "weight" in one.model_fields_set and (not method.weighted or name == head.base):
            why = f"{head.method} has no weights" if not method.weighted else "the base has no weight"
            raise recipe.wrong(f"{why}; remove it", "models", name, "weight")


def is_merge(path: Path) -> bool:
    """Whether a file is the recipe of a merge and no recipe of a dataset, by its first level."""
    keys = strict_yaml.first_level(path)
    return "method" in keys and "generate" not in keys


def at(recipe: MergeRecipe, name: str) -> Steps:
    """Where the recipe names a model."""
    return "models", name, "model"
