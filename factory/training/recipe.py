"""The training recipe: a YAML file with one trainer and its settings, validated as recipes of datasets are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from factory import registry, strict_yaml
from factory.component import Trainer
from factory.document import Document, Steps
from factory.errors import RecipeError
from factory.overrides import overridden
from factory.settings import validated
from factory.training.settings import Training

USE = "use"


@dataclass(frozen=True)
class TrainingRecipe:
    """A training recipe whose trainer is built."""

    use: str
    trainer: Trainer
    document: Document
    path: Path

    @property
    def settings(self) -> Training:
        """What it says."""
        return cast(Training, self.trainer)

    @property
    def plain(self) -> dict[str, Any]:
        """All settings as plain JSON values, defaults filled in."""
        return {USE: self.use, **self.trainer.model_dump(mode="json")}

    def digest(self, inputs: Mapping[str, Any]) -> str:
        """SHA-256 of the settings and of the hashes of models and datasets."""
        text = json.dumps([self.plain, inputs], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return sha256(text.encode()).hexdigest()

    def at(self, steps: Steps, sentence: str) -> str:
        """The sentence with the place in the file."""
        return f"{self.document.where(*steps)}: {'.'.join(map(str, steps))}: {sentence}"

    def dataset_steps(self, stage: int, place: int) -> Steps:
        """Where the recipe names a dataset."""
        return (*(("stages", stage) if self.settings.stages else ()), "datasets", place)


def load(path: Path, overrides: Sequence[str] = ()) -> TrainingRecipe:
    """The training recipe in a file, with `key.path=value` changes.

    Raises:
        RecipeError: it is wrong; one line with the place and what would be right.
        DependencyError: its trainer needs a library that is not installed.
    """
    document = strict_yaml.load(path)
    for override in overrides:
        document = overridden(document, override)
    if not isinstance(document.data, dict) or not isinstance(document.data.get(USE), str):
        known = ", ".join(registry.names("trainers"))
        raise RecipeError(f"{document.where(USE)}: use: is missing; write the name of a trainer, one of {known}")
    name = document.data[USE]
    try:
        kind = registry.find("trainers", name)
    except RecipeError as error:
        raise RecipeError(f"{document.where(USE)}: use: {error}") from error
    if not issubclass(kind, Training):
        raise RecipeError(f"{document.where(USE)}: use: {name} trains on no datasets")
    component = validated(kind, document, (), leave_out=(USE,))
    component.place(path.parent)
    trainer = cast(Trainer, component)
    recipe = TrainingRecipe(name, trainer, document, path)
    if complaints := component.check():
        steps = tuple(complaints[0].partition(":")[0].split("."))
        place = steps if steps[0] in kind.model_fields else ()
        raise RecipeError(f"{document.where(*place)}: {complaints[0]}")
    return recipe


def is_training(path: Path) -> bool:
    """Whether a file is a training recipe and no recipe of a dataset, by its first level."""
    keys = strict_yaml.first_level(path)
    return USE in keys and "generate" not in keys
