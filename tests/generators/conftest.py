from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from factory import dataset, pipeline
from factory.engine import Outcome, Request
from factory.engines.scripted import Speaker
from factory.manifest import Manifest
from factory.recipe import Recipe
from factory.row import Pair, Row


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What scripted models are asked."""
    asked: list[Request] = []
    complete = Speaker.complete

    async def noted(speaker: Speaker, request: Request) -> Sequence[Outcome]:
        asked.append(request)
        return await complete(speaker, request)

    monkeypatch.setattr(Speaker, "complete", noted)
    return asked


@pytest.fixture
def run() -> Callable[..., tuple[Manifest, list[Row | Pair]]]:
    """Run a recipe into a folder, with the store of answers that is given: the manifest and the kept rows."""

    def made(recipe: Recipe, out: Path, answers: Path | None = None) -> tuple[Manifest, list[Row | Pair]]:
        options = pipeline.Options(answers=answers, keep_going=True)
        manifest = pipeline.generate(recipe, out, workers=1, progress=lambda now: None, options=options)
        return manifest, list(dataset.read(out))

    return made


@pytest.fixture
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Every Parquet file of a dataset."""
    return lambda out: {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.glob("*/*.parquet"))}
