"""How what a recipe names was reached: addresses, names of keys, folders; so that a retry needs no recipe.

The recipe in a dataset's folder says none of it, since it is published. It is remembered beside the store of answers,
on this machine alone, by the recipe's digest. Of secrets not even the names of their variables are: those stay in the
recipe, and a retry that needs one says so.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from factory import durable

if TYPE_CHECKING:
    from factory.recipe import Recipe

VARIABLES = "_env"
"""How settings end that name environment variables of secrets."""


class Reach(BaseModel):
    """How one recipe reaches what it names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path
    """Where its paths begin."""
    settings: dict[str, Any]
    """What its dataset's recipe lacks, by `key.path`."""
    untold: tuple[str, ...] = ()
    """Settings that name variables of secrets, which are not remembered."""

    @property
    def changes(self) -> list[str]:
        """The same as `--set` takes it."""
        return [f"{key}={orjson.dumps(value).decode()}" for key, value in self.settings.items()]


def remember(answers: Path, recipe: "Recipe") -> None:
    """Write down how a recipe reaches its models."""
    settings: dict[str, Any] = {}
    untold: list[str] = []
    for name, model in recipe.engines.items():
        ways = model.model_dump(mode="json", include=set(model.ways), exclude_defaults=True)
        untold += [f"models.{name}.{key}" for key in ways if key.endswith(VARIABLES)]
        settings |= {f"models.{name}.{key}": value for key, value in ways.items() if not key.endswith(VARIABLES)}
    for place, part in enumerate(recipe.generate):
        settings |= _paths(part.component, part.component.model_dump(mode="json"), f"generate.{place}")
    if recipe.resident != "one":
        settings["resident"] = recipe.resident
    if recipe.decontaminate is not None and recipe.decontaminate.folder:
        settings["decontaminate.folder"] = recipe.decontaminate.folder
    reach = Reach(folder=recipe.folder.absolute(), settings=settings, untold=tuple(untold))
    durable.write(_path(answers, recipe.digest), orjson.dumps(reach.model_dump(mode="json")))


def _paths(value: Any, written: Any, key: str) -> dict[str, str]:
    """What settings say otherwise than a dataset's recipe does, by key: paths, of which that has the name alone."""
    if isinstance(value, str):
        return {} if value == written else {key: value}
    parts: list[tuple[str | int, Any]] = []
    if isinstance(value, BaseModel) and isinstance(written, dict):
        parts = [(name, one) for name, one in value if name in written]
    elif isinstance(value, tuple) and isinstance(written, list):
        parts = list(enumerate(value[: len(written)]))
    return {place: path for name, one in parts for place, path in _paths(one, written[name], f"{key}.{name}").items()}


def recall(answers: Path, digest: str) -> Reach | None:
    """How the recipe of that digest reached its models; None where that isn't known here."""
    try:
        return Reach.model_validate_json(_path(answers, digest).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValidationError):
        return None


def _path(answers: Path, digest: str) -> Path:
    return answers.with_suffix(".reach") / f"{digest}.json"
