"""`training.json`, the manifest of a trained model: what was done, with which data, and which files came out.

It is written last, so that its existence means complete. It holds nothing of the clock or the machine but versions;
times are in timing.json beside it.
"""

import math
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from factory import durable
from factory.errors import DatasetError

TRAINING = "training.json"
_OF_THE_RUN = ("runtime", "per_second", "total_flos", "num_tokens", "train_loss")
"""What depends on the clock, or on where a run that was killed went on: trainers count tokens and losses from there."""
_MODEL_FILES = (".json", ".safetensors", ".bin", ".model", ".jinja", ".txt", ".py")


class Produced(BaseModel):
    """One file of the checkpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    bytes: int
    sha256: str


class Learnt(BaseModel):
    """A dataset that a stage was trained on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    source: str
    """As the recipe names it."""
    sha256: str
    licenses: tuple[str, ...]
    rows: int
    """How many of its rows the mix takes."""
    benchmarks: tuple[str, ...]
    """Those that were looked for in it."""


class StageDone(BaseModel):
    """A stage that is finished."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    datasets: tuple[Learnt, ...] = ()
    rows: dict[str, int]
    """Rows trained on, and rows left out, by reason."""
    steps: int
    metrics: dict[str, float]
    """Of the last step and of the whole."""


class Finished(BaseModel):
    """What a training did."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    name: str
    digest: str
    """Of the recipe, the datasets and the models."""
    settings: dict[str, Any]
    model: str
    """What it began as, with its revision or hash."""
    reference: str = ""
    """The reference model of preference training, with its revision or hash."""
    license: str
    licenses: tuple[str, ...]
    """The licences that the model is under."""
    duties: tuple[str, ...]
    stages: tuple[StageDone, ...]
    versions: dict[str, str]
    files: tuple[Produced, ...]


def read(folder: Path) -> Finished:
    """The manifest of a finished training.

    Raises:
        DatasetError: the folder has none, or it is damaged.
    """
    path = folder / TRAINING
    try:
        return Finished.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DatasetError(f"{folder} has no {TRAINING}: its training is not finished") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise DatasetError(f"{path} is damaged or of another version: {place}: {first['msg']}") from error


def write(folder: Path, finished: Finished) -> None:
    """Declare the folder complete."""
    text = orjson.dumps(finished.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    durable.write(folder / TRAINING, text)


def produced(folder: Path, names: list[str]) -> tuple[Produced, ...]:
    """The files of these names, with their hashes."""
    return tuple(
        Produced(file=name, bytes=(folder / name).stat().st_size, sha256=durable.sha256(folder / name))
        for name in sorted(names)
    )


def identity(source: str, revision: str, folder: Path) -> str:
    """What a model is: of a folder the hash of its files, or of its training.json; of a Hub id its revision.

    Raises:
        DatasetError: the folder is no model, or its training is not finished.
    """
    if not folder.exists():
        return f"{source}@{revision}"
    if (folder / TRAINING).is_file():
        return f"{folder.resolve().name}@{durable.sha256(folder / TRAINING)[:16]}"
    if (folder / "state").is_dir():
        raise DatasetError(f"{folder}: its training is not finished: run it again first")
    if not (folder / "config.json").is_file():
        raise DatasetError(f"{folder} is no model: it has no config.json")
    found = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix in _MODEL_FILES)
    digest = sha256("".join(f"{path.name} {durable.sha256(path)}\n" for path in found).encode()).hexdigest()
    return f"{folder.resolve().name}@{digest[:16]}"


def metrics(history: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The last value of each metric that is the same whether or not the run was killed, and the mean of the loss."""
    found: dict[str, float] = {}
    total, before = 0.0, 0
    for entry in history:
        step = int(entry.get("step", before))
        if math.isfinite(loss := float(entry.get("loss", math.nan))):
            total, before = total + loss * (step - before), step
        for name, value in entry.items():
            if name == "step" or any(word in name for word in _OF_THE_RUN) or not isinstance(value, int | float):
                continue
            if math.isfinite(value):
                found[name] = value
    mean = {"mean_loss": total / before} if before else {}
    return dict(sorted((found | mean).items()))
