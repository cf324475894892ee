import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from factory import columns, pipeline
from factory.manifest import Manifest
from factory.parquet import Growing
from factory.preferences.figures import Preferences
from factory.preferences.report import preferences
from factory.recipe import Part, Recipe
from factory.row import Message, Pair, Verdict
from factory.sample import Sample


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


@pytest.fixture
def pair() -> Callable[..., Pair]:
    """A pair of single answers; what else is known of it goes into meta."""

    def build(
        chosen: str,
        rejected: str,
        prompt: str = "What is it?",
        said: Sequence[Verdict] = (),
        source: str = "s",
        model: str = "",
        **meta: Any,
    ) -> Pair:
        turns = [(Message(role, text),) for role, text in (("user", prompt), ("assistant", chosen))]
        return Pair(*turns, (Message("assistant", rejected),), "mit", source, "g", model, meta, tuple(said))

    return build


@pytest.fixture
def reported(tmp_path: Path) -> Callable[..., Preferences | None]:
    """The report on pairs, rejects and samples that are written as a run writes them."""

    def run(
        pairs: Sequence[Pair] | None = (),
        rejects: Sequence[Pair] = (),
        samples: Sequence[Sample] = (),
        tallies: dict[str, dict[str, int]] | None = None,
        dropped: dict[str, int] | None = None,
        uses: Sequence[str] = (),
    ) -> Preferences | None:
        files = {}
        kept, lost = ([columns.batch("pairs", rows, [row.verdicts for row in rows])] for rows in (pairs or (), rejects))
        lost = [columns.dropped(batch, ["x"] * len(rejects), ["y"] * len(rejects), "pairs") for batch in lost]
        tables = {"data": kept, "rejects": lost, "samples": [columns.samples_batch(samples)]}
        schemas = {"data": columns.KEPT["pairs"], "rejects": columns.DROPPED["pairs"], "samples": columns.SAMPLES}
        for name, batches in tables.items():
            file = Growing(tmp_path, f"{name}/part-00000.parquet")
            for batch in batches:
                file.add(batch)
            files[name] = (file.finish(schemas[name]),)
        manifest = Manifest.model_construct(
            kind="rows" if pairs is None else "pairs",
            shards=files["data"],
            rejects=files["rejects"] if rejects else (),
            samples=files["samples"] if samples else (),
            tallies=tallies or {},
            dropped=dropped or {},
            settings={"generate": [{"use": use} for use in uses]},
        )
        return preferences(tmp_path, manifest, lambda what: None)

    return run


@pytest.fixture
def answers() -> Callable[..., list[Sample]]:
    """Samples of one prompt, each longer than the one before: of each what the judges j0, j1 ... said."""

    def build(prompt: str, *scores: tuple[float | None, ...]) -> list[Sample]:
        return [
            Sample(
                prompt_id=prompt,
                prompt=(Message("user", "q"),),
                sample=number,
                text="a" * (number + 1),
                model="m",
                scores=tuple(Verdict(f"j{place}", True, score) for place, score in enumerate(said)),
                score=said[0],
            )
            for number, said in enumerate(scores)
        ]

    return build
