"""Models that were trained on what they are asked."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from scripted_evaluation import accuracy, lines, run

from factory import durable, pipeline, recipe
from factory.training import finished

Written = Callable[..., Path]


def dataset(folder: Path, questions: Sequence[str]) -> Path:
    """A dataset made here of conversations with these questions."""
    said = [{"prompt": asked, "response": f"Well, {number}."} for number, asked in enumerate(questions)]
    lines(folder.parent / f"{folder.name}.jsonl", said)
    made = {
        "name": folder.name,
        "seed": 0,
        "license": "apache-2.0",
        "generate": [{"use": "dataset", "source": f"{folder.name}.jsonl", "license": "apache-2.0"}],
    }
    path = folder.parent / f"{folder.name}.yaml"
    path.write_text(json.dumps(made))
    pipeline.generate(recipe.load(path), folder, workers=1, progress=lambda now: None)
    return folder


def trained(folder: Path, *datasets: Path, model: str = "org/base", source: str = "") -> Path:
    """A model's folder whose manifest says that it learnt from these datasets."""
    folder.mkdir()
    learnt = [
        finished.Learnt(
            name=one.name,
            source=source or f"../{one.name}",
            sha256=durable.sha256(one / "manifest.json"),
            licenses=("apache-2.0",),
            rows=1,
            benchmarks=(),
        )
        for one in datasets
    ]
    stage = finished.StageDone(name="s", datasets=tuple(learnt), rows={"trained": 1}, steps=1, metrics={})
    done: dict[str, Any] = {"name": folder.name, "digest": "0", "license": "apache-2.0", "licenses": (), "duties": ()}
    settings = {"model": {"source": model}}
    manifest = finished.Finished(**done, settings=settings, model=model, stages=(stage,), versions={}, files=())
    finished.write(folder, manifest)
    return folder


def scripted(folder: Path) -> dict[str, Any]:
    return {"use": "scripted", "license": "apache-2.0", "model": str(folder), "rules": [{"say": ["The answer is 2."]}]}


def told(path: Path) -> list[str]:
    said: list[str] = []
    result = run(path, told=said)
    assert [one for one in said if "trained on" in one] == result["warnings"]
    return said


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    """A dataset that holds two of the four problems, with other spaces."""
    return dataset(tmp_path / "leaky", ["What is  1+1?\n", "What is 2+2?", "What is the sea?"])


def test_a_model_that_learnt_questions_is_told_of_with_their_number(
    written: Written, tmp_path: Path, leaky: Path
) -> None:
    clean = trained(tmp_path / "clean", dataset(tmp_path / "other", ["What is the sea?"]))
    models = {"a": scripted(trained(tmp_path / "model", leaky)), "b": scripted(clean)}
    path = written(models, accuracy())
    assert told(path) == ["a was trained on 2 of the 4 questions of accuracy: they are in leaky, which it learnt from"]
    assert "2 of the 4 questions" in (tmp_path / "out" / "README.md").read_text()


def test_what_a_model_began_as_is_followed_back(written: Written, tmp_path: Path, leaky: Path) -> None:
    first = trained(tmp_path / "first", leaky)
    later = trained(tmp_path / "later", model=f"../elsewhere/{first.name}")
    assert len(told(written({"a": scripted(later)}, accuracy()))) == 1


def test_another_dataset_of_the_same_name_is_not_taken_for_it(written: Written, tmp_path: Path, leaky: Path) -> None:
    model = trained(tmp_path / "model", leaky)
    (leaky / "manifest.json").write_text((leaky / "manifest.json").read_text() + "\n")
    assert told(written({"a": scripted(model)}, accuracy())) == []


def test_a_damaged_manifest_keeps_no_model_from_being_asked(written: Written, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "training.json").write_text("{")
    assert told(written({"a": scripted(tmp_path / "model")}, accuracy())) == []


def test_a_dataset_whose_rows_are_gone_keeps_no_model_from_being_asked(
    written: Written, tmp_path: Path, leaky: Path
) -> None:
    path = written({"a": scripted(trained(tmp_path / "model", leaky))}, accuracy())
    for shard in (leaky / "data").iterdir():
        shard.unlink()
    (sentence,) = run(path)["warnings"]
    assert sentence == "whether a was trained on questions can't be told: leaky can't be read"
