"""The models that a training begins with and is held near to: there, whole and told apart, before any data is read."""

from pathlib import Path

from factory import durable
from factory.errors import DatasetError, RecipeError
from factory.merging import weights
from factory.source.hub import REPOSITORY
from factory.training import finished
from factory.training.processes import first
from factory.training.recipe import TrainingRecipe
from factory.training.settings import Start


def reference(recipe: TrainingRecipe) -> Start | None:
    """The reference model that the recipe names, where it names another than the one it begins with."""
    found = getattr(recipe.settings, "reference", None)
    return found if isinstance(found, Start) else None


def identity(recipe: TrainingRecipe, start: Start, steps: tuple[str, ...]) -> str:
    """What the model is, as `finished.identity` says it.

    Raises:
        RecipeError: it is neither a folder nor the id of one on the Hub, or its weights are damaged.
        DatasetError: the folder is no model, or its training is not finished.
    """
    folder = recipe.trainer.beside(start.source)
    try:
        if folder.is_dir():
            weights.check(folder)
            _unchanged(folder)
        elif folder.exists():
            raise RecipeError(f"{folder} is a file; give the folder of a model")
        elif not REPOSITORY.match(start.source):
            raise RecipeError(f"there is no folder {folder}, and {start.source!r} is no id of the Hub (owner/name)")
        elif folder.parent.is_dir():
            raise RecipeError(f"there is no folder {folder}, though there is {folder.parent}")
        return finished.identity(start.source, start.revision, folder)
    except (DatasetError, RecipeError) as error:
        raise type(error)(recipe.at(steps, str(error))) from error


def _unchanged(folder: Path) -> None:
    """Refuse a model trained here whose files are not those that its manifest says, which tells it from others."""
    if not (folder / finished.TRAINING).is_file() or not first():
        return
    for file in finished.read(folder).files:
        if not durable.whole(folder / file.file, file.bytes, file.sha256):
            raise DatasetError(f"{folder / file.file} is damaged or gone; train the model again")
