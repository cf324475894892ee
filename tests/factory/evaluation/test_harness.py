"""lm-evaluation-harness as a task: run as it is, its results read as it writes them.

The module that stands in for it is run the same way and writes the same file: of what the true one, 0.4.13, wrote for
a model here, with other figures.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted_evaluation import accuracy, model, planned, run

from factory.errors import DependencyError, EngineError, RecipeError
from factory.evaluation import harness

STAND_IN = """
import argparse, json, pathlib, sys

parser = argparse.ArgumentParser()
for name in ("model", "model_args", "tasks", "output_path"):
    parser.add_argument(f"--{name}", required=True)
parser.add_argument("--apply_chat_template", action="store_true")
args = {f"--{name}": value for name, value in vars(parser.parse_known_args()[0]).items()}
pathlib.Path("asked.jsonl").open("a").write(json.dumps(sys.argv[1:]) + "\\n")
if "refused" in args["--tasks"]:
    print("loading ...")
    sys.exit("KeyError: no task refused")
folder = pathlib.Path(args["--output_path"]) / "a__model"
folder.mkdir(parents=True, exist_ok=True)
good = 0.75 if "good" in args["--model_args"] else 0.5
results = {
    "results": {
        "toy": {
            "name": "toy", "alias": "toy", "sample_len": 200,
            "exact_match,none": good, "exact_match_stderr,none": 0.03,
            "exact_match,strict-match": float("nan"), "exact_match_stderr,strict-match": "N/A",
            "bleu,none": 12.5, "bleu_stderr,none": "N/A",
        },
        "group": {"alias": "group", "acc,none": 0.4, "acc_stderr,none": 0.01},
    },
    "groups": {"group": {"alias": "group", "acc,none": 0.4, "acc_stderr,none": 0.01}},
    "group_subtasks": {"group": ["toy"]},
    "versions": {"toy": 1.0}, "n-shot": {"toy": 3}, "higher_is_better": {"toy": {"exact_match": True}},
    "n-samples": {"toy": {"original": 1000, "effective": 200}},
    "config": {"model": args["--model"]}, "lm_eval_version": "0.4.13", "date": 1795233512.5,
}
(folder / "results_2026-11-21T03-58-51.464665.json").write_text(json.dumps(results, indent=2))
"""
Written = Callable[..., Path]
MODELS = {"good": model(name="org/good"), "bad": model(name="org/bad")}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-in notes what it was asked."""
    package = tmp_path / "site" / "lm_eval"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(STAND_IN)
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    return tmp_path / "asked.jsonl"


def lm_eval(**settings: Any) -> dict[str, Any]:
    return {"use": "lm_eval", "tasks": ["toy", "group"], **settings}


def asked(path: Path) -> list[list[str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_it_is_run_for_each_model_with_its_own_settings(written: Written, installed: Path) -> None:
    task = lm_eval(
        model="vllm",
        model_args={"dtype": "float32"},
        args={"num_fewshot": 3, "apply_chat_template": True, "limit": 0.5},
    )
    path = written(MODELS, task)
    run(path)
    folder = path.parent / "out" / "programs" / "lm_eval"
    places = [Path(words[-1]) for words in asked(installed)]
    assert [place.parent for place in places] == [folder / "good", folder / "bad"]
    assert [words[:-1] for words in asked(installed)] == [
        [
            *("--model", "vllm", "--model_args", f"pretrained=org/{name},dtype=float32", "--tasks", "toy,group"),
            *("--num_fewshot", "3", "--apply_chat_template", "--limit", "0.5"),
            "--output_path",
        ]
        for name in ("good", "bad")
    ]


@pytest.mark.usefixtures("installed")
def test_its_figures_are_taken_over_with_their_errors(written: Written) -> None:
    result = run(written(MODELS, lm_eval()))
    good = result["tasks"]["lm_eval"]["models"]["good"]
    assert good["lm_eval"] == "0.4.13"
    toy = good["tasks"]["toy"]
    assert (toy["questions"], toy["shots"], toy["version"]) == (200, 3, 1.0)
    assert toy["metrics"] == {
        "exact_match": {"value": 0.75, "stderr": 0.03, "interval": [pytest.approx(0.691201), pytest.approx(0.808799)]},
        "bleu": {"value": 12.5, "stderr": None, "interval": None},
    }
    assert good["tasks"]["group"]["metrics"]["acc"]["value"] == 0.4
    assert result["tasks"]["lm_eval"]["models"]["bad"]["tasks"]["toy"]["metrics"]["exact_match"]["value"] == 0.5


def test_what_it_found_is_not_looked_for_again(written: Written, installed: Path) -> None:
    run(written(MODELS, lm_eval()))
    run(written(MODELS, lm_eval()), fresh=True)
    assert len(asked(installed)) == 2
    run(written({**MODELS, "good": model(name="org/good-2")}, lm_eval()), fresh=True)
    assert len(asked(installed)) == 3


def test_tasks_of_ones_own_that_changed_are_run_again(written: Written, installed: Path, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    path = written(MODELS, lm_eval(args={"include_path": "own", "gen_kwargs": "x" * 1_000}))
    digests = []
    for text in ("task: toy", "task: toy\nrepeats: 2"):
        (tmp_path / "own" / "toy.yaml").write_text(text)
        digests.append(planned(path).recipe.digest)
        run(path, fresh=True)
    assert digests[0] != digests[1]
    assert len(asked(installed)) == 4


def test_a_model_without_a_chat_template_is_refused_only_where_it_is_asked_here(
    written: Written, tmp_path: Path
) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "tokenizer_config.json").write_text("{}")
    base = {"use": "vllm", "license": "apache-2.0", "model": str(tmp_path / "base")}
    assert planned(written({"base": base}, lm_eval())).suite.evaluate == ("base",)
    with pytest.raises(RecipeError, match="has no chat template"):
        planned(written({"base": base}, lm_eval(), accuracy()))


def test_a_model_whose_name_parts_the_arguments_is_refused(written: Written) -> None:
    with pytest.raises(RecipeError, match=r"models\.m: its name holds a comma"):
        planned(written({"m": model(name="org/a,trust_remote_code=True")}, lm_eval()))


@pytest.mark.usefixtures("installed")
def test_its_failure_is_told_with_its_last_words(written: Written) -> None:
    with pytest.raises(EngineError, match=r"lm_eval ended with 1; see .*log\.txt: KeyError: no task refused"):
        run(written(MODELS, lm_eval(tasks=["refused"])))


def test_where_it_is_not_installed_one_sentence_says_how(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factory.evaluation.tasks.lm_eval.find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"tasks.0: lm_eval is not installed; run: pip install 'lm_eval\[hf\]'"):
        run(written(MODELS, lm_eval()))


def test_another_interpreter_may_have_it_and_is_no_part_of_the_result(written: Written, tmp_path: Path) -> None:
    there = tmp_path / "python"
    there.write_text("#!/bin/sh\nexit 7\n")
    there.chmod(0o755)
    with pytest.raises(EngineError, match="ended with 7"):
        run(written(MODELS, lm_eval(python=str(there))))
    ways = [planned(written(MODELS, lm_eval(**way))).recipe.digest for way in ({}, {"python": "/other/python"})]
    assert ways[0] == ways[1]
    with pytest.raises(EngineError, match="can't be started with /no/such/python"):
        run(written(MODELS, lm_eval(python="/no/such/python")))


def test_settings_that_the_evaluation_makes_are_refused(written: Written) -> None:
    with pytest.raises(RecipeError, match="args: output_path is set by the evaluation"):
        planned(written(MODELS, lm_eval(args={"output_path": "x"})))
    with pytest.raises(RecipeError, match="count: the harness chooses its questions"):
        planned(written(MODELS, lm_eval(count=3)))
    with pytest.raises(RecipeError, match="model_args: dtype holds a comma"):
        planned(written(MODELS, lm_eval(model_args={"dtype": "a,pretrained=b"})))


@pytest.mark.usefixtures("installed")
def test_an_end_that_is_asked_for_ends_it_too(tmp_path: Path) -> None:
    sleeper = ["/bin/sh", "-c", f"echo $$ > {tmp_path / 'id'}; exec sleep 60"]

    def stop() -> None:
        if (tmp_path / "id").exists() and (tmp_path / "id").read_text():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        harness.run(sleeper, {}, tmp_path, tmp_path / "out", stop)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "id").read_text()), 0)


@pytest.mark.parametrize("text", ["", "[]", '{"results": 3}', '{"results": {"a": null}}', "\x00\xff"])
def test_a_file_that_is_none_of_results_is_told(tmp_path: Path, text: str) -> None:
    from factory.errors import DatasetError

    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(DatasetError, match="no file of results of lm_eval"):
        harness.read(path)
