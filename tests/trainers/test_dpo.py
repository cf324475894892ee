"""Preference training with a tiny model: what is chosen becomes likelier, and the reference is the one said."""

import json

import pytest

from factory.training import finished

trl = pytest.importorskip("trl")

FAST = {"learning_rate": 1e-4, "num_train_epochs": 2}


def metrics(folder) -> list[dict[str, float]]:
    found = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [line for line in found if "loss" in line]


@pytest.mark.slow
def test_what_is_chosen_becomes_likelier_than_the_start_says(run, recipe, liked, tmp_path):
    out = tmp_path / "out"
    said = run("train", recipe("dpo", FAST, datasets=[{"source": str(liked)}], reference="start"), "-o", out)
    assert said.exit_code == 0, said.output
    lines = metrics(out)
    assert lines[0]["loss"] == pytest.approx(0.6931, abs=1e-3)  # policy and reference are one
    assert lines[-1]["rewards/accuracies"] == 1.0
    assert lines[-1]["rewards/margins"] > 0.1
    done = finished.read(out)
    assert done.reference == done.model
    assert f"| reference model | {done.model} |" in (out / "README.md").read_text()


@pytest.mark.slow
def test_the_reference_may_be_the_first_model_of_the_iterations(run, recipe, liked, chat, tmp_path, tiny_model):
    assert run("train", recipe("sft", datasets=[{"source": str(chat)}]), "-o", tmp_path / "sft").exit_code == 0
    first = {"source": str(tiny_model), "license": "apache-2.0"}
    values = {"datasets": [{"source": str(liked)}], "model": {"source": str(tmp_path / "sft")}}
    for name, reference in (("first", first), ("start", "start")):
        said = run("train", recipe("dpo", FAST, reference=reference, **values), "-o", tmp_path / name)
        assert said.exit_code == 0, said.output
    assert metrics(tmp_path / "start")[0]["loss"] == pytest.approx(0.6931, abs=1e-3)
    assert abs(metrics(tmp_path / "first")[0]["loss"] - 0.6931) > 1e-2  # the policy has left the reference already
    done = finished.read(tmp_path / "first")
    assert done.reference.startswith("tiny-llama@")
    assert done.reference != done.model
    assert finished.read(tmp_path / "start").digest != done.digest


@pytest.mark.slow
def test_pairs_of_several_sources_are_mixed_by_weight(run, recipe, liked, gated, tmp_path):
    records = [json.loads(line) for line in (liked.parent / "liked.jsonl").read_text().splitlines()]
    for record in records:
        record["prompt"][0]["content"] = "In other words: " + record["prompt"][0]["content"]
    other = gated(tmp_path, "spin", records, "cc-by-4.0")
    mix = [{"source": str(liked), "weight": 3}, {"source": str(other), "weight": 1}]
    said = run("train", recipe("dpo", FAST, datasets=mix, count=24, reference="start"), "-o", tmp_path / "out")
    assert said.exit_code == 0, said.output
    (stage,) = finished.read(tmp_path / "out").stages
    assert [one.rows for one in stage.datasets] == [18, 6]
    assert stage.rows == {"trained": 24}
    assert stage.steps == 6


def test_a_reference_that_is_no_model_is_refused(run, recipe, liked, tmp_path):
    (tmp_path / "nothing").mkdir()
    path = recipe("dpo", datasets=[{"source": str(liked)}], reference={"source": "nothing"})
    said = run("train", path, "-o", tmp_path / "out")
    assert said.exit_code == 2
    assert "reference: " in said.stderr
    assert "is no model: it has no config.json" in said.stderr
