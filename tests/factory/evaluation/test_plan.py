"""Evaluation files: what is right is taken, and what is wrong gets one sentence with its place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted_evaluation import accuracy, lines, model, planned

from factory.errors import RecipeError
from factory.evaluation.plan import is_evaluation

M = model()
SCORE = {"use": "score", "prompts": "prompts.jsonl", "judge": [{"use": "llm", "model": "j"}]}
COMPARE = {"use": "compare", "prompts": "prompts.jsonl", "judge": [{"use": "pairwise", "model": "j"}]}
VLLM = {"use": "vllm", "license": "apache-2.0"}
Written = Callable[..., Path]


@pytest.fixture(autouse=True)
def prompts(tmp_path: Path) -> None:
    lines(tmp_path / "prompts.jsonl", [{"category": "life", "text": "Why?"}])
    lines(tmp_path / "gold.jsonl", [{"text": "no question"}])
    lines(tmp_path / "plain.jsonl", [{"prompt": "What is 1+1?"}])
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "tokenizer_config.json").write_text("{}")
    asking = {"name": "r", "seed": 0, "license": "apache-2.0", "models": {"m": M}}
    asking["generate"] = [{"use": "self_instruct", "model": "m", "count": 3}]
    (tmp_path / "asking.yaml").write_text(json.dumps(asking))


@pytest.mark.parametrize(
    ("models", "tasks", "head", "told"),
    [
        ({}, [accuracy()], {}, "models"),
        ({"m": M}, [], {}, "tasks"),
        ({"m": M}, [{"use": "acuracy"}], {}, "tasks.0.use: no task 'acuracy'; did you mean 'accuracy'?"),
        ({"m": M}, [accuracy(sample=2)], {}, "tasks.0.sample: unknown setting; did you mean 'samples'"),
        ({"m": M}, [accuracy(samples=4)], {}, "temperature: at 0 all samples are the same"),
        ({"m": M}, [accuracy(pass_at=[2])], {}, "pass_at: 2 of 1 answers; take up to 1"),
        ({"m": M}, [accuracy(judge=[])], {}, "tasks.0.judge"),
        (
            {"m": M},
            [accuracy(judge=[{"use": "math_anwser"}])],
            {},
            "no judge 'math_anwser'; did you mean 'math_answer'",
        ),
        ({"m": M}, [accuracy(questions={"source": "gone.jsonl"})], {}, "gone.jsonl"),
        (
            {"m": M},
            [accuracy(questions={"source": "plain.jsonl"})],
            {},
            "says what `answer` is, which math_answer compares",
        ),
        ({"m": M}, [accuracy(questions={"source": "asking.yaml"})], {}, "it asks models; make the dataset first"),
        ({"m": M}, [accuracy(against="n")], {}, "tasks.0.against: no model 'n' is evaluated; there are: m"),
        ({"m": M}, [accuracy(), accuracy(name="accuracy")], {}, "tasks: two have one name"),
        ({"m": M}, [accuracy(name="../up")], {}, "tasks.0.name: '../up' does not fit"),
        ({"m": M, "n": M}, [accuracy()], {"evaluate": ["m"]}, "models.n: no component uses this model"),
        ({"m": M}, [accuracy()], {"evaluate": ["x"]}, "evaluate.0: no model 'x'; there are: m"),
        ({"m": M}, [accuracy()], {"evaluate": ["m", "m"]}, "evaluate: names 'm' twice"),
        ({"j": M}, [SCORE], {}, "models: all of them judge"),
        ({"m": M}, [SCORE], {}, "tasks.0.judge.0.model: no model 'j'; there are: m"),
        ({"m": M, "j": M}, [COMPARE], {}, "compare sets models against each other; evaluate two or more"),
        ({"m": M, "j": M}, [{**SCORE, "prompts": "gone.jsonl"}], {}, "prompts: source"),
        ({"m": M, "j": M}, [{**SCORE, "prompts": "prompts.csv"}], {}, "prompts.csv is no file of questions"),
        (
            {"m": M, "j": M},
            [{**SCORE, "temperature_by": {"lif": 1}}],
            {},
            "no question is of category 'lif'; there are: life",
        ),
        (
            {"m": M, "j": M},
            [{**SCORE, "judge": [{"use": "length"}]}],
            {"evaluate": ["m", "j"]},
            "does not rate answers",
        ),
        (
            {"m": M, "j": M},
            [{**SCORE, "judge": [{"use": "pairwise", "model": "j"}]}],
            {},
            "judge: pairwise compares two answers, and the rows are conversations",
        ),
        (
            {"m": M, "j": M},
            [accuracy(judge=[{"use": "llm", "model": "j"}])],
            {},
            "judge: llm passes every answer without a `threshold`; set one, or use the task `score`",
        ),
        ({"m": {**M, "license": "mine"}}, [accuracy()], {}, "models.m.license"),
        ({"m": {**VLLM, "model": "BASE"}}, [accuracy()], {}, "models.m: 'm' (base) has no chat template"),
        ({"m": M}, [accuracy()], {"name": "No Name"}, "name: 'No Name' does not fit"),
        ({"m": M}, [accuracy()], {"generate": []}, "generate: unknown setting"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence_with_its_place(
    written: Written, tmp_path: Path, models: dict[str, Any], tasks: list[Any], head: dict[str, Any], told: str
) -> None:
    models = {
        name: {**one, "model": str(tmp_path / "base")} if one["model"] == "BASE" else one
        for name, one in models.items()
    }
    with pytest.raises(RecipeError) as raised:
        planned(written(models, *tasks, **head))
    assert told in str(raised.value)
    assert "evaluation.yaml" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_all_models_but_those_of_judges_are_evaluated(written: Written) -> None:
    plan = planned(written({"b": M, "j": M, "a": M}, SCORE, accuracy()))
    assert plan.suite.evaluate == ("b", "a")
    assert list(plan.suite.named) == ["score", "accuracy"]


def test_tasks_of_one_kind_are_told_apart(written: Written) -> None:
    plan = planned(written({"m": M}, accuracy(), accuracy(count=2), accuracy(name="third")))
    assert list(plan.suite.named) == ["accuracy", "accuracy-2", "third"]


def test_settings_change_by_flags(written: Written) -> None:
    plan = planned(written({"m": M}, accuracy()), "tasks.0.count=2")
    assert plan.suite.asked() == 2


def test_how_a_model_is_reached_is_no_part_of_the_digest(written: Written) -> None:
    digests = [planned(written({"m": {**M, "concurrency": n}}, accuracy())).recipe.digest for n in (1, 9)]
    assert digests[0] == digests[1]


def test_an_evaluation_is_known_by_its_first_level(written: Written, tmp_path: Path) -> None:
    assert is_evaluation(written({"m": M}, accuracy()))
    assert not is_evaluation(tmp_path / "asking.yaml")
