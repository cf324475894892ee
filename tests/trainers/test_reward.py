"""A reward model from pairs, and what it says when it is loaded again."""

import json

import pytest

from factory.training import finished

pytest.importorskip("trl")


@pytest.mark.slow
def test_a_reward_model_gives_more_to_what_was_chosen(run, recipe, liked, tmp_path):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    out = tmp_path / "out"
    args = {"learning_rate": 3e-4, "num_train_epochs": 3}
    said = run("train", recipe("reward", args, datasets=[{"source": str(liked)}]), "-o", out)
    assert said.exit_code == 0, said.output
    model, tokenizer = AutoModelForSequenceClassification.from_pretrained(out), AutoTokenizer.from_pretrained(out)
    assert model.config.num_labels == 1

    def score(turns: list[dict[str, str]]) -> float:
        ids = tokenizer(tokenizer.apply_chat_template(turns, tokenize=False), return_tensors="pt")
        with torch.no_grad():
            return float(model(**ids).logits[0, 0])

    rows = [json.loads(line) for line in (liked.parent / "liked.jsonl").read_text().splitlines()]
    better = [score(row["prompt"] + row["chosen"]) > score(row["prompt"] + row["rejected"]) for row in rows]
    assert sum(better) >= 0.9 * len(better)
    assert finished.read(out).stages[0].metrics["accuracy"] >= 0.9
    assert "pipeline_tag: text-classification" in (out / "README.md").read_text()
