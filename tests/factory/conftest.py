import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from factory import pipeline
from factory.manifest import Manifest
from factory.recipe import Part, Recipe


@pytest.fixture
def synthetic(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return importlib.import_module("synthetic")


@pytest.fixture
def sums(synthetic: ModuleType) -> Callable[..., Recipe]:
    """A recipe of synthetic rows: keywords that a recipe has go there, the others to the generator."""

    def build(count: int = 1000, *, use: str = "Sums", judges: tuple[str, ...] = (), **settings: Any) -> Recipe:
        head = {name: settings.pop(name) for name in ("seed", "shard_rows", "duplicates") if name in settings}
        head = {"seed": 1, "shard_rows": 200} | head
        generator = getattr(synthetic, use)(count=count, **settings)
        judge = tuple(Part(name.lower(), getattr(synthetic, name)()) for name in judges)
        return Recipe(name="sums", license="apache-2.0", generate=(Part("sums", generator),), judge=judge, **head)

    return build


@pytest.fixture
def generate() -> Callable[..., Manifest]:
    def run(recipe: Recipe, out: Path, workers: int = 1) -> Manifest:
        return pipeline.generate(recipe, out, workers=workers, progress=lambda now: None)

    return run


@pytest.fixture
def files() -> Callable[[Path], dict[str, bytes]]:
    """Every file of a dataset folder but the one that is about time."""

    def read(folder: Path) -> dict[str, bytes]:
        paths = (path for path in folder.rglob("*") if path.is_file() and path.name != pipeline.TIMING)
        return {str(path.relative_to(folder)): path.read_bytes() for path in paths}

    return read
