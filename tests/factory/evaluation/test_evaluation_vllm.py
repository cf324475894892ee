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
WRONG = {"two plus three": 6, "three plus four": 8}


def checkpoint(folder: Path, answers: dict[str, int]) -> dict[str, Any]:
    """A model that was taught these answers."""
    sys.path.insert(0, str(TESTS))
    taught = [((Message("user", f"What is {asked}?"),), f"The answer is {said}.") for asked, said in answers.items()]
    importlib.import_module("taught_model").save(folder, taught)
    engine = {"dtype": "float32", "max_model_len": 128, "kv_cache_gib": 0.25, "enforce_eager": True}
    return {"use": "vllm", "model": str(folder), "license": "apache-2.0", **engine}


def test_each_checkpoint_is_loaded_once_and_asked_what_it_was_taught(tmp_path: Path) -> None:
    pytest.importorskip("vllm")
    models = {"good": checkpoint(tmp_path / "good", GOLD), "bad": checkpoint(tmp_path / "bad", GOLD | WRONG)}
    lines(tmp_path / "sums.jsonl", [{"question": f"What is {asked}?", "answer": str(n)} for asked, n in GOLD.items()])
    tasks = [accuracy(questions={"source": "sums.jsonl"}, max_tokens=24, **more) for more in ({}, {"count": 2})]
    path = tmp_path / "evaluation.json"
    path.write_text(json.dumps({"name": "sums", "models": models, "tasks": tasks}))
    result = run(path)
    whole, part = (
        {name: facts["accuracy"] for name, facts in task["models"].items()} for task in result["tasks"].values()
    )
    assert whole == {"good": 1.0, "bad": 0.5}
    assert part == {"good": 1.0, "bad": 1.0}
    timing = json.loads((tmp_path / "out" / "timing.json").read_text())
    assert {name: (one["starts"], timing["paid"][name]["calls"]) for name, one in timing["engines"].items()} == {
        "good": (1, 4),
        "bad": (1, 4),
    }
    assert all(facts["identity"]["model"].startswith("folder:") for facts in result["models"].values())
