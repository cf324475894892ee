"""A reward model from pairs, and what it says in the engine that asks it."""

import asyncio
import json
from pathlib import Path

import pytest

from factory.component import Run
from factory.engine import Request
from factory.engines.reward import Reward
from factory.models import Models
from factory.row import Message
from factory.training import finished

pytest.importorskip("trl")


def scored(folder: Path, conversations: list[list[Message]]) -> list[float]:
    """What the model says of each, through the engine `reward`."""
    reward = Reward(model=str(folder), license="apache-2.0", backend="transformers", dtype="float32", max_model_len=256)
    with Models({"rm": reward}) as models:
        asker = Run(seed=0, models=models).engine("rm")

        async def all_at_once() -> list[float]:
            asked = (asker.complete(Request(tuple(one))) for one in conversations)
            return [float(found[0].text) for found in await asyncio.gather(*asked)]

        return models.loop.run_until_complete(all_at_once())


@pytest.mark.slow
def test_a_reward_model_gives_more_to_what_was_chosen(run, recipe, liked, tmp_path):
    out = tmp_path / "out"
    args = {"learning_rate": 3e-4, "num_train_epochs": 3}
    said = run("train", recipe("reward", args, datasets=[{"source": str(liked)}]), "-o", out)
    assert said.exit_code == 0, said.output
    rows = [json.loads(line) for line in (liked.parent / "liked.jsonl").read_text().splitlines()]
    sides = [[Message(**turn) for turn in row["prompt"] + row[side]] for row in rows for side in ("chosen", "rejected")]
    scores = scored(out, sides)
    better = [chosen > rejected for chosen, rejected in zip(scores[::2], scores[1::2], strict=True)]
    assert sum(better) >= 0.9 * len(better)
    assert finished.read(out).stages[0].metrics["accuracy"] >= 0.9
    assert "pipeline_tag: text-classification" in (out / "README.md").read_text()
