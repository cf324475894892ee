"""The head of a reward model: which numbers it gives, which score they come to, and whether it was ever trained.

A folder without the head's weights loads all the same: transformers fills them with random numbers and vLLM leaves what
was in memory. Every score would be noise, so it is refused.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from math import fsum, isfinite
from pathlib import Path
from typing import Any, NamedTuple

from factory.engine import Fatal, Unanswered
from factory.engines._text import shown

SUFFIX = "ForSequenceClassification"

_HEAD = re.compile(r"(?:^|\.)(?:score|classifier|classification_head)\.").search
_HEADER_BYTES = 100_000_000


class Head(NamedTuple):
    """What a model's config says."""

    architecture: str
    labels: tuple[str, ...]
    weights: tuple[float, ...]
    """What each label counts for."""

    def score(self, logits: Sequence[float]) -> float:
        """The score that the head's numbers come to.

        Raises:
            Unanswered: they are no numbers.
        """
        score = fsum(weight * logit for weight, logit in zip(self.weights, logits, strict=True) if weight)
        if not isfinite(score):
            raise Unanswered("malformed", f"the model gave {score}; try another dtype")
        return score


def head(model: str, revision: str, label: str, weights: Mapping[str, float]) -> Head:
    """The head of a model; its config is fetched where it is on the Hub.

    Raises:
        Fatal: it has none, or `weights` don't fit its labels.
    """
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(model, revision=revision or None, trust_remote_code=False)
    except Exception as error:  # whatever is in the file or on the way
        raise Fatal(f"the config of {label} can't be read: {shown(str(error))}") from error
    architecture = str((config.architectures or ["none"])[0])
    if not architecture.endswith(SUFFIX):
        raise Fatal(
            f"{label} is no reward model with a head that can be run here: its architecture is {architecture}; "
            f"name a model whose architecture is one ...{SUFFIX}"
        )
    labels = tuple(str(config.id2label[place]) for place in range(config.num_labels))
    return Head(architecture, labels, _weights(label, labels, weights))


def _weights(label: str, labels: Sequence[str], weights: Mapping[str, float]) -> tuple[float, ...]:
    there = f"{', '.join(labels[:20])}{' ...' if len(labels) > 20 else ''}"
    if not weights and len(labels) > 1:
        raise Fatal(
            f"{label} gives {len(labels)} numbers ({there}), so it has to be said which is the score: "
            "write labels: {name: weight}, such as {" + labels[0] + ": 1}"
        )
    for name in weights:
        if labels.count(name) != 1:
            raise Fatal(f"labels: {label} has no label {name!r}; it has: {there}")
    return tuple(weights.get(name, 0.0) if weights else 1.0 for name in labels)


def demand_head(names: Iterable[str], label: str) -> None:
    """See that a checkpoint holds the weights of a head.

    Raises:
        Fatal: none of its weights belongs to one.
    """
    if not any(map(_HEAD, names)):
        raise Fatal(
            f"{label} has no trained head: none of its weights is named score or classifier, so its scores would be "
            "noise; name a reward model, not the language model that it was made from"
        )


def names_in(folder: Path) -> list[str]:
    """The names of the weights in a model's folder.

    Raises:
        Fatal: no weights are there, or they can't be read.
    """
    try:
        for index in sorted(folder.glob("*.index.json")):
            return list(json.loads(index.read_text())["weight_map"])
        files = sorted(folder.glob("*.safetensors"))
        if files:
            return [name for file in files for name in _header(file) if name != "__metadata__"]
        import torch

        for file in sorted(folder.glob("*.bin")):
            return list(torch.load(file, map_location="meta", weights_only=True, mmap=True))
    except Exception as error:  # torch and json raise whatever comes up in a file
        raise Fatal(f"the weights in {folder} can't be read: {type(error).__name__}: {shown(str(error))}") from error
    raise Fatal(f"no weights in {folder}: neither *.safetensors nor *.bin is there")


def fetched(model: str, revision: str) -> Path:
    """The folder of a model: itself, or where the Hub's copy lies once it was fetched.

    Raises:
        Fatal: there is no copy.
    """
    if Path(model).is_dir():
        return Path(model)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, revision=revision or None, local_files_only=True))
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError, ValueError) as error:
        raise Fatal(f"the files of {model} aren't in the Hub's cache, so its head can't be looked for") from error


def _header(file: Path) -> dict[str, Any]:
    with file.open("rb") as opened:
        size = int.from_bytes(opened.read(8), "little")
        if size > _HEADER_BYTES:
            raise ValueError(f"{file.name} is no safetensors file")
        header: dict[str, Any] = json.loads(opened.read(size))
        return header
