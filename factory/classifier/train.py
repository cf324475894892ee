"""Trains a classifier, the same to the bit for the same texts and seed.

Since 0.9.3 fastText leaves most of its input matrix as the heap had it: small models are NaN or garbage, while large
ones happen to get fresh pages, which are zero. glibc's M_PERTURB is therefore set so that all memory is zero while it
trains (taking larger blocks from the system, M_MMAP_THRESHOLD, is not enough: a freed block is still used again). One
thread and a fixed seed do the rest. The order in which the texts come plays no part.

Source: Joulin et al. 2016, https://arxiv.org/abs/1607.01759; the setting of Swallow's educational classifier: academic
Japanese Wikipedia articles against the web.
"""

import ctypes
import platform
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from factory import durable
from factory.classifier import measure, prepare
from factory.classifier.documents import Document, digest
from factory.classifier.model import NEGATIVE, POSITIVE, Card, Model, Source, card_path, library
from factory.errors import DatasetError

_HELD_OUT = 10
"""One text in so many is kept from training, to measure on and to set the threshold by."""
_M_PERTURB = -6
_ZEROS, _OFF = 0xFF, 0
"""glibc fills what it gives out with the complement of this byte; 0 switches it off."""


class Settings(BaseModel):
    """How a model is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    """Of the order of the texts, and of fastText."""
    epochs: PositiveInt = 5
    """How often each text is seen."""
    bucket_bits: int = Field(default=18, ge=10, le=24)
    """2 to this power places for bigrams: 18 make a model of 53 MB, 20 one of 210."""
    precision: float = Field(default=0.9, gt=0, le=1)
    """The threshold is the lowest that is so precise on what was held out."""
    top_share: float | None = Field(default=None, gt=0, le=1)
    """Or the threshold keeps this share of what was held out."""

    def of_fasttext(self) -> dict[str, Any]:
        """The same as fastText's arguments."""
        grams = {"wordNgrams": 2, "minn": 0, "maxn": 0, "minCount": 1, "bucket": 2**self.bucket_bits}
        return {"dim": 50, "lr": 0.5, "epoch": self.epochs, "loss": "softmax", "thread": 1, "seed": self.seed, **grams}


def train(
    good: Sequence[Document], bad: Sequence[Document], names: tuple[str, str], out: Path, settings: Settings
) -> Card:
    """Train on positives and negatives, write the model to `out` and its card beside it.

    Raises:
        DatasetError: a side has too few texts, or the model can't be written.
        DependencyError: fastText is missing.
    """
    library()
    sides = [_split(side, name) for side, name in zip((good, bad), names, strict=True)]
    lines = sorted(
        f"{label} {line}\n"
        for label, (texts, _) in zip((POSITIVE, NEGATIVE), sides, strict=True)
        for line in prepare.prepared(texts)
        if line
    )
    Random(f"classifier/{settings.seed}").shuffle(lines)
    with durable.disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        _fit(lines, durable.temporary(out), settings)
        durable.publish(out)
    model = Model(out)
    scores = [measure.of(model.scores(held)) for _, held in sides]
    threshold, why = _threshold(scores[0], scores[1], settings)
    card = Card(
        preparation=prepare.VERSION,
        threshold=threshold,
        threshold_by=why,
        settings=settings.of_fasttext(),
        data={
            side: Source(name=name, documents=len(texts), sha256=digest(list(texts)))
            for side, name, texts in zip(("positives", "negatives"), names, (good, bad), strict=True)
        },
        held_out=measure.measured(scores[0], scores[1], threshold),
        model_sha256=durable.sha256(out),
    )
    durable.write(card_path(out), card.model_dump_json(indent=2).encode() + b"\n")
    return card


def _split(side: Sequence[Document], name: str) -> tuple[list[str], list[str]]:
    """What to train on and what to hold out; by the text, so that copies are never on both sides."""
    parts: tuple[list[str], list[str]] = ([], [])
    for _, text in side:
        drawn = int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
        parts[drawn % _HELD_OUT == 0].append(text)
    if not all(parts):
        raise DatasetError(f"{name}: {len(side)} texts are too few to train on; give some hundreds")
    return parts


def _threshold(good: measure.Scores, bad: measure.Scores, settings: Settings) -> tuple[float, str]:
    if settings.top_share is not None:
        both = np.concatenate([good, bad])
        return measure.by_top_share(both, settings.top_share), f"top share {settings.top_share:g}"
    found = measure.by_precision(good, bad, settings.precision)
    if found is None:
        raise DatasetError(
            f"no threshold is {settings.precision:g} precise on the {len(good) + len(bad)} texts held out; "
            f"ask for less with --precision, or give more and cleaner texts"
        )
    return found, f"precision {settings.precision:g}"


def _fit(lines: Sequence[str], out: Path, settings: Settings) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        path.write_text("".join(lines), encoding="utf-8", newline="\n")
        try:
            with _zeroed_memory():
                model = library().train_supervised(input=str(path), verbose=0, **settings.of_fasttext())
                model.save_model(str(out))
        except (RuntimeError, ValueError) as error:
            raise DatasetError(f"fastText could not train: {error}; give more texts or fewer epochs") from error


@contextmanager
def _zeroed_memory() -> Iterator[None]:
    """Let glibc give out zeroed memory; elsewhere fastText's own luck decides."""
    glibc = ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
    if glibc is not None:
        glibc.mallopt(_M_PERTURB, _ZEROS)
    try:
        yield
    finally:
        if glibc is not None:
            glibc.mallopt(_M_PERTURB, _OFF)
