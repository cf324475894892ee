"""Checkpoints under vLLM on the CPU, one after the other in one process: each is as good as it was taught to be."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from scripted_evaluation import accuracy, lines, run

from factory.row import Message

pytestmark = [pytest.mark.xdist_group("vllm"), pytest.mark.slow]

TESTS = Path(__file__).parents[2]
GOLD = {"one plus one": 2, "two plus two": 4, "two plus three": 5, "three plus four": 7}
WRONG = {"two plus three": 6}


def taught(folder: Path, answers: dict[str, int]) -> Path:
    """A model that knows these answers by heart."""
    sys.path.insert(0, str(TESTS))
    said = [((Message("user", f"What is {asked}?"),), f"The answer is {n}.") for asked, n in answers.items()]
    importlib.import_module("taught_model").save(folder, said)
    return folder


def engine(folder: Path) -> dict[str, Any]:
    settings = {"dtype": "float32", "max_model_len": 128, "kv_cache_gib": 0.25, "enforce_eager": True}
    return {"use": "vllm", "model": str(folder), "license": "apache-2.0", **settings}


def test_each_checkpoint_is_loaded_once_and_asked_what_it_knows(tmp_path: Path, tiny_model: Path) -> None:
    pytest.importorskip("vllm")
    models = {"taught": engine(taught(tmp_path / "taught", GOLD | WRONG)), "untaught": engine(tiny_model)}
    lines(tmp_path / "sums.jsonl", [{"question": f"What is {asked}?", "answer": str(n)} for asked, n in GOLD.items()])
    tasks = [accuracy(questions={"source": "sums.jsonl"}, max_tokens=24, **more) for more in ({}, {"count": 2})]
    path = tmp_path / "evaluation.yaml"
    path.write_text(json.dumps({"name": "sums", "models": models, "tasks": tasks}))
    result = run(path)
    whole, part = (task["models"] for task in result["tasks"].values())
    assert {name: facts["accuracy"] for name, facts in whole.items()} == {"taught": 0.75, "untaught": 0.0}
    assert part["taught"]["accuracy"] == 1.0
    assert (whole["taught"]["right"], whole["taught"]["wrong"]) == (3, 1)
    timing = json.loads((tmp_path / "out" / "timing.json").read_text())
    assert {name: (one["starts"], timing["paid"][name]["calls"]) for name, one in timing["engines"].items()} == {
        "taught": (1, 4),
        "untaught": (1, 4),
    }
    assert all(facts["identity"]["model"].startswith("folder:") for facts in result["models"].values())
