"""The shipped recipe with a real model in vLLM: one that has learnt the script's answers by heart."""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from factory import dataset, pipeline
from factory import recipe as recipes
from factory.engine import Completion, Outcome, Request
from factory.engines.scripted import Speaker
from factory.manifest import Manifest
from factory.recipe import Recipe

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "recipes" / "self_instruct.yaml"
SMALL = [
    "generate.0.few_shot=0",
    "generate.0.count=20",
    "generate.0.languages={en: 1}",
    "generate.0.types={open: 1, list: 1}",
    "generate.0.topics=[houseplants, coffee, bicycles, volcanoes]",
    *(f"generate.0.{step}_draw={{temperature: 0.2, max_tokens: 300}}" for step in ("title", "question", "answer")),
]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("vllm")]
pytest.importorskip("vllm")


def made(recipe: Recipe, folder: Path) -> Manifest:
    options = pipeline.Options(answers=folder.parent / f"{folder.name}.sqlite")
    return pipeline.generate(recipe, folder, workers=1, progress=lambda now: None, options=options)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("taught")
    exchanges: dict[object, str] = {}
    complete = Speaker.complete

    async def noted(speaker: Speaker, request: Request) -> Sequence[Outcome]:
        outcomes = await complete(speaker, request)
        for outcome in outcomes:
            if isinstance(outcome, Completion):
                exchanges[request.prompt] = outcome.text
        return outcomes

    sys.path.insert(0, str(ROOT / "tests"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Speaker, "complete", noted)
        made(recipes.load(RECIPE, SMALL), folder / "script")
    loss = importlib.import_module("taught_model").save(folder / "model", list(exchanges.items()))
    assert loss < 0.3
    return folder / "model"


def test_a_small_model_in_vllm_writes_the_dataset_of_the_shipped_recipe(taught: Path, tmp_path: Path) -> None:
    writer = f"models.writer={{use: vllm, model: {taught}, license: apache-2.0, dtype: float32, enforce_eager: true}}"
    recipe = recipes.load(RECIPE, [*SMALL, writer])
    manifest = made(recipe, tmp_path / "out")
    assert manifest.rows_kept >= 10
    assert manifest.rows_made == manifest.rows_kept + sum(manifest.dropped.values())
    rows = list(dataset.read(tmp_path / "out"))
    assert all([turn.role for turn in row.messages] == ["user", "assistant"] for row in rows)
    assert all(len(row.messages[1].content) > 20 for row in rows)
    assert {row.meta["topic"] for row in rows} <= {"houseplants", "coffee", "bicycles", "volcanoes"}
    assert {row.license for row in rows} == {"apache-2.0"}
