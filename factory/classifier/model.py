"""A trained classifier: the file of fastText, and the card beside it.

Written against what every build that imports as `fasttext` can do: `predict` takes lists only, since with one string
and numpy 2 some raise. The card is `MODEL.json`.
"""

from collections.abc import Sequence
from functools import cache
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from factory.classifier import prepare
from factory.errors import DatasetError, DependencyError

MISSING = "fastText is not installed; run: pip install 'post-training-factory[fasttext]'"
POSITIVE = "__label__positive"
NEGATIVE = "__label__negative"


class Source(BaseModel):
    """What one side of the training data was."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """Of the file or folder, without its place."""
    documents: int
    sha256: str
    """Over the texts."""


class Card(BaseModel):
    """What is to be known of a model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    labels: tuple[str, str] = (POSITIVE, NEGATIVE)
    preparation: int
    """The version of `factory.classifier.prepare`."""
    threshold: float
    threshold_by: str
    """How it was chosen, as `precision 0.9`."""
    settings: dict[str, Any]
    """What fastText was told."""
    data: dict[str, Source]
    held_out: dict[str, Any]
    """Measured on documents that were not trained on."""
    model_sha256: str


class Model:
    """A model that is loaded."""

    def __init__(self, path: Path) -> None:
        """Load it.

        Raises:
            DatasetError: there is no such file, or it is none of fastText's.
            DependencyError: fastText is missing.
        """
        if not path.is_file():
            raise DatasetError(f"no model {path}; make one with `factory classifier train`")
        try:
            self._model = library().load_model(str(path))
        except (ValueError, RuntimeError) as error:
            raise DatasetError(f"{path} is no fastText model: {error}") from error
        if POSITIVE not in self._model.get_labels():
            raise DatasetError(f"{path} has no label {POSITIVE}; make the model with `factory classifier train`")

    def scores(self, texts: Sequence[str]) -> list[float | None]:
        """How likely each text is a positive, between 0 and 1; None where it has no characters."""
        lines = prepare.prepared(texts)
        full = [line for line in lines if line]
        if not full:
            return [None] * len(lines)
        found = zip(*self._model.predict(full, k=2), strict=True)
        scores = iter([_positive(labels, chances) for labels, chances in found])
        return [next(scores) if line else None for line in lines]


def _positive(labels: Sequence[str], chances: Sequence[float]) -> float:
    # fastText adds 1e-5 to every probability, and leaves out what is below it.
    chance = dict(zip(labels, chances, strict=True)).get(POSITIVE, 0.0)
    return min(1.0, float(chance))


def card_path(model: Path) -> Path:
    """Where the card of a model is."""
    return model.with_name(model.name + ".json")


def read_card(model: Path) -> Card:
    """The card of a model.

    Raises:
        DatasetError: it has none, or it is damaged, or of another preparation.
    """
    path = card_path(model)
    try:
        card = Card.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DatasetError(f"{path} can't be read: {error.strerror}; a model needs the card beside it") from error
    except ValidationError as error:
        raise DatasetError(f"{path} is no card of a classifier: {error.errors()[0]['msg']}") from error
    if card.preparation != prepare.VERSION:
        was = f"{model} was trained on texts of preparation {card.preparation}"
        raise DatasetError(f"{was}, and this is {prepare.VERSION}: train again")
    return card


def installed() -> bool:
    """Whether some build of fastText is there."""
    return util.find_spec("fasttext") is not None


@cache
def library() -> ModuleType:
    """fastText, silent.

    Raises:
        DependencyError: it is missing, or a build that can't train has taken its place.
    """
    try:
        import fasttext
    except ImportError as error:
        raise DependencyError(MISSING) from error
    if not hasattr(fasttext, "train_supervised"):
        raise DependencyError(
            "the module fasttext can't train: fasttext-predict has overwritten it; run: "
            "pip uninstall fasttext-predict, then pip install --force-reinstall 'post-training-factory[fasttext]'"
        )
    fasttext.FastText.eprint = lambda *words: None
    module: ModuleType = fasttext
    return module
